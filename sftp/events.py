"""What a drop box child did, as it tells the front: one JSON object a line, written into the audit.

Invariants: the child is not trusted with the audit: it says what it did to which file; for whom is known here. A
certificate that was fetched whole moves its exchange on, in the transaction of the record that tells of it. The child
may ask one thing at a time: whether a file is protected, or a key a person's, or what is taken; a fault that it tells
of goes into the log of faults. One sender fills no more of the audit than his share: the rest is counted.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from sftp import shares
from sftp.clerk import Clerk
from sftp.files.for_people import is_persons
from sftp.files.protection import is_protected
from sftp.guest import Guest
from sftp.sparing import QUIET_SECONDS
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import REPORTING
from tanos.errors import TanosError
from tanos.exchange.returned import mark_returned
from tanos.faults import broken, write_fault, write_told
from tanos.inert import inert
from tanos.receipts.wanted import read_wanted

_LONGEST_LINE = 8192
_CERTIFICATE = re.compile(rf"/outgoing/{REPORTING.name}[^/]*\.crt")
_REFERENCE = re.compile(r"F-[0-9a-f]{8}")
_MOST_FAULTS = 3
_MOST_RETURNED = 256
_WORDS = frozenset({"put", "get", "remove", "rename", "refused"})


class Events:
    """Reads the lines of one child."""

    def __init__(self, guest: Guest, records: Clerk, answer: Callable[[bytes], None]) -> None:
        self._guest = guest
        self._records = records
        self._answer = answer
        self._answering: asyncio.Task[None] | None = None
        self._faults = self._own_faults = 0
        self._left_out = 0
        self._summed_at = -QUIET_SECONDS
        self._returned: set[str] = set()
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take what arrived; record every whole line."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]
        for line in lines:
            try:
                self._take(_understood(line))
            except Exception as error:
                self._own_faults += 1
                if self._own_faults <= _MOST_FAULTS:
                    write_fault(self._guest.appliance.home, "files", error)

    def close(self) -> None:
        """Have what was only counted written down."""
        if self._left_out:
            count, self._left_out = self._left_out, 0
            self._summed_at = time.monotonic()
            self._records.note(self._guest.call("files counted", "files"), after=f"{count} more, not one by one")

    def _take(self, event: Mapping[str, str]) -> None:
        if "asks" in event:
            if self._answering is None:
                self._answering = asyncio.create_task(self._tell(is_protected, event["asks"]))
        elif "asks_person" in event:
            if self._answering is None:
                self._answering = asyncio.create_task(self._tell(is_persons, self._guest.key))
        elif "asks_wanted" in event:
            if self._answering is None:
                self._answering = asyncio.create_task(self._tell_wanted())
        elif "fault" in event:
            self._write_fault(event["fault"], event.get("text", ""))
        elif event.get("did") in _WORDS and "about" in event:
            self._record(event)

    def _record(self, event: Mapping[str, str]) -> None:
        verb = event["did"]
        about, after = inert(event["about"])[:1024], inert(event.get("after", ""))[:1024]
        result = inert(event.get("result", "done"))[:64]
        returned = verb == "get" and result == "done" and bool(_CERTIFICATE.fullmatch(about))
        matters = returned and about not in self._returned and len(self._returned) < _MOST_RETURNED
        if returned:
            self._returned.add(about)
        if not self._has_room(verb) and not matters:
            self._left_out += 1
            if time.monotonic() >= self._summed_at + QUIET_SECONDS:
                self.close()
            return
        also = partial(mark_returned, file=about) if returned else None
        self._records.note(self._guest.call(f"files {verb}", "files"), about, after, result, also)

    def _has_room(self, verb: str) -> bool:
        is_upload = verb == "put"
        most = shares.MOST_UPLOADS if is_upload else shares.MOST_OTHERS
        return self._records.shares.takes((self._guest.user, self._guest.key, is_upload), most)

    async def _tell(self, ask: Callable[[Path, str], bool], about: str) -> None:
        """Answer what is asked of a file or a key; `?` where that cannot be known."""
        home = self._guest.appliance.home
        try:
            answer = b"1" if await asyncio.to_thread(ask, home, about) else b"0"
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


def _understood(line: bytes) -> dict[str, str]:
    """Return what a line says, in text; nothing where it says nothing."""
    try:
        said = json.loads(line[:_LONGEST_LINE])
    except (ValueError, RecursionError):
        return {}
    return {name: str(value) for name, value in said.items()} if isinstance(said, dict) else {}


def _wanted_line(home: Path) -> bytes:
    appliance = Appliance.open(home)
    try:
        return read_wanted(appliance).line()
    finally:
        appliance.store.close()
