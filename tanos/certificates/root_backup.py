"""The private part of a backup of root keys: all that lies in `root`, sealed as `pki.db` is, and what belongs to it.

Invariants: it is opened by the password alone, wherever it lies. What was put beside the keys (`said`) comes back
with them or not at all, so that neither is taken for that of another backup.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tanos.certificates.pki_copies import PkiCopies
from tanos.certificates.pki_form import CERTIFICATE, KEY, Roots, SealFile, written
from tanos.certificates.root_names import COPIES, PKI_FILE, ROOT_CERTIFICATE, ROOT_KEY, SEAL_FILE
from tanos.certificates.seal import Seal, seal_for
from tanos.errors import AnswerRefused
from tanos.files import make_directory, write_whole
from tanos.message import N_

FILES = (ROOT_CERTIFICATE, ROOT_KEY)
_ABOUT = b"tanos root backup 1"
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Opened:
    """The private part, opened."""

    seal: Seal
    said: bytes
    roots: Roots
    files: Mapping[str, bytes]

    def write(self, directory: Path) -> None:
        """Write what a directory `root` holds after it. Raises OSError."""
        make_directory(directory)
        for name in FILES:
            write_whole(directory / name, self.files[name])
        data = written(self.roots, self.seal)
        SealFile(directory / SEAL_FILE).write([self.seal])
        write_whole(directory / PKI_FILE, data)
        PkiCopies(directory / COPIES).keep(data)


def closed(seal: Seal, roots: Mapping[str, tuple[bytes, bytes]], files: Mapping[str, bytes], said: bytes) -> bytes:
    """Return the private part, sealed; of each root certificate and key."""
    held = {name: {CERTIFICATE: pair[0].decode(), KEY: pair[1].decode()} for name, pair in roots.items()}
    inner = {"said": b64encode(said).decode(), "roots": held,
             "files": {name: b64encode(data).decode() for name, data in files.items()}}  # fmt: skip
    return json.dumps(seal.close(json.dumps(inner).encode(), _ABOUT)).encode()


def opened(data: bytes, password: bytes) -> Opened:
    """Open it; takes a while. Raises AnswerRefused `wrong-password`, `backup-damaged`."""
    try:
        outer = json.loads(data)
        seal = seal_for(outer, password)
    except _UNREADABLE as error:
        raise backup_damaged() from error
    if seal is None:
        raise AnswerRefused(
            "wrong-password",
            N_("This is not the password by which the backup is sealed."),
            N_("It is the one that pki.db had when the backup was made."),
        )
    try:
        inner = json.loads(seal.open(outer, _ABOUT))
        files = {name: b64decode(inner["files"][name], validate=True) for name in FILES}
        roots = {str(name): {KEY: str(each[KEY]), CERTIFICATE: str(each[CERTIFICATE])}
                 for name, each in inner["roots"].items()}  # fmt: skip
        return Opened(seal, b64decode(inner["said"], validate=True), roots, files)
    except _UNREADABLE as error:
        raise backup_damaged() from error


def backup_damaged() -> AnswerRefused:
    """Return what is said of a backup that is not whole."""
    return AnswerRefused(
        "backup-damaged",
        N_("This backup is damaged, or not whole."),
        N_("Take another copy of the file; nothing was changed."),
    )
