"""Keys that wait for their certificate: one directory a check code, complete or not there.

Invariant: a directory named like a check code holds a key and the request made with it, both fsynced. It is made and
removed by one rename, so that a crash leaves at most a hidden directory, which recovery or the next request removes.
Whoever writes here holds a lock that dies with the process, so that nobody takes unfinished work for a remnant.
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos import deeds
from tanos.certificates.check_code import same_check_code
from tanos.certificates.pair_files import names_in, open_directory
from tanos.certificates.pair_kinds import KINDS, SUBORDINATE, PairKind
from tanos.certificates.request import Request, examine_request
from tanos.errors import AnswerRefused, NotYet
from tanos.files import PRIVATE_DIRECTORY, disk_trouble, write_new_in
from tanos.message import N_, Message

_CODE = re.compile(r"([0-9A-F]{4}-){7}[0-9A-F]{4}\Z")
_MAKING, _GONE = ".making-", ".gone-"
_KEYS = frozenset(kind.key for kind in (*KINDS, *SUBORDINATE))
"""A remnant may be of any kind: all lie in one directory."""


class WaitingKeys:
    """The directory `requests` of an appliance; keys for pairs of every kind lie in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put(self, kind: PairKind, key_pem: bytes, request: Request) -> None:
        """Keep a key and its request durably. Raises Damaged `disk-failed`; then nothing is kept."""
        hidden = f"{_MAKING}{request.check_code}"
        try:
            with self._locked() as requests:
                _sweep(requests)
                try:
                    _make(kind, requests, hidden, key_pem, request.pem.encode())
                    os.rename(hidden, request.check_code, src_dir_fd=requests, dst_dir_fd=requests)
                    os.fsync(requests)
                except BaseException:
                    with contextlib.suppress(OSError):
                        _wipe(requests, hidden)
                    raise
        except OSError as error:
            raise disk_trouble(error, "requests") from error

    def requests(self, kind: PairKind) -> dict[str, bytes]:
        """Return what waits for such a pair, DER, by check code; one whose request is damaged is left out."""
        found = {}
        for name in sorted(self._codes()):
            with contextlib.suppress(OSError, ValueError, AnswerRefused):
                csr = x509.load_pem_x509_csr((self.directory / name / kind.request).read_bytes())
                request, _ = examine_request(_der(csr))
                if request.check_code == name:
                    found[name] = request.der
        return found

    def holds(self, code: str) -> bool:
        """Say whether a directory of that check code is here."""
        return code in self._codes()

    def key(self, kind: PairKind, code: str) -> bytes:
        """Return the waiting key of such a pair, PEM. Raises NotYet `step-missing` where none has that code."""
        try:
            return (self.directory / self._name(code) / kind.key).read_bytes()
        except OSError as error:
            raise _nothing_waits(code) from error

    def remove(self, code: str) -> None:
        """Wipe a waiting key and its request. Raises NotYet `step-missing` where none waits under that code."""
        name = self._name(code)
        try:
            with self._locked() as requests:
                os.rename(name, f"{_GONE}{name}", src_dir_fd=requests, dst_dir_fd=requests)
                os.fsync(requests)
                _wipe(requests, f"{_GONE}{name}")
        except OSError as error:
            raise disk_trouble(error, "requests") from error

    def recover(self) -> list[Message]:
        """Remove what an interrupted step left behind, and say so. Raises Damaged `disk-failed`."""
        if not self.directory.is_dir():
            return []
        try:
            with self._locked() as requests:
                left = _remnants(requests)
                for name in left:
                    _wipe(requests, name)
        except OSError as error:
            raise disk_trouble(error, "requests") from error
        return [N_("A waiting key that was not finished or no longer needed is removed.") for _ in left]

    def _codes(self) -> list[str]:
        try:
            return [name for name in names_in(self.directory) if _CODE.match(name)]
        except OSError:
            return []

    def _name(self, code: str) -> str:
        for name in self._codes():
            if same_check_code(name, code):
                return name
        raise _nothing_waits(code)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        requests = open_directory(str(self.directory))
        try:
            fcntl.flock(requests, fcntl.LOCK_EX)
            yield requests
        finally:
            os.close(requests)


def _make(kind: PairKind, requests: int, name: str, key_pem: bytes, csr_pem: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        _wipe(requests, name)
    os.mkdir(name, PRIVATE_DIRECTORY, dir_fd=requests)
    directory = open_directory(name, requests)
    try:
        write_new_in(directory, kind.key, key_pem)
        write_new_in(directory, kind.request, csr_pem)
        os.fsync(directory)
    finally:
        os.close(directory)


def _remnants(requests: int) -> list[str]:
    return [name for name in names_in(requests) if name.startswith((_MAKING, _GONE))]


def _sweep(requests: int) -> None:
    """Remove remnants as far as that is possible; what resists is told at the next start."""
    for name in _remnants(requests):
        with contextlib.suppress(OSError):
            _wipe(requests, name)


def _wipe(requests: int, name: str) -> None:
    """Overwrite and remove; on a journalling or flash disk the old blocks may still exist, so rights protect them."""
    directory = open_directory(name, requests)
    try:
        for file in names_in(directory):
            if file in _KEYS:
                with contextlib.suppress(OSError):
                    _overwrite(directory, file)
            os.unlink(file, dir_fd=directory)
    finally:
        os.close(directory)
    os.rmdir(name, dir_fd=requests)
    os.fsync(requests)


def _overwrite(directory: int, name: str) -> None:
    file = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        os.write(file, b"\0" * os.fstat(file).st_size)
        os.fsync(file)
    finally:
        os.close(file)


def _der(csr: x509.CertificateSigningRequest) -> bytes:
    return csr.public_bytes(Encoding.DER)


def _nothing_waits(code: str) -> NotYet:
    return NotYet(
        "step-missing",
        N_("No request with the check code {code} waits here.", code=code),
        N_("{create_csr} comes first.", create_csr=deeds.CREATE_CSR),
    )
