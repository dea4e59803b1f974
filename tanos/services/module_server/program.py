"""The Module Server's process: HTTPS from registered Tanium Servers, plain HTTP to modules on this machine.

Invariants: whoever does not present the very certificate of a registered Tanium Server is let go before a word is
read. The one exception has its time: while an operator here has opened a registration, who shows no certificate may
say the code, and nothing else. Whether a code is right is decided by the supervisor, which alone can write it down.
"""

import asyncio
import hashlib
import hmac
import json
import ssl
import time
from dataclasses import replace
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

from tanos.services.catalogue import HTTPS
from tanos.services.frames import Frame
from tanos.services.line import Line, LineLost
from tanos.services.module_server.gate import Gate
from tanos.services.module_server.passing_on import CALLER, LIMITS, PLUGIN, pass_on, refused
from tanos.services.module_server.quiet_web import QuietServer
from tanos.services.module_server.trusting import CONNECT_SECONDS, SILENT_SECONDS, Known, demanding, owner
from tanos.services.orders import Orders
from tanos.services.web_listener import WebListener

REGISTER = "/register"
LONGEST_REGISTRATION, REGISTRATION_SECONDS = 16 * 1024, 10.0
_RUBBISH = (ValueError, KeyError, TypeError, RecursionError, OverflowError, ConnectionError, web.RequestPayloadError)
_HEADERS = {"Server": "tanos", "X-Content-Type-Options": "nosniff"}


class ModuleServer:
    """One Module Server."""

    def __init__(self, orders: Orders, line: Line) -> None:
        self._orders, self._line = orders, line
        self._known: tuple[Known, ...] = ()
        self._open_until = 0.0
        self._since = str(time.time_ns())
        """By it who registers anew sees that this process is another one than before."""
        self._closing: asyncio.TimerHandle | None = None
        self._trusted = QuietServer(self._serve, _HEADERS, access_log=None, auto_decompress=False, **LIMITS)
        self._strangers = QuietServer(self._serve_stranger, _HEADERS, access_log=None, **LIMITS)
        timeout = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
        self._modules = ClientSession(timeout=timeout, auto_decompress=False)
        self._listener: WebListener | None = None
        self.ports: dict[str, int] = {}

    def open(self) -> None:
        """Listen. Raises OSError, ssl.SSLError."""
        context = self._take(self._orders)
        self._listener = WebListener(context, lambda: Gate(self._admit))
        self._listener.open(self._orders.address, self._orders.ports[HTTPS])
        self.ports = {HTTPS: self._listener.port}

    async def close(self) -> None:
        """Listen no more."""
        if self._closing is not None:
            self._closing.cancel()
        if self._listener is not None:
            await self._listener.close()
        await asyncio.gather(self._trusted.shutdown(0), self._strangers.shutdown(0), self._modules.close())

    async def answer(self, what: str, words: Frame) -> Frame | None:
        """Go on by other orders, without letting go of anybody who is still known."""
        if what != "renew" or self._listener is None:
            return None
        self._renew(Orders(**words))
        return {"renewed": True}

    def _renew(self, orders: Orders) -> None:
        assert self._listener is not None
        self._listener.present(self._take(orders))

    def _take(self, orders: Orders) -> ssl.SSLContext:
        """Take orders; return what is presented by them."""
        settings = orders.settings
        self._orders = orders
        self._known = tuple(Known.read(each) for each in settings.get("trusted", ()))
        self._open_until = float(settings.get("registering_until", 0))
        if self._closing is not None:
            self._closing.cancel()
        left = self._open_until - time.time()
        self._closing = asyncio.get_running_loop().call_later(left, self._end_registration) if left > 0 else None
        return demanding(orders.pairs["ssl"], self._known, is_open=left > 0)

    def _end_registration(self) -> None:
        self._renew(self._orders)

    def _admit(self, shown: bytes | None) -> asyncio.Protocol | None:
        if shown is None:
            return self._strangers() if time.time() < self._open_until else None
        return self._trusted() if owner(shown, self._known) else None

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Hand on what a registered Tanium Server asks, if it still is one."""
        assert self._listener is not None
        transport = request.transport
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True) if transport else None
        caller = owner(shown, self._known, request.headers.get(CALLER, ""))
        if caller is None:
            if transport is not None:
                transport.close()
            return refused(403, "not-trusted")
        if (request.method, request.raw_path) == ("POST", REGISTER):
            return await self._register_again(request, shown or b"")
        port = self._orders.settings.get("modules", {}).get(_module(request.raw_path), 0)
        if not port:
            return refused(404, "no-such-module")
        with self._listener.at_work(transport):
            return await pass_on(request, self._modules, f"http://127.0.0.1:{port}", own={CALLER: caller.where})

    async def _serve_stranger(self, request: web.BaseRequest) -> web.StreamResponse:
        """Take a registration: a code that an operator here made, and who says it."""
        if (request.method, request.raw_path) != ("POST", REGISTER):
            return refused(403, "not-registered")
        try:
            async with asyncio.timeout(REGISTRATION_SECONDS):
                words = await _words(request)
                answer = await self._line.ask("register", **words, host=str(request.remote))
        except PermissionError as error:
            return refused(403, str(error))
        except _RUBBISH:
            return refused(400, "not-understood")
        except (LineLost, TimeoutError):
            return refused(503, "busy")
        self._trust(answer, registering_until=0)
        return web.json_response({"registered": self._orders.fqdn})

    async def _register_again(self, request: web.BaseRequest, shown: bytes) -> web.StreamResponse:
        """Take another certificate of a Tanium Server that shows the one that is trusted; then all services restart.

        Where it shows that very certificate it is told since when this process runs, and nothing changes.
        """
        try:
            async with asyncio.timeout(REGISTRATION_SECONDS):
                words = await _words(request)
                is_known = hmac.compare_digest(ssl.PEM_cert_to_DER_cert(words["pem"]), shown)
                caller = owner(shown, self._known, words["name"])
                if caller is None or caller.name != words["name"]:
                    return refused(403, "not-registered")
                if not is_known:
                    words |= {
                        "shown": hashlib.sha256(shown).digest().hex(":").upper(),
                        "host": str(request.remote),
                    }
                    self._trust(await self._line.ask("register-again", **words))
        except PermissionError as error:
            return refused(403, str(error))
        except _RUBBISH:
            return refused(400, "not-understood")
        except (LineLost, TimeoutError):
            return refused(503, "busy")
        answer = web.json_response({"registered": self._orders.fqdn, "since": self._since})
        try:
            await answer.prepare(request)
            await answer.write_eof()
        finally:
            if not is_known:
                self._line.tell("restart")
        return answer

    def _trust(self, answer: Frame, **settings: Any) -> None:
        known = {**self._orders.settings, "trusted": answer["trusted"], **settings}
        self._renew(replace(self._orders, settings=known))


def _module(path: str) -> str:
    """Return the module that a path names, empty where it names none."""
    return path.removeprefix(PLUGIN).split("/", 1)[0].split("?", 1)[0] if path.startswith(PLUGIN) else ""


async def _words(request: web.BaseRequest) -> dict[str, Any]:
    data = b""
    async for part in request.content.iter_chunked(LONGEST_REGISTRATION):
        data += part
        if len(data) > LONGEST_REGISTRATION:
            raise ValueError("too long")
    said = json.loads(data)
    if not isinstance(said, dict):
        raise TypeError("no object")
    return {"code": str(said["code"]), "name": str(said["name"]), "port": int(said["port"]), "pem": str(said["pem"])}


async def start(orders: Orders, line: Line) -> ModuleServer:
    """Serve."""
    server = ModuleServer(orders, line)
    server.open()
    return server
