"""`pki.db`: the root keys of release 7.4 with their certificates, in one file that is written whole at each change.

Invariants: what lies there is the state before a change or after it, never between. A name is that of one key for as
long as it lies here, and no key takes another's place.
"""

import json
import threading
from collections.abc import Mapping
from pathlib import Path

from tanos.errors import Damaged, NotToBeAsked
from tanos.files import disk_trouble, write_whole
from tanos.message import N_

PKI_FILE = "pki.db"
_FORMAT = "tanos pki 1"
_KEY, _CERTIFICATE = "key", "certificate"


class PkiFile:
    """The file `pki.db` of a directory; missing, it holds nothing."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / PKI_FILE
        self._lock = threading.Lock()

    def certificates(self) -> dict[str, bytes]:
        """Return the certificates of the roots whose keys lie here, PEM, by name. Raises Damaged `pki-damaged`."""
        return {name: each[_CERTIFICATE].encode() for name, each in self._read().items()}

    def roots(self) -> dict[str, tuple[bytes, bytes]]:
        """Return certificate and key of each, PEM, by name. Raises Damaged `pki-damaged`."""
        return {name: (each[_CERTIFICATE].encode(), each[_KEY].encode()) for name, each in self._read().items()}

    def add(self, name: str, key_pem: bytes, certificate_pem: bytes) -> None:
        """Keep another root. Raises NotToBeAsked for a name that is here, Damaged `pki-damaged`, `disk-failed`."""
        with self._lock:
            roots = self._read()
            if name in roots:
                raise NotToBeAsked("not to be replaced")
            self._write({**roots, name: {_KEY: key_pem.decode(), _CERTIFICATE: certificate_pem.decode()}})

    def drop(self, name: str) -> None:
        """Keep that root no longer, if it is kept. Raises Damaged `pki-damaged`, `disk-failed`."""
        with self._lock:
            roots = self._read()
            if roots.pop(name, None) is not None:
                self._write(roots)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            read = json.loads(self._path.read_bytes())
            if read["format"] != _FORMAT:
                raise ValueError
            return {str(name): {_KEY: each[_KEY], _CERTIFICATE: each[_CERTIFICATE]}
                    for name, each in read["roots"].items()}  # fmt: skip
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Damaged(
                "pki-damaged",
                N_("The root keys of this server (pki.db) cannot be read."),
                N_("Restore pki.db and the database from one backup; nothing was changed."),
            ) from error

    def _write(self, roots: Mapping[str, Mapping[str, str]]) -> None:
        try:
            write_whole(self._path, json.dumps({"format": _FORMAT, "roots": roots}, indent=1).encode())
        except OSError as error:
            raise disk_trouble(error, PKI_FILE) from error
