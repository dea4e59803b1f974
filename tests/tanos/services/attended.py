"""The supervisor's end as it is: a line for each service over a socket, who attends to it, and the store."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from tanos.appliance import Appliance
from tanos.services.catalogue import TANIUM_SERVER, ZONE_SERVER, ZONE_SERVER_HUB, Service
from tanos.services.frames import Frame
from tanos.services.line import Line
from tanos.supervising.attending import Attending
from tanos.supervising.process import Supervised
from tests.tanos.services.segments import Told

_TELLS = {"segments": ZONE_SERVER_HUB}


@dataclass
class Attended(Told):
    """What a service said went over its line, and was attended to before it is known here."""

    lines: dict[str, Line] = field(default_factory=dict)
    """The service's ends."""

    async def ask(self, what: str, **words: Any) -> Frame:
        """Ask as the Tanium Server does, which alone asks."""
        answer = await self.lines[TANIUM_SERVER.name].ask(what, **words)
        await super().ask(what, **words)
        return answer

    def tell(self, what: str, **words: Any) -> None:
        """Tell as who tells such things does."""
        self.lines[_TELLS.get(what, ZONE_SERVER).name].tell(what, **words)
        super().tell(what, **words)


@asynccontextmanager
async def attended(appliance: Appliance) -> AsyncIterator[Attended]:
    """Attend for as long as the block lasts; whatever came, all of it is still at work then."""
    attending, told, lines = Attending(appliance), Attended(), list[Line]()
    working = [asyncio.create_task(attending.keep())]
    for service in (TANIUM_SERVER, ZONE_SERVER_HUB, ZONE_SERVER):
        for end in await _line(attending, service):
            lines.append(end)
            working.append(asyncio.create_task(end.run()))
        told.lines[service.name] = lines[-1]
    try:
        yield told
        ended = [task for task in working if task.done()]
    finally:
        for line in lines:
            line.close()
        working[0].cancel()
        await asyncio.gather(*working, return_exceptions=True)
    assert not ended


async def _line(attending: Attending, service: Service) -> tuple[Line, Line]:
    """Return the supervisor's end and the service's."""
    ours, theirs = socket.socketpair()
    asker = cast(Supervised, SimpleNamespace(service=service))

    async def answer(what: str, words: Frame) -> Frame | None:
        return await attending.answer(asker, what, words)

    async def nothing(_: str, __: Frame) -> None:
        return None

    return await Line.over(ours, answer), await Line.over(theirs, nothing)
