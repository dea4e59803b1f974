"""The supervisor's part in server TLS keys: made, asked for, renewed and dropped by themselves, presented at once.

Invariants: what a root states goes out before anything is signed below it; the Tanium Server itself follows once the
zone servers that are connected know that root, or did not say so in time. Nobody's connection ends because a key is
there. What fails is told once, and tried again and again; it is decided anew each time, by what lies here.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from cryptography.x509 import Certificate

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, TanosError
from tanos.faults import write_fault
from tanos.keeper import keeper_of
from tanos.roots.trusted import trusted_pem
from tanos.services.catalogue import REPORTING_SERVICES, ZONE_SERVER
from tanos.services.key_words import ASKED
from tanos.services.line import Line, LineLost
from tanos.subordinate.glance import has_pair
from tanos.subordinate.held import by_root, held_keys, is_revoked, roots_in_use, serving_keys
from tanos.subordinate.holders import waited_for
from tanos.subordinate.letters import letters, write_letters
from tanos.subordinate.own import ask_for, drop, make_own, take, wanted_roots
from tanos.subordinate.zones import encoded
from tanos.supervising.process import Supervised

PRESENT = "present"
VERB, LETTERS_VERB, DROP_VERB = "subordinate-keys renew", "root-letter write", "subordinate-keys drop"
LOOK_SECONDS, SHORTEST_PAUSE = 20.0, 0.5
_Given = tuple[Line, str, str, tuple[str, ...]]


class ServerKeys:
    """Of one appliance."""

    def __init__(
        self,
        appliance: Appliance,
        services: Mapping[str, Supervised],
        connected: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """`connected` gives the zone servers to which the hub is connected."""
        self._appliance, self._services, self._connected = appliance, services, connected
        self._given: dict[str, _Given] = {}
        self._soon, self._one_at_a_time = asyncio.Event(), asyncio.Lock()
        self._troubles: dict[str, str] = {}
        """What keeps a step from being done, as far as it was told."""

    @property
    def is_needed(self) -> bool:
        """Whether servers of this release have such keys."""
        return self._appliance.identity.release.automatic_tls and any(
            name in self._services for name in REPORTING_SERVICES
        )

    def look_soon(self) -> None:
        """Look as soon as whoever calls is done."""
        self._soon.set()

    async def keep(self) -> None:
        """Look until cancelled."""
        pause = SHORTEST_PAUSE
        while self.is_needed:
            self._soon.clear()
            pause = LOOK_SECONDS if await self.look() else min(2 * pause, LOOK_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._soon.wait()
                    pause = SHORTEST_PAUSE
        await asyncio.Event().wait()

    def begin(self) -> None:
        """At a Tanium Server, before its services start: have what they present."""
        with self._told_once(VERB):
            if self.is_needed and keeper_of(self._appliance).holds_root():
                write_letters(self._call(LETTERS_VERB))
                self.make_own()

    async def look(self) -> bool:
        """Do what is due, have whatever changed presented; say whether nothing is left to be done."""
        async with self._one_at_a_time:
            return await self._look()

    async def _look(self) -> bool:
        with self._told_once(VERB):
            if keeper_of(self._appliance).holds_root():
                write_letters(self._call(LETTERS_VERB))
                await self._present()
                self.make_own()
            else:
                await self._ask()
        with self._told_once(DROP_VERB):
            drop(self._call(DROP_VERB))
        is_done = False
        with self._told_once(PRESENT):
            is_done = await self._present() and not wanted_roots(self._appliance)
        return is_done and not self._troubles

    def make_own(self) -> None:
        """At a Tanium Server: make its own keys. Raises TanosError."""
        appliance, connected = self._appliance, self._connected()
        is_first = not held_keys(appliance, roots_in_use(appliance))
        due = [root for root in wanted_roots(appliance) if is_first or not waited_for(appliance, root, connected)]
        make_own(self._call(VERB), due)

    async def _ask(self) -> None:
        """At a zone server: ask for the keys that are wanted, each by itself. Raises TanosError of the first.

        Who has no pair at all waits for a hub that meets it: no key is made for a hub that may never come.
        """
        if not has_pair(self._appliance):
            return
        failed: list[TanosError] = []
        for root in wanted_roots(self._appliance):
            try:
                await self._ask_for(root)
            except TanosError as error:
                failed.append(error)
        if failed:
            raise failed[0]

    async def _ask_for(self, root: Certificate) -> None:
        line = self._services[ZONE_SERVER.name].line
        if line is None:
            return
        wanted = ask_for(self._appliance, root)
        words = {"root": wanted.root_code, "request": encoded(wanted.request.der)}
        try:
            pem = (await line.ask(ASKED, **words)).get("certificate")
        except (LineLost, OSError):
            return
        if isinstance(pem, str):
            take(self._call(VERB), wanted, pem)

    async def _present(self) -> bool:
        """Have every service that runs go by what lies here now; say whether each does. Raises TanosError."""
        wanted, all_do = presentable(self._appliance), True
        for name in REPORTING_SERVICES:
            each = self._services.get(name)
            if each is None or each.line is None:
                continue
            given: _Given = (each.line, *wanted)
            if self._given.get(name) != given:
                if await each.renew():
                    self._given[name] = given
                else:
                    all_do = False
        return all_do

    def _call(self, verb: str) -> Call:
        return system_call(self._appliance, verb)

    @contextlib.contextmanager
    def _told_once(self, step: str) -> Iterator[None]:
        try:
            yield
            self._troubles.pop(step, None)
        except Exception as error:
            said = error.id if isinstance(error, TanosError) else type(error).__name__
            if said != self._troubles.get(step):
                write_fault(self._appliance.home, "services", error)
            self._troubles[step] = said


def presentable(appliance: Appliance) -> tuple[str, str, tuple[str, ...]]:
    """Return what services go by, but for private keys: roots, letters, own certificates. Raises TanosError."""
    held = held_keys(appliance, roots_in_use(appliance))
    good = tuple(each.pem for each in held if not is_revoked(appliance, each))
    return trusted_pem(appliance), letters(appliance), good


def orders_of_keys(appliance: Appliance) -> dict[str, Any]:
    """Return what a service is told of server TLS keys when it starts; nothing where it cannot be read."""
    if not appliance.identity.release.automatic_tls:
        return {}
    try:
        keys = serving_keys(appliance, roots_in_use(appliance))
        return {"by_root": by_root(keys), "letters": letters(appliance)}
    except (TanosError, AnswerRefused):
        return {}
