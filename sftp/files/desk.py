"""Where uploads that arrived are looked at, and get their receipts.

Invariants: a receipt is written under a hidden name before its file appears, and gets its own name in the same breath
as the file, so that the two belong together. What is refused never appears; its receipt does. A name keeps the file
that its receipts are written into: sending many files once more makes no second one for each.
"""

import contextlib
import errno
import os
from dataclasses import dataclass
from datetime import UTC, datetime

from asyncssh.sftp import SFTPError, SFTPPermissionDenied

from sftp.files.disk import Disk
from sftp.files.upload import Upload, alone, exists, is_a_part
from tanos.confinement.beneath import open_beneath
from tanos.finding import Finding
from tanos.moments import moment_text
from tanos.receipt import Receipt, new_audit_id, receipt_of
from tanos.receipts.recognised import HEAD, recognise
from tanos.receipts.wanted import Wanted, refusal_of, too_large

HIDDEN = ".receipt-"
DONE, NOT_ALLOWED = "done", "not-allowed"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_AGAIN = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True)
class Outcome:
    """What became of one upload."""

    error: SFTPError | OSError | None = None
    after: str = ""
    """For the audit."""
    result: str = DONE

    @classmethod
    def failed(cls, error: SFTPError | OSError) -> "Outcome":
        """Return that of an upload that failed."""
        return cls(error, _reason(error), NOT_ALLOWED)


@dataclass(frozen=True)
class Slip:
    """An upload that was looked at, and what its receipt says."""

    upload: Upload
    receipt: Receipt

    def outcome(self) -> Outcome:
        """Return what is told of it once it is shown."""
        refusal = self.receipt.refusal
        if refusal is None:
            return Outcome(None, self.receipt.told)
        error = SFTPPermissionDenied(self.receipt.sentence)
        return Outcome(error, f"{self.receipt.told}: {self.receipt.sentence}", refusal.id)


class Desk:
    """Looks at the uploads of one connection."""

    def __init__(self, directory: int, wanted: Wanted) -> None:
        self._directory = directory
        self._wanted = wanted
        self._disk = Disk()
        self._written: list[int] = []
        """Receipts that were shown and are not durable yet."""

    def look(self, upload: Upload) -> Slip:
        """Recognise what arrived; raise what ends the upload: SFTPError, OSError."""
        upload.check()
        try:
            return Slip(upload, self._judged(upload))
        except OSError:
            upload.leave()
            raise

    def make_durable(self, slips: list[Slip]) -> dict[str, OSError]:
        """Make files durable; return what went wrong, by audit id."""
        wanted = {slip.upload.descriptor: slip for slip in slips if slip.receipt.refusal is None}
        failed = self._disk.make_durable(list(wanted))
        return {wanted[descriptor].receipt.audit_id: error for descriptor, error in failed.items()}

    def show(self, slip: Slip) -> Outcome:
        """Let a file appear, or go, and its receipt appear with it; both names are still to be `settled`."""
        upload = slip.upload
        self._disk.hold(self._directory, upload.name)
        try:
            with alone(self._directory):
                self._show(slip)
        except (SFTPError, OSError) as error:
            if not isinstance(error, OSError) or isinstance(error, IsADirectoryError | PermissionError):
                upload.discard()  # a directory stands there: Landlock calls that a lack of permission
            else:
                upload.leave()
            return Outcome.failed(error)
        upload.leave()
        return slip.outcome()

    def _show(self, slip: Slip) -> None:
        upload, taken, hidden = slip.upload, slip.receipt.refusal is None, HIDDEN + slip.receipt.audit_id
        if taken:
            upload.claim()
        descriptor = self._begin_receipt(receipt_of(upload.name), hidden)
        try:
            _replace_text(descriptor, slip.receipt.text())
            if taken:
                upload.publish()
            else:
                upload.withdraw()
            os.rename(hidden, receipt_of(upload.name), src_dir_fd=self._directory, dst_dir_fd=self._directory)
        except OSError:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(hidden, dir_fd=self._directory)
            raise
        self._written.append(descriptor)

    def _begin_receipt(self, name: str, hidden: str) -> int:
        """Open a file to write a receipt into, under a hidden name: that of the last receipt of `name`, or a new one.

        Whoever reads that one meanwhile reads of the same name still.
        """
        with contextlib.suppress(OSError):
            os.rename(name, hidden, src_dir_fd=self._directory, dst_dir_fd=self._directory)
            descriptor = open_beneath(self._directory, hidden, _AGAIN)
            if is_a_part(os.fstat(descriptor)):
                return descriptor
            os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(hidden, dir_fd=self._directory)
        return open_beneath(self._directory, hidden, _NEW, 0o600)

    def settle(self) -> None:
        """Make the receipts that were shown durable, and the names; raise OSError where the disk fails.

        Then what was replaced is taken apart: nobody waits for it any more.
        """
        written, self._written = self._written, []
        try:
            for error in self._disk.make_durable(written).values():
                raise error
            os.fsync(self._directory)
        finally:
            for descriptor in written:
                os.close(descriptor)
        self._disk.let_go()

    def drop(self, slip: Slip, error: OSError) -> Outcome:
        """Show nothing of an upload that is not durable; what arrived stays a part."""
        slip.upload.leave()
        return Outcome.failed(error)

    def _judged(self, upload: Upload) -> Receipt:
        if upload.is_too_large:
            return self._receipt(upload, "unknown", too_large(self._wanted))
        found = recognise(upload.name, os.pread(upload.descriptor, HEAD, 0))
        refusal = refusal_of(upload.name, found.kind, self._wanted)
        return self._receipt(upload, str(found.kind.label), refusal, found.check_code)

    def _receipt(self, upload: Upload, recognised: str, refusal: Finding | None, code: str = "") -> Receipt:
        return Receipt(
            upload.size,
            "" if upload.is_too_large else upload.digest.of(upload.descriptor, upload.size),
            recognised,
            new_audit_id(),
            moment_text(datetime.now(UTC)),
            refusal,
            code,
            stays=refusal is not None and exists(self._directory, upload.name),
        )


def _replace_text(descriptor: int, text: bytes) -> None:
    """Write a text over all that stands in a file; raise OSError, also where there is room for a part of it alone."""
    os.ftruncate(descriptor, len(text))
    if os.pwrite(descriptor, text, 0) < len(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def remove_receipt(directory: int, name: str) -> None:
    """Remove the receipt of a file, before the file goes or becomes another: none may tell of what is not there."""
    with contextlib.suppress(OSError):
        os.unlink(receipt_of(name), dir_fd=directory)


def _reason(error: SFTPError | OSError) -> str:
    return error.reason if isinstance(error, SFTPError) else error.strerror or os.strerror(error.errno or 0)
