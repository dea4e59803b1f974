"""What a drop box child did, as it tells the front: one JSON object a line, written into the audit.

Invariants: the child is not trusted with the audit: it says what it did to which file; for whom is known here. A
certificate that was fetched whole moves its exchange on, in the transaction of the record that tells of it.
"""

import json
import re
from functools import partial

from sftp.clerk import Clerk
from sftp.guest import Guest
from tanos.certificates.pair_kinds import REPORTING
from tanos.exchange.returned import mark_returned
from tanos.inert import inert

_LONGEST_LINE = 8192
_CERTIFICATE = re.compile(rf"/outgoing/{REPORTING.name}[^/]*\.crt")
_WORDS = frozenset({"put", "get", "remove", "rename", "refused"})


class Events:
    """Reads the lines of one child."""

    def __init__(self, guest: Guest, records: Clerk) -> None:
        self._guest = guest
        self._records = records
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take what arrived; record every whole line."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]
        for line in lines:
            self._record(line)

    def _record(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            verb = event["did"]
            about, after = inert(str(event["about"]))[:1024], inert(str(event.get("after", "")))[:1024]
            result = inert(str(event.get("result", "done")))[:64]
        except (ValueError, KeyError, TypeError):
            return
        if verb in _WORDS:
            returned = verb == "get" and result == "done" and _CERTIFICATE.fullmatch(about)
            also = partial(mark_returned, file=about) if returned else None
            self._records.note(self._guest.call(f"files {verb}", "files"), about, after, result, also)
