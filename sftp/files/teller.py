"""What a drop box child did, told to the front: one JSON object a line on descriptor 3; and the one thing it asks.

Invariants: what changed something is told at once (uploads that appeared in one breath, together), and so is the
fetching of a certificate, on which its exchange goes on; that other files were fetched is told in company, since a
client in a hurry should not wait for the audit of its reading. Refusals are told up to a bound, so that nobody fills
the audit. The child cannot read the database: whether a file belongs to an open exchange, and whether a key is a
person's, is asked on the same descriptor and answered there, `1` or `0`, and which files are taken, in one line;
without an answer nothing is changed, or handed out. Nor can it write the log: a fault is told too.
"""

import json
import os
import secrets
import threading
from contextlib import suppress

from sftp.files.protection import may_be_protected
from tanos.errors import NotYet
from tanos.faults import text_of
from tanos.message import N_
from tanos.receipts.wanted import Wanted, wanted_from

EVENTS = 3
"""The descriptor."""
_MOST_REFUSALS = 100
_MOST_HELD = 32
_MATTERS = ".crt"
_LONGEST_FAULT = 3000
_LONGEST_ANSWER = 4096


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
            waits = did == "put" or (did == "get" and not about.endswith(_MATTERS))
            hurry = not waits or len(self._held) >= _MOST_HELD
        if hurry:
            self.flush()

    def flush(self) -> None:
        """Tell what is held back."""
        with self._lock, suppress(OSError):
            self._write()

    def is_protected(self, name: str) -> bool:
        """Ask whether an open exchange stands on a file now; raise OSError where nobody can answer."""
        if not may_be_protected(name):
            return False
        return self._asked(
            {"asks": name}, "The appliance could not tell whether this file belongs to an open exchange."
        )

    def is_person(self) -> bool:
        """Ask whether the key that signed in is a person's, now; raise OSError where nobody can answer."""
        return self._asked({"asks_person": True}, "The appliance could not tell whose key this is.")

    def _asked(self, question: dict[str, object], unanswered: str) -> bool:
        with self._lock:
            self._held.append(json.dumps(question) + "\n")
            self._write()
            answer = os.read(EVENTS, 1)
        if answer not in {b"0", b"1"}:
            raise OSError(0, unanswered)
        return answer == b"1"

    def wanted(self) -> Wanted:
        """Ask what administrators decided about uploads. Raises NotYet `not-served` where nobody can answer."""
        with self._lock:
            self._held.append(json.dumps({"asks_wanted": True}) + "\n")
            self._write()
            answer = b""
            while not answer.endswith(b"\n"):
                piece = os.read(EVENTS, _LONGEST_ANSWER)
                if not piece:
                    break
                answer += piece
        try:
            return wanted_from(answer)
        except (ValueError, KeyError, TypeError):
            raise NotYet(
                "not-served",
                N_("The appliance could not tell which files it takes."),
                N_("Try again; where it stays so, have its service started again, as after its code was replaced."),
            ) from None

    def fault(self, error: BaseException) -> str:
        """Tell of a fault of the program; return the reference it is written down by."""
        reference = "F-" + secrets.token_hex(4)
        text = text_of(error)[-_LONGEST_FAULT:]
        with self._lock:
            self._held.append(json.dumps({"fault": reference, "text": text}) + "\n")
        self.flush()
        return reference

    def _write(self) -> None:
        data = "".join(self._held).encode()
        self._held.clear()
        while data:
            data = data[os.write(EVENTS, data) :]
