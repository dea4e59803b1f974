"""`tanium-sample`: a module that says who it is, and what its Tanium Server says to whoever asked.

Invariants: it listens on this machine alone, without TLS (seed 002). Its calls back go to a registered Tanium Server
that presents the very certificate of its registration, and show none: the API knows users by their sessions.
"""

import asyncio
import json
import logging
from typing import Any

from aiohttp import ClientError, ServerFingerprintMismatch, hdrs, web
from aiohttp.client_exceptions import ClientConnectorCertificateError, ClientSSLError

from tanos import __version__
from tanos.services.catalogue import HTTP
from tanos.services.frames import Frame
from tanos.services.line import Line, LineLost
from tanos.services.module_server.passing_on import CALLER, LIMITS, PLUGIN, refused
from tanos.services.module_server.trusting import Known, context_for, session_with
from tanos.services.orders import Orders

SESSION = "session"
"""The header by which a user of the API is known; it comes with what is handed on."""
ASKED_BACK, LONGEST_ANSWER, SECONDS = "/info", 256 * 1024, 10.0


class Sample:
    """The module."""

    def __init__(self, orders: Orders, line: Line) -> None:
        self._orders, self._line = orders, line
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        self._server = web.Server(self._serve, access_log=None, **LIMITS)
        self._listening: asyncio.Server | None = None
        self.ports: dict[str, int] = {}

    async def open(self) -> None:
        """Listen. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._server, self._orders.address, self._orders.ports[HTTP])
        self.ports = {HTTP: int(self._listening.sockets[0].getsockname()[1])}

    async def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.close()
        await self._server.shutdown(0)

    async def answer(self, what: str, words: Frame) -> Frame | None:
        """Have nothing to answer."""

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if (request.method, request.path) != ("GET", f"{PLUGIN}{self._orders.service}/whoami"):
            return refused(404, "not-found")
        said: dict[str, Any] = {"module": self._orders.service, "version": __version__, "on": self._orders.fqdn}
        try:
            async with asyncio.timeout(SECONDS):
                said["tanium_server"] = await self._called_back(request)
        except (ServerFingerprintMismatch, ClientConnectorCertificateError, ClientSSLError):
            return refused(502, "server-not-trusted")
        except (ClientError, TimeoutError, LineLost, OSError, ValueError):
            return refused(502, "server-unreachable")
        return web.json_response(said)

    async def _called_back(self, request: web.BaseRequest) -> dict[str, Any]:
        """Return what the Tanium Server that handed this on says to its sender."""
        caller = request.headers.get(CALLER, "")
        trusted = (await self._line.ask("trusted"))["trusted"]
        server = next((each for each in map(Known.read, trusted) if each.where == caller), None)
        if server is None:
            return {"problem": "not-registered"}
        headers = {SESSION: request.headers.get(SESSION, ""), hdrs.ACCEPT: "application/json"}
        async with (
            session_with(server) as session,
            session.get(
                f"https://{server.where}{ASKED_BACK}", headers=headers, ssl=context_for(server), allow_redirects=False
            ) as answer,
        ):
            data = await answer.content.read(LONGEST_ANSWER)
            return {"status": answer.status, "name": server.name, **_told(data if answer.status == 200 else b"{}")}


def _told(data: bytes) -> dict[str, Any]:
    info = json.loads(data)
    return {name: info[name] for name in ("fqdn", "release", "version") if name in info}


async def start(orders: Orders, line: Line) -> Sample:
    """Serve."""
    module = Sample(orders, line)
    await module.open()
    return module
