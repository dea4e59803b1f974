"""What the supervisor answers to services, each of which knows nothing else of the appliance.

Invariants: a service is answered only what its row here says it may ask. What clients and servers report is no
operator's doing: it is kept without an audit record, many reports in one transaction, the latest of each last.
"""

import asyncio
import contextlib
from base64 import b64decode
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.exchange.complete import complete_seen
from tanos.faults import broken, write_fault
from tanos.registration.orders import register, register_again, register_module_server, tell_trusted
from tanos.revocation.lists import TAKE_VERB, take_list
from tanos.services import registered
from tanos.services.catalogue import MODULE_SERVER, SAMPLE, TANIUM_SERVER, ZONE_SERVER, ZONE_SERVER_HUB
from tanos.services.certifying import granted
from tanos.services.frames import BadFrame, Frame
from tanos.services.hub_ways import write_ways
from tanos.services.key_words import ASKED, LETTERS, SIGNED, WANTED
from tanos.services.revocations import WHAT, Gathering
from tanos.subordinate.holders import VERB as HOLDERS_VERB
from tanos.subordinate.holders import forget_all_but
from tanos.subordinate.intermediates import VERB, sign_intermediate
from tanos.supervising.console_answers import ConsoleAnswers
from tanos.supervising.key_answers import KeyAnswers
from tanos.supervising.partnering import Partnering

if TYPE_CHECKING:
    from tanos.supervising.process import Supervised

FLUSH_SECONDS, RETRY_SECONDS = 0.2, 5.0
FORGET_EVERY = 10_000
"""Reports between two looks at how many are kept."""
MOST_WAITING = 4096
"""Reports that are held while the disk takes none."""

Restart = Callable[[], Coroutine[None, None, None]]
Answers = Mapping[str, Callable[["Attending", Frame], Awaitable[Frame | None]]]


class Attending:
    """For all services of one appliance."""

    def __init__(
        self, appliance: Appliance, standings: Callable[[], list[Frame]] = list, restart: Restart | None = None
    ) -> None:
        """`restart` has all services here restarted."""
        self.appliance, self._restart = appliance, restart
        self._restarting: asyncio.Task[None] | None = None
        self._reports: dict[tuple[str, str], Frame] = {}
        self._segments: list[Frame] = []
        """Of which it is not written down yet that they were seen; the hub tells only what changed."""
        self._came, self._written = asyncio.Event(), asyncio.Event()
        self._written_since = 0
        self._lists = Gathering()
        self.keys = KeyAnswers(appliance)
        self.connected: frozenset[str] = frozenset()
        """Zone servers to which the hub is connected."""
        self.console = ConsoleAnswers(appliance, standings)
        self.partnering = Partnering(appliance)

    async def answer(self, asker: "Supervised", what: str, words: Frame) -> Frame | None:
        """Answer one question, or take one report."""
        handle = MAY_ASK.get(asker.service.name, {}).get(what)
        try:
            return await handle(self, words) if handle else None
        except TanosError:
            raise
        except Exception as error:
            raise broken(self.appliance.home, f"services {what}", error) from error

    async def reports(self, words: Frame) -> None:
        """Take what is true of clients and servers now; while too much waits for the disk, more is not taken."""
        for one in words["reports"]:
            self._reports[str(one["kind"]), str(one["id"])] = one
        self._came.set()
        if len(self._reports) >= MOST_WAITING:
            self._written.clear()
            await self._written.wait()

    async def segments(self, words: Frame) -> None:
        """See which certificates are served: their exchanges are complete; note where TLS failed."""
        write_ways(self.appliance, words["segments"])
        self._segments = words["segments"]
        there = (each for each in self._segments if each.get("connected") is True and not each.get("server"))
        self.connected = frozenset(str(each["to"]) for each in there)
        with contextlib.suppress(TanosError):  # it is done with the next change
            zones = [str(each["to"]) for each in self._segments if not each.get("server")]
            forget_all_but(system_call(self.appliance, HOLDERS_VERB), zones)
        if not self._complete():
            self._came.set()

    async def trusted(self, _: Frame) -> Frame:
        """Tell whose certificates are trusted here."""
        return tell_trusted(self.appliance)

    async def register(self, words: Frame) -> Frame:
        """Trust a Tanium Server that says the code. Raises AnswerRefused."""
        return register(self.appliance, words)

    async def register_again(self, words: Frame) -> Frame:
        """Trust another certificate of a Tanium Server that is trusted. Raises AnswerRefused."""
        return register_again(self.appliance, words)

    async def restart(self, _: Frame) -> None:
        """Have all services restarted, the one that asks among them: so it is not awaited."""
        if self._restart is not None and (self._restarting is None or self._restarting.done()):
            self._restarting = asyncio.create_task(self._restart())

    async def register_module_server(self, words: Frame) -> Frame:
        """Trust a Module Server that an Administrator of the console registers. Raises AnswerRefused."""
        return register_module_server(self.appliance, words)

    async def revocations(self, words: Frame) -> None:
        """Keep a list that a zone server was given; it comes in parts. Raises AnswerRefused `bad-list`."""
        with contextlib.suppress(BadFrame):
            if whole := self._lists.take(words):
                take_list(system_call(self.appliance, TAKE_VERB), whole)

    async def intermediate(self, words: Frame) -> Frame:
        """Have the intermediate key of a server signed. Raises AnswerRefused, NotYet."""
        try:
            request = b64decode(str(words["request"]), validate=True)
        except ValueError:
            request = b""
        return granted(sign_intermediate(system_call(self.appliance, VERB), request, str(words["holder"])))

    async def keep(self) -> None:
        """Write reports down until cancelled, and the rest then."""
        try:
            while True:
                await self._came.wait()
                await asyncio.sleep(FLUSH_SECONDS if self._flush() else RETRY_SECONDS)
        finally:
            self._flush()

    def _complete(self) -> bool:
        """Write down which exchanges are complete; say whether the store took it."""
        try:
            complete_seen(self.appliance, self._segments)
        except TanosError as error:
            write_fault(self.appliance.home, "services", error)
            return False
        self._segments = []
        return True

    def _flush(self) -> bool:
        """Write down what came, or hold it for a store that takes it later; return whether it is held no longer.

        What cannot be written at all is a fault, and nobody waits for it.
        """
        try:
            registered.write(self.appliance, list(self._reports.values()))
            self._written_since += len(self._reports)
            if self._written_since >= FORGET_EVERY:
                registered.forget(self.appliance)
                self._written_since = 0
        except TanosError as error:
            write_fault(self.appliance.home, "services", error)
            return False
        except Exception as error:
            write_fault(self.appliance.home, "services", error)
        self._reports.clear()
        self._written.set()
        if not self._complete():
            return False
        self._came.clear()
        return True


MAY_ASK: dict[str, Answers] = {
    TANIUM_SERVER.name: {
        "reports": Attending.reports,
        "sign-in": lambda attending, words: attending.console.sign_in(words),
        "info": lambda attending, words: attending.console.info(words),
        "banner": lambda attending, words: attending.console.banner(words),
        "published": lambda attending, words: attending.console.published(words),
        "trusted": Attending.trusted,
        "intermediate": Attending.intermediate,
        "register-module-server": Attending.register_module_server,
        "visited": lambda attending, words: attending.partnering.visited(words),
        "trust-say": lambda attending, words: attending.partnering.say(words),
        "trust-hear": lambda attending, words: attending.partnering.hear(words),
        "synchronise": lambda attending, words: attending.partnering.synchronise(words),
    },
    ZONE_SERVER.name: {
        WHAT: Attending.revocations,
        LETTERS: lambda attending, words: attending.keys.letters(words),
        WANTED: lambda attending, words: attending.keys.wanted(words),
        SIGNED: lambda attending, words: attending.keys.signed(words),
    },
    ZONE_SERVER_HUB.name: {
        "segments": Attending.segments,
        ASKED: lambda attending, words: attending.keys.of_zone(words),
    },
    MODULE_SERVER.name: {
        "register": Attending.register,
        "register-again": Attending.register_again,
        "restart": Attending.restart,
    },
    SAMPLE.name: {"trusted": Attending.trusted},
}
