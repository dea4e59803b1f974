"""A console in this process, and who asks it with curl."""

import asyncio
import json
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tanos.services.catalogue import HTTPS
from tanos.services.frames import Frame
from tanos.services.line import Line
from tanos.services.orders import Orders
from tanos.services.tanium_server.https import Console
from tests.conftest import TS1
from tests.tanos.services.modules import MS, order
from tests.tanos.services.modules import pair as modules_pair

INFO: Frame = {
    "version": "1",
    "fqdn": TS1.fqdn,
    "role": "tanium-server",
    "release": "7.3",
    "segments": [{"segment": "clients", "tls": "optional", "using_tls": 2, "unencrypted": 1}],
    "certificates": [{"name": "SOAPServer.crt", "subject": "CN=<script>alert(1)</script>", "fingerprint": "AA:BB"}],
    "services": [{"name": "taniumserver", "running": True, "ports": {"https": 1}, "served": {}}],
}


@dataclass
class Reply:
    """What curl got."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def data(self) -> Any:
        """The JSON of it."""
        return json.loads(self.text)


@dataclass
class Desk:
    """A console that listens, and who asks it."""

    port: int
    authority: Path
    console: Console
    asked: list[tuple[str, Frame]] = field(default_factory=list)
    published: bool = False
    banner: str = ""
    revocations: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)

    async def curl(self, path: str, *words: str) -> Reply:
        """Ask, as seed 002 has API users do it."""
        command = ["curl", "-s", "-i", "--max-time", "20", "--cacert", str(self.authority), "--resolve",
                   f"{TS1.fqdn}:{self.port}:127.0.0.1", *words, f"https://{TS1.fqdn}:{self.port}{path}"]  # fmt: skip
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
        assert done.returncode == 0, (done.returncode, done.stderr)
        head, _, text = done.stdout.partition("\n\n")
        first, *lines = head.splitlines()
        headers = {name.casefold(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Reply(int(first.split()[1]), headers, text)

    async def log_in(self, user: str = "tanium", password: str = "right") -> Reply:
        """Sign in to the API."""
        words = json.dumps({"username": user, "domain": "", "password": password})
        return await self.curl("/api/v2/session/login", "-X", "POST", "--data-binary", words)


@asynccontextmanager
async def opened(pair: tuple[str, str], directory: Path) -> AsyncIterator[Desk]:
    """A console in this process, and a supervisor that answers its questions."""
    desk: Desk

    async def answer(what: str, words: Frame) -> Frame:
        desk.asked.append((what, words))
        if what in desk.answers:
            raise desk.answers[what]
        if what == "sign-in":
            roles = {"tanium": "Administrator", "ann": "Read Only User"}
            return {"role": roles[words["user"]]} if words["user"] in roles and words["password"] == "right" else {}
        if what == "banner":
            return {"banner": desk.banner}
        if what == "trusted":
            return {"trusted": [order(MS, modules_pair(MS))]}
        return {"published": desk.published} if what == "published" else dict(INFO)

    ours, theirs = socket.socketpair()
    supervisor, line = await Line.over(theirs, answer), await Line.over(ours, answer)
    reading = [asyncio.create_task(each.run()) for each in (supervisor, line)]
    orders = Orders("taniumserver", "ts1", TS1.fqdn, "7.3", "127.0.0.1", {HTTPS: 0})
    console = Console(orders, line, pair[0] + pair[1], lambda: {"hub1": True}, lambda: desk.revocations)
    authority = directory / "authority.pem"
    authority.write_text(pair[0])
    desk = Desk(console.open(), authority, console)
    try:
        yield desk
    finally:
        await console.close()
        line.close()
        await asyncio.gather(*reading)
