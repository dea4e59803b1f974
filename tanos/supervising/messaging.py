"""The supervisor's part in what is said to clients of 7.4: signed where it is due, and handed to the Tanium Server.

Invariants: the process to which clients come holds no key that signs messages: it hands on what it is given. What
changed is looked for each LOOK_SECONDS, and as soon as the service is up. What cannot be signed is told once, and
tried again and again; meanwhile the last one counts.
"""

import asyncio
import contextlib
from collections.abc import Mapping

from tanos.appliance import Appliance
from tanos.client_trust.messages import Signed, as_frame
from tanos.errors import TanosError
from tanos.faults import write_fault
from tanos.services.catalogue import TANIUM_SERVER
from tanos.services.frames import Frame
from tanos.services.line import Line, LineLost
from tanos.subordinate.signing_root import signing_root
from tanos.subordinate.telling import letters, message, write_letters
from tanos.supervising.process import Supervised

LOOK_SECONDS = 20.0
WHAT = "message"


class Messaging:
    """For the Tanium Server of one appliance."""

    def __init__(self, appliance: Appliance, services: Mapping[str, Supervised]) -> None:
        self._appliance, self._services = appliance, services
        self._given: tuple[Line, Frame] | None = None
        self._soon, self._trouble = asyncio.Event(), ""

    def look_soon(self) -> None:
        """Look as soon as whoever calls is done."""
        self._soon.set()

    async def keep(self) -> None:
        """Look until cancelled."""
        while self._appliance.identity.release.automatic_tls and TANIUM_SERVER.name in self._services:
            self._soon.clear()
            await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._soon.wait()
        await asyncio.Event().wait()

    async def look(self) -> None:
        """Have what is said signed where that is due, and hand it over where it is news."""
        try:
            words = words_for(self._appliance)
            self._trouble = ""
        except (TanosError, ValueError) as error:
            said = error.id if isinstance(error, TanosError) else str(error)
            if said != self._trouble:
                write_fault(self._appliance.home, "services", error)
            self._trouble = said
            return
        line = self._services[TANIUM_SERVER.name].line
        if line is None or words is None or self._given == (line, words):
            return
        with contextlib.suppress(LineLost, OSError):
            await line.ask(WHAT, **words)
            self._given = line, words


def words_for(appliance: Appliance) -> Frame | None:
    """Return what the Tanium Server is given; None where no root of 7.4 is here.

    Raises NotYet `busy`, Damaged `pki-damaged`, `root-damaged`; ValueError where it is too long.
    """
    write_letters(appliance)
    signed, root = message(appliance), signing_root(appliance)
    if signed is None or root is None:
        return None
    found = [{"root": code, **as_frame(each)} for code, each in letters(appliance)]
    return as_words(signed, root.check_code, found)


def as_words(signed: Signed, issuer: str, found: list[dict[str, str]]) -> Frame:
    """Return it as it goes over the line: with the root that signs, and letters, the earliest first."""
    return {"message": as_frame(signed), "issuer": issuer, "letters": found}
