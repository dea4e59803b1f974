"""The real child of a drop box connection, forked as the warm parent forks it; we are client and front at once.

Invariant: the child has nothing but its socket, its output and its line to the front; what it says there and what it
prints is kept to be judged.
"""

import json
import os
import re
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path

from sftp.files import child
from sftp.session import Session
from tanos.receipts.wanted import Wanted
from tests.sftp.attacks.wire import Wire

PATIENCE = 60.0
"""Seconds that a child may take to answer or to leave."""


class Served:
    """One child and the client's end of its socket."""

    def __init__(self, home: Path, key: str, protected: str = "") -> None:
        ours, theirs = socket.socketpair()
        front, line = socket.socketpair()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self._status: int | None = None
        self.pid = os.fork()
        if not self.pid:
            session = Session("files", str(home), "tancopy", "tancopy", key=key)
            _serve(session, theirs.fileno(), self._said.fileno(), line.fileno())
        theirs.close()
        line.close()
        self.events: list[str] = []
        self._front = threading.Thread(target=self._listen, args=(front, protected), daemon=True)
        self._front.start()
        ours.settimeout(PATIENCE)
        self.wire = Wire(ours)

    def weight(self) -> tuple[int, int]:
        """Return the child's own memory in kB and the number of its open files."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"RssAnon:\s+(\d+)", status)
        return int(found.group(1)) if found else 0, len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def kill(self) -> None:
        """End it as a crash would."""
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        self.wire.link.close()

    def leave(self) -> int:
        """Go; return the child's exit status."""
        self.wire.link.close()
        return self.wait()

    def wait(self) -> int:
        """Wait for the end; return the exit status, negative for a signal."""
        deadline = time.monotonic() + PATIENCE
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise AssertionError("the child did not end")
            else:
                time.sleep(0.0005)
        return self._status

    def trouble(self) -> str:
        """Return what it printed or told of faults of the program; it has ended."""
        self._front.join(PATIENCE)
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")
        faults = [line for line in self.events if "Traceback" in line]
        return "\n".join(faults + ([said] if "Traceback" in said or "fault" in said else []))

    def close(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            self.kill()
        self._front.join(PATIENCE)
        self._said.close()

    def _listen(self, front: socket.socket, protected: str) -> None:
        """Be the front: take what is told and answer what is asked."""
        with front, front.makefile("rb") as lines:
            for line in lines:
                event = json.loads(line)
                if "asks" in event:
                    front.sendall(b"1" if event["asks"] == protected else b"0")
                elif "asks_wanted" in event:
                    front.sendall(Wanted().line())
                else:
                    self.events.append(line.decode())


def _serve(session: Session, *descriptors: int) -> None:
    """Be the child; never returns."""
    status = 70
    try:
        link, said, line = (os.dup2(each, 200 + place) for place, each in enumerate(descriptors))
        for place, each in enumerate((link, said, said, line)):
            os.dup2(each, place)
        os.closerange(4, 4096)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        status = child.main(session)
        sys.stderr.flush()
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)
