"""A Module Server and what stands around it in one loop; its supervisor is a list."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from aiohttp import web

from tanos.services.catalogue import HTTP, HTTPS, SAMPLE
from tanos.services.frames import Frame
from tanos.services.line import Line
from tanos.services.module_server.program import ModuleServer
from tanos.services.module_server.sample import Sample
from tanos.services.orders import Orders
from tests.tanos.services.authority import authority

MS, TS, LOOPBACK = "ms1.lab.test", "ts1.lab.test", "127.0.0.1"


@cache
def pair(fqdn: str, number: int = 0) -> str:
    """Return a certificate and key; another `number` is another pair of the same authority."""
    del number
    return authority().pair(fqdn)


def certificate(text: str) -> str:
    """Return the certificate of a pair."""
    return text[: text.index("-----BEGIN PRIVATE")]


def order(name: str, pair_pem: str, port: int = 1) -> Frame:
    """Return what a service is told of one that registered."""
    return {"name": name, "host": LOOPBACK, "port": port, "pem": certificate(pair_pem)}


@dataclass
class Supervising:
    """A supervisor's end: what it answers, and what it was asked."""

    trusted: list[Frame] = field(default_factory=list)
    code: str = ""
    asked: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Of those who registered again."""
    told: list[str] = field(default_factory=list)

    async def ask(self, what: str, **words: Any) -> Frame:
        """Answer as the supervisor does."""
        self.asked.append(what)
        if what == "register":
            if not self.code or words["code"] != self.code:
                raise PermissionError("wrong-registration-code")
            self.code = ""
            self.trusted.insert(0, {name: words[name] for name in ("name", "host", "port", "pem")})
        if what == "register-again":
            self.names.append(words["name"])
        return {"trusted": self.trusted}

    def tell(self, what: str, **_: Any) -> None:
        """Take it."""
        self.told.append(what)


@dataclass
class Echo:
    """A module that tells what came."""

    reached: int = 0
    cuts: bool = False

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer."""
        self.reached += 1
        if self.cuts:
            cut = web.StreamResponse(headers={"Content-Length": "1000"})
            await cut.prepare(request)
            await cut.write(b"half")
            assert request.transport
            request.transport.abort()
            return cut
        body = (await request.read()).decode()
        return web.json_response(
            {"path": request.raw_path, "headers": dict(request.headers), "body": body, "method": request.method},
            headers={"X-Of-Module": "yes", "Connection": "X-Of-Module"},
        )


@dataclass
class Site:
    """What runs."""

    told: Supervising
    server: ModuleServer
    module: Echo
    orders: Orders

    @property
    def url(self) -> str:
        """Where the Module Server is."""
        return f"https://{LOOPBACK}:{self.server.ports[HTTPS]}"


@asynccontextmanager
async def site(trusted: Sequence[Frame] = (), until: float = 0.0) -> AsyncIterator[Site]:
    """Run a Module Server and a module for as long as the block lasts."""
    told, module = Supervising(list(trusted)), Echo()
    async with AsyncExitStack() as stack:
        port = await serve_http(stack, module)
        settings = {"trusted": told.trusted, "registering_until": until, "modules": {"echo": port, "gone": 1}}
        orders = Orders("taniummoduleserver", "ms1", MS, "7.3", LOOPBACK, {HTTPS: 0}, {"ssl": pair(MS)}, "", settings)
        server = ModuleServer(orders, cast(Line, told))
        stack.push_async_callback(server.close)
        server.open()
        yield Site(told, server, module, orders)


async def serve_http(stack: AsyncExitStack, module: Echo, context: ssl.SSLContext | None = None) -> int:
    """Serve until the stack ends; return the port."""
    web_server = web.Server(module.serve, access_log=None)
    stack.push_async_callback(web_server.shutdown, 0)
    listening = await asyncio.get_running_loop().create_server(web_server, LOOPBACK, 0, ssl=context)
    stack.callback(listening.close)
    return int(listening.sockets[0].getsockname()[1])


@asynccontextmanager
async def sample(told: Supervising) -> AsyncIterator[str]:
    """Run the sample module; yield its URL."""
    orders = Orders(SAMPLE.name, "ms1", MS, "7.3", LOOPBACK, {HTTP: 0})
    module = Sample(orders, cast(Line, told))
    await module.open()
    try:
        yield f"http://{LOOPBACK}:{module.ports[HTTP]}/plugin/{SAMPLE.name}/whoami"
    finally:
        await module.close()
