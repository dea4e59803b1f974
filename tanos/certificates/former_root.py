"""The root that a server without a root key trusted before the present one, kept while its pair is still of that.

Invariant: it is written before another root takes its place, and counts only while it is not the present one and the
live pair is signed by it: whatever dies in between, no root is trusted of which there is no pair.
"""

from pathlib import Path

from cryptography import x509

from tanos.certificates.root import is_issued_by
from tanos.certificates.root_names import FORMER
from tanos.dropbox import LARGEST
from tanos.errors import TanosError
from tanos.files import disk_trouble, read_plain, write_whole


class FormerRoot:
    """Its file in the directory `root` of an appliance."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / FORMER

    @property
    def lies_there(self) -> bool:
        """Whether there is one, which counts or not."""
        return self._file.is_file()

    def keep(self, present: bytes | None, live: bytes | None) -> None:
        """Keep the present root where the live pair is of it, both PEM. Raises Damaged `disk-failed`."""
        if present is None or not _is_of(live, present):
            return
        try:
            write_whole(self._file, present)
        except OSError as error:
            raise disk_trouble(error, FORMER) from error

    def counts(self, present: bytes | None, live: bytes | None) -> bytes | None:
        """Return it, PEM, where it counts beside the present one and for that live pair; else None."""
        try:
            former = read_plain(self._file, LARGEST)
        except TanosError:
            return None
        return former if former != present and _is_of(live, former) else None

    def forget(self) -> None:
        """Wipe it. Raises Damaged `disk-failed`."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise disk_trouble(error, FORMER) from error


def _is_of(live: bytes | None, root: bytes) -> bool:
    try:
        return live is not None and is_issued_by(
            x509.load_pem_x509_certificate(live), x509.load_pem_x509_certificate(root)
        )
    except ValueError:
        return False
