"""How `pki.db` is written, open or sealed, and where the key of its seal lies.

Invariant: a file of neither form, or whose seal cannot be opened here, is damaged, and nothing is guessed of it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tanos.certificates.root_names import SEAL_FILE
from tanos.certificates.seal import Seal, salt_of
from tanos.errors import Damaged
from tanos.files import disk_trouble, wipe, write_whole
from tanos.message import N_

KEY, CERTIFICATE = "key", "certificate"
Roots = Mapping[str, Mapping[str, str]]
"""Key and certificate, PEM, by name."""
_OPEN, _SEALED, _SEALS = "tanos pki 1", "tanos pki 2", "tanos pki key 1"
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def written(roots: Roots, seal: Seal | None) -> bytes:
    """Return the file that holds those roots."""
    inner = {"format": _OPEN, "roots": roots}
    if seal is None:
        return json.dumps(inner, indent=1).encode()
    return json.dumps({"format": _SEALED, **seal.close(json.dumps(inner).encode(), _SEALED.encode())}).encode()


def understood(data: bytes, seals: Sequence[Seal]) -> dict[str, dict[str, str]]:
    """Return what such a file holds. Raises Damaged `pki-damaged`."""
    try:
        read = json.loads(data)
        if read["format"] == _SEALED:
            seal = next(each for each in seals if each.salt == salt_of(read))
            read = json.loads(seal.open(read, _SEALED.encode()))
        if read["format"] != _OPEN:
            raise ValueError
        return {str(name): {KEY: str(each[KEY]), CERTIFICATE: str(each[CERTIFICATE])}
                for name, each in read["roots"].items()}  # fmt: skip
    except (*_UNREADABLE, StopIteration) as error:
        raise damaged() from error


def salt_in(data: bytes) -> bytes:
    """Return by which salt such a file is sealed, empty where it lies open. Raises Damaged `pki-damaged`."""
    try:
        read = json.loads(data)
        return salt_of(read) if read["format"] == _SEALED else b""
    except _UNREADABLE as error:
        raise damaged() from error


class SealFile:
    """The file with the keys by which `pki.db` is sealed: one, and while that changes two."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Seal]:
        """Return them, that of the next writing first. Raises Damaged `pki-damaged`."""
        try:
            read = json.loads(self._path.read_bytes())
            if read["format"] != _SEALS:
                raise ValueError
            return [Seal(*(bytes.fromhex(each[part]) for part in ("salt", "key", "check"))) for each in read["seals"]]
        except FileNotFoundError:
            return []
        except (OSError, *_UNREADABLE) as error:
            raise damaged() from error

    def write(self, seals: Sequence[Seal]) -> None:
        """Have these, or none, from now on. Raises Damaged `disk-failed`."""
        said = [{"salt": each.salt.hex(), "key": each.key.hex(), "check": each.check.hex()} for each in seals]
        try:
            if seals:
                write_whole(self._path, json.dumps({"format": _SEALS, "seals": said}).encode())
            elif self._path.exists():
                wipe(self._path)
        except OSError as error:
            raise disk_trouble(error, SEAL_FILE) from error


def damaged() -> Damaged:
    """Return what is said where `pki.db` cannot be read."""
    return Damaged(
        "pki-damaged",
        N_("The root keys of this server (pki.db) cannot be read."),
        N_("Restore pki.db and the database from one backup; nothing was changed."),
    )
