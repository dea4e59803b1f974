"""When a closed upload appears under its name.

Invariants: a file appears only when its bytes are durable. The first files of a connection are durable, name and all,
before their CLOSE is answered. In a longer run the answers may be ahead of the disk by a few files, so that the disk
can take them together; then whatever asks about such a name waits for it, and the exit status waits for all. A
failure is told at the first of: the CLOSE, the next request about that name, the end of the session.
"""

import os
import threading
from collections.abc import Callable

from asyncssh.sftp import SFTPError, SFTPFailure

from sftp.files.box import Box
from sftp.files.desk import Outcome
from sftp.files.places import INCOMING, Place
from sftp.files.upload import Upload

AT_ONCE = 16
"""Files of a connection that are durable before their CLOSE is answered."""
TOGETHER = 16
"""Files that are worth waking the disk for at once; fewer wait for `SOON`."""
SOON = 0.05
"""Seconds."""
MOST_PENDING = 48
"""Files that the answers may be ahead of the disk."""
Tell = Callable[[str, str, str, str], None]
"""What was done, to which file, what came of it, and `done` or the id of a refusal."""


class Publisher:
    """Makes the uploads of one connection appear."""

    def __init__(self, box: Box, tell: Tell, flush: Callable[[], None] = lambda: None) -> None:
        self._box = box
        self._tell = tell
        self._flush = flush
        self._published = 0
        self._pending: dict[str, Upload] = {}
        self._failed: dict[str, SFTPError | OSError] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._awaited = False
        self.fault: Callable[[BaseException], object] = lambda _: None
        """Told what nobody foresaw."""

    def publish(self, upload: Upload) -> None:
        """Let an upload appear, now or soon. Raises SFTPError or OSError where it is already known to fail."""
        self._published += 1
        if self._published <= AT_ONCE:
            (outcome,) = self._finish([upload])
            if outcome.error is not None:
                raise outcome.error
            return
        with self._changed:
            self._changed.wait_for(lambda: len(self._pending) < MOST_PENDING and upload.name not in self._pending)
            self._pending[upload.name] = upload
            if len(self._pending) == TOGETHER:
                self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()

    def settle(self, place: Place, *, whole: bool = False) -> None:
        """Wait until what was sent to `place` (or, `whole`, to its directory) has appeared; raise its failure."""
        if self._thread is None or place.directory != INCOMING:
            return
        with self._changed:
            if self._pending if whole else place.name in self._pending:
                self._awaited = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self._pending if whole else place.name not in self._pending)
                self._awaited = False
            error = self._failed.pop(place.name, None)
        if error is not None:
            raise error

    def close(self) -> list[str]:
        """Wait for everything; return a sentence for each failure that nobody was told yet."""
        if self._thread is None:
            return []
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        return [f"/{INCOMING}/{name}: {_reason(error)}" for name, error in self._failed.items()]

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_reason, timeout=SOON)
                uploads = list(self._pending.values())
                closing = self._closing
            if not uploads:
                if closing:
                    return
                continue
            outcomes = self._finish(uploads)
            with self._changed:
                for upload, outcome in zip(uploads, outcomes, strict=True):
                    del self._pending[upload.name]
                    if outcome.error is not None:
                        self._failed[upload.name] = outcome.error
                self._changed.notify_all()

    def _has_reason(self) -> bool:
        return self._closing or (self._awaited and bool(self._pending)) or len(self._pending) >= TOGETHER

    def _finish(self, uploads: list[Upload]) -> list[Outcome]:
        try:
            outcomes = self._box.finish(uploads)
        except OSError as error:
            outcomes = [Outcome.failed(error)] * len(uploads)
        except Exception as error:  # whoever waits for these files would wait for ever
            self.fault(error)
            outcomes = [Outcome.failed(SFTPFailure("The appliance failed at this file."))] * len(uploads)
        for upload, outcome in zip(uploads, outcomes, strict=True):
            did = "put" if outcome.error is None else "refused"
            self._tell(did, f"/{INCOMING}/{upload.name}", outcome.after, outcome.result)
        self._flush()
        return outcomes


def _reason(error: SFTPError | OSError) -> str:
    return error.reason if isinstance(error, SFTPError) else error.strerror or os.strerror(error.errno or 0)
