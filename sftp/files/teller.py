"""What a drop box child did, told to the front: one JSON object a line on descriptor 3.

Invariants: what changed something is told at once, and so is the fetching of a certificate, on which its exchange
goes on; that other files were fetched is told in company, since a client in a hurry should not wait for the audit of
its reading. Refusals are told up to a bound, so that nobody fills the audit.
"""

import json
import os
import threading
from contextlib import suppress

EVENTS = 3
"""The descriptor."""
_MOST_REFUSALS = 100
_MOST_HELD = 32
_MATTERS = ".crt"


class Teller:
    """Writes events; may be called from two threads."""

    def __init__(self) -> None:
        self._refusals = 0
        self._held: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, did: str, about: str, after: str, result: str) -> None:
        """Tell what was done to which file, what came of it, and `done` or the id of a refusal."""
        if did == "refused":
            self._refusals += 1
            if self._refusals > _MOST_REFUSALS:
                return
        with self._lock:
            event = {"did": did, "about": about, "after": after, "result": result}
            self._held.append(json.dumps(event) + "\n")
            hurry = did != "get" or about.endswith(_MATTERS) or len(self._held) >= _MOST_HELD
        if hurry:
            self.flush()

    def flush(self) -> None:
        """Tell what is held back."""
        with self._lock, suppress(OSError):
            data = "".join(self._held).encode()
            self._held.clear()
            while data:
                data = data[os.write(EVENTS, data) :]
