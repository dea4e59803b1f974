"""What a drop box child did, as it tells the front: one JSON object a line, written into the audit.

Invariants: the child is not trusted with the audit: it says what it did to which file; for whom is known here. A
certificate that was fetched whole moves its exchange on, in the transaction of the record that tells of it. The child
may ask one thing at a time, whether a file is protected or what is taken; a fault that it tells of goes into the log
of faults.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sftp.clerk import Clerk
from sftp.files.protection import is_protected
from sftp.guest import Guest
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import REPORTING
from tanos.errors import TanosError
from tanos.exchange.returned import mark_returned
from tanos.faults import broken, write_told
from tanos.inert import inert
from tanos.receipts.wanted import read_wanted

_LONGEST_LINE = 8192
_CERTIFICATE = re.compile(rf"/outgoing/{REPORTING.name}[^/]*\.crt")
_REFERENCE = re.compile(r"F-[0-9a-f]{8}")
_MOST_FAULTS = 3
_WORDS = frozenset({"put", "get", "remove", "rename", "refused"})


class Events:
    """Reads the lines of one child."""

    def __init__(self, guest: Guest, records: Clerk, answer: Callable[[bytes], None]) -> None:
        self._guest = guest
        self._records = records
        self._answer = answer
        self._answering: asyncio.Task[None] | None = None
        self._faults = 0
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take what arrived; record every whole line."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]
        for line in lines:
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue

    def _take(self, event: Mapping[str, Any]) -> None:
        if "asks" in event:
            if self._answering is None:
                self._answering = asyncio.create_task(self._tell(str(event["asks"])))
        elif "asks_wanted" in event:
            if self._answering is None:
                self._answering = asyncio.create_task(self._tell_wanted())
        elif "fault" in event:
            self._write_fault(str(event["fault"]), str(event["text"]))
        else:
            self._record(event)

    def _record(self, event: Mapping[str, Any]) -> None:
        verb = event["did"]
        about, after = inert(str(event["about"]))[:1024], inert(str(event.get("after", "")))[:1024]
        result = inert(str(event.get("result", "done")))[:64]
        if verb in _WORDS:
            returned = verb == "get" and result == "done" and _CERTIFICATE.fullmatch(about)
            also = partial(mark_returned, file=about) if returned else None
            self._records.note(self._guest.call(f"files {verb}", "files"), about, after, result, also)

    async def _tell(self, name: str) -> None:
        """Answer whether a file is protected; `?` where that cannot be known."""
        home = self._guest.appliance.home
        try:
            answer = b"1" if await asyncio.to_thread(is_protected, home, name) else b"0"
        except TanosError:
            answer = b"?"
        except Exception as error:
            broken(home, "files", error)
            answer = b"?"
        self._answering = None
        self._answer(answer)

    async def _tell_wanted(self) -> None:
        """Answer what administrators decided about uploads; an empty line where that cannot be known."""
        home = self._guest.appliance.home
        try:
            answer = await asyncio.to_thread(_wanted_line, home)
        except TanosError:
            answer = b"\n"
        except Exception as error:
            broken(home, "files", error)
            answer = b"\n"
        self._answering = None
        self._answer(answer)

    def _write_fault(self, reference: str, text: str) -> None:
        self._faults += 1
        if self._faults <= _MOST_FAULTS and _REFERENCE.fullmatch(reference):
            lines = (inert(line) for line in text[:4096].splitlines())
            write_told(self._guest.appliance.home, "files", reference, "\n".join(lines) + "\n")


def _wanted_line(home: Path) -> bytes:
    appliance = Appliance.open(home)
    try:
        return read_wanted(appliance).line()
    finally:
        appliance.store.close()
