"""`pki.db`: the root keys of release 7.4 with their certificates, in one file that is written whole at each change.

Invariants: what lies there is the state before a change or after it, never between; a copy of it is kept before. A
name is that of one key for as long as it lies here, and no key takes another's place. Once it is sealed it is never
written open again.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from tanos.certificates.pki_copies import PkiCopies
from tanos.certificates.pki_form import CERTIFICATE, KEY, Roots, SealFile, damaged, salt_in, understood
from tanos.certificates.pki_form import written as as_written
from tanos.certificates.root_names import COPIES, PKI_FILE, SEAL_FILE
from tanos.certificates.seal import Seal
from tanos.errors import Damaged, NotToBeAsked
from tanos.files import disk_trouble, write_whole
from tanos.message import N_, Message


class PkiFile:
    """The file `pki.db` of a directory; missing, it holds nothing."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / PKI_FILE
        self._seals = SealFile(directory / SEAL_FILE)
        self._copies = PkiCopies(directory / COPIES)
        self._lock = threading.Lock()

    def certificates(self) -> dict[str, bytes]:
        """Return the certificates of the roots whose keys lie here, PEM, by name. Raises Damaged `pki-damaged`."""
        return {name: each[CERTIFICATE].encode() for name, each in self._read().items()}

    def roots(self) -> dict[str, tuple[bytes, bytes]]:
        """Return certificate and key of each, PEM, by name. Raises Damaged `pki-damaged`."""
        return {name: (each[CERTIFICATE].encode(), each[KEY].encode()) for name, each in self._read().items()}

    def add(self, name: str, key_pem: bytes, certificate_pem: bytes) -> None:
        """Keep another root. Raises NotToBeAsked for a name that is here, Damaged `pki-damaged`, `disk-failed`."""
        with self._lock:
            roots = self._read()
            if name in roots:
                raise NotToBeAsked("not to be replaced")
            self._write({**roots, name: {KEY: key_pem.decode(), CERTIFICATE: certificate_pem.decode()}})

    def drop(self, name: str) -> None:
        """Keep that root no longer, nor in a copy, if it is kept. Raises Damaged `pki-damaged`, `disk-failed`."""
        with self._lock:
            roots = self._read()
            if roots.pop(name, None) is not None:
                self._write(roots)
                _on_disk(self._copies.only_latest)

    def seal(self) -> Seal | None:
        """Return by what it is sealed, None where it lies open. Raises Damaged `pki-damaged`."""
        salt = salt_in(data) if (data := self._data()) is not None else b""
        found = [each for each in self._seals.read() if each.salt == salt]
        if salt and not found:
            raise damaged()
        return found[0] if found else None

    def seal_by(self, seal: Seal) -> None:
        """Have it sealed by that from now on, and every copy. Raises Damaged `pki-damaged`, `disk-failed`."""
        with self._lock:
            roots, former = self._read(), self.seal()
            self._seals.write([seal, *([former] if former else [])])
            self._write(roots, seal)
            _on_disk(self._copies.only_latest)
            self._seals.write([seal])

    def recover(self) -> list[Message]:
        """End what a crash interrupted, and put back what is damaged. Raises Damaged `pki-damaged`, `disk-failed`."""
        self._copies.recover()
        put_back = self._put_back()
        data = self._data()
        if data is None:
            self._seals.write([])
            return []
        self._read()
        self._seals.write([each for each in self._seals.read() if each.salt == salt_in(data)])
        if self._copies.latest() != data:
            _on_disk(self._copies.drop_latest)
        if self._copies.latest() != data:
            _on_disk(lambda: self._copies.keep(data))
        _on_disk(lambda: self._copies.wipe_unless(self._may_stay))
        return put_back

    def _may_stay(self, copy: bytes) -> bool:
        """Say whether a copy holds no root, and lies under no seal, that should lie nowhere any more."""
        present, seal = self._read(), self.seal()
        try:
            return salt_in(copy) == (seal.salt if seal else b"") and self._understood(copy).keys() <= present.keys()
        except Damaged:
            return False

    def _put_back(self) -> list[Message]:
        """Put the latest copy in the place of a file that is gone or cannot be read."""
        latest = self._copies.latest()
        try:
            if self._data() is not None or latest is None:
                self._read()
                return []
        except Damaged:
            if latest is None:
                raise
        self._understood(latest)
        _on_disk(lambda: write_whole(self._path, latest))
        return [N_("pki.db could not be read: its latest copy was put back.")]

    def _data(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise damaged() from error

    def _read(self) -> dict[str, dict[str, str]]:
        data = self._data()
        return {} if data is None else self._understood(data)

    def _understood(self, data: bytes) -> dict[str, dict[str, str]]:
        return understood(data, self._seals.read())

    def _write(self, roots: Roots, seal: Seal | None = None) -> None:
        data = as_written(roots, seal or self.seal())
        _on_disk(lambda: self._copies.keep(data))
        _on_disk(lambda: write_whole(self._path, data))


def _on_disk(step: Callable[[], object]) -> None:
    try:
        step()
    except OSError as error:
        raise disk_trouble(error, PKI_FILE) from error
