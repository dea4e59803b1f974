"""The files of one version of a pair, read and written through one open directory.

Invariant: who reads a pair opens its directory once and takes both files from there, so that a swap in between cannot
mix two versions.
"""

import contextlib
import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tanos.certificates.check_code import check_code, spki_of
from tanos.certificates.issued import serial_text
from tanos.certificates.pair_kinds import PairKind
from tanos.errors import AnswerRefused, Damaged
from tanos.files import PRIVATE_DIRECTORY, write_new_in
from tanos.finding import refuse
from tanos.message import N_
from tanos.moments import moment_text

MANIFEST, INSTALLED = "manifest.json", "installed"
_VERSION = re.compile(r"v(\d{6})\Z")
_LARGEST = 1 << 18


@dataclass(frozen=True)
class Version:
    """One kept pair."""

    number: int
    check_code: str
    not_after: str
    installed_at: str
    by: str
    intact: bool
    """The certificate is what was written, and a key lies beside it; restoring proves that it is the right one."""


def version_name(number: int) -> str:
    """Return the directory's name: `v000007`."""
    return f"v{number:06d}"


def version_number(name: str) -> int | None:
    """Return the number in a directory's name, or None."""
    match = _VERSION.match(name)
    return int(match.group(1)) if match else None


def pair_facts(kind: PairKind, key_pem: bytes, cert_pem: bytes) -> dict[str, Any]:
    """Return what a manifest says of a pair. Raises AnswerRefused `key-mismatch` unless it is one."""
    try:
        certificate = x509.load_pem_x509_certificate(cert_pem)
        key = load_pem_private_key(key_pem, None)
    except (ValueError, TypeError) as error:
        raise AnswerRefused.because(_no_pair()) from error
    if spki_of(certificate.public_key()) != spki_of(key.public_key()):
        raise AnswerRefused.because(_no_pair())
    return {
        "check_code": check_code(certificate.public_key()),
        "serial": serial_text(certificate.serial_number),
        "subject": certificate.subject.rfc4514_string(),
        "not_after": moment_text(certificate.not_valid_after_utc),
        "files": {
            kind.certificate: hashlib.sha256(cert_pem).hexdigest(),
            kind.key: hashlib.sha256(key_pem).hexdigest(),
        },
    }


def write_version(
    kind: PairKind, store: int, number: int, key_pem: bytes, cert_pem: bytes, manifest: Mapping[str, Any]
) -> None:
    """Make a version directory in the open directory `store`: files fsynced, then directory, then `store`."""
    name = version_name(number)
    os.mkdir(name, PRIVATE_DIRECTORY, dir_fd=store)
    directory = open_directory(name, store)
    try:
        write_new_in(directory, kind.key, key_pem)
        write_new_in(directory, kind.certificate, cert_pem)
        write_new_in(directory, MANIFEST, json.dumps(manifest, indent=1).encode())
        os.fsync(directory)
    finally:
        os.close(directory)
    os.fsync(store)


def mark_installed(store: int, number: int) -> None:
    """Note durably that this version was live once, so that a restart does not take it for an unfinished one."""
    directory = open_directory(version_name(number), store)
    try:
        with contextlib.suppress(FileExistsError):
            write_new_in(directory, INSTALLED, b"")
            os.fsync(directory)
    finally:
        os.close(directory)


def read_version(kind: PairKind, store: int, number: int) -> tuple[bytes, bytes, dict[str, Any]]:
    """Return key, certificate and manifest of one version; raises Damaged `pair-damaged` unless they fit."""
    try:
        directory = open_directory(version_name(number), store)
    except OSError as error:
        raise pair_damaged(number) from error
    try:
        manifest = json.loads(_read(directory, MANIFEST))
        key_pem, cert_pem = _read(directory, kind.key), _read(directory, kind.certificate)
        if pair_facts(kind, key_pem, cert_pem)["files"] != manifest["files"]:
            raise pair_damaged(number)
    except (OSError, ValueError, KeyError, TypeError, AnswerRefused) as error:
        raise pair_damaged(number) from error
    finally:
        os.close(directory)
    return key_pem, cert_pem, manifest


def describe_version(kind: PairKind, store: int, number: int) -> Version:
    """Return what manifest and certificate say of a kept version; its private key is not read."""
    manifest: dict[str, Any] = {}
    intact = False
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        directory = open_directory(version_name(number), store)
        try:
            manifest = dict(json.loads(_read(directory, MANIFEST)))
            certificate = hashlib.sha256(_read(directory, kind.certificate)).hexdigest()
            written = certificate == manifest["files"][kind.certificate]
            intact = written and stat.S_ISREG(os.stat(kind.key, dir_fd=directory, follow_symlinks=False).st_mode)
        finally:
            os.close(directory)

    def said(name: str) -> str:
        return str(manifest.get(name, ""))

    return Version(number, said("check_code"), said("not_after"), said("installed_at"), said("installed_by"), intact)


def remove_version(kind: PairKind, store: int, number: int) -> None:
    """Remove a version: its key first, so that no half of it can be taken for a pair."""
    name = version_name(number)
    directory = open_directory(name, store)
    try:
        for file in (MANIFEST, kind.key, *names_in(directory)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(file, dir_fd=directory)
    finally:
        os.close(directory)
    os.rmdir(name, dir_fd=store)


def has_file(store: int, number: int, name: str) -> bool:
    """Say whether a version has a file of that name."""
    with contextlib.suppress(OSError):
        os.stat(f"{version_name(number)}/{name}", dir_fd=store, follow_symlinks=False)
        return True
    return False


def open_directory(name: str, within: int | None = None) -> int:
    """Open a directory, following no link at its last component."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags, dir_fd=within)


def pair_damaged(number: int) -> Damaged:
    """Return the error of a version that is not what was written."""
    return Damaged(
        "pair-damaged",
        N_("Version {number} of the pair is damaged or incomplete.", number=number),
        N_("Restore another version, or make a new request; nothing was changed."),
    )


def _read(directory: int, name: str) -> bytes:
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    with os.fdopen(file, "rb") as opened:
        return opened.read(_LARGEST)


def _no_pair() -> Any:
    return refuse(
        "key-mismatch",
        N_("The certificate and the private key do not belong together."),
        N_("Take the certificate with the check code that waits here, or create the request again."),
    )


def names_in(directory: int | Path) -> list[str]:
    """Return the names in a directory, by its path or open descriptor."""
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries]
