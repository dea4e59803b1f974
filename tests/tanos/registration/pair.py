"""A Tanium Server and a Module Server as their operators and the users of the console have them."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SOAP
from tanos.certificates.self_signed import self_signed
from tanos.keeper import keeper_of
from tanos.operation import Result, silent
from tanos.registration.at_module_server import MAKE_CODE
from tanos.registration.at_tanium_server import REGISTER_MODULE_SERVER
from tanos.secret import Secret
from tanos.services.catalogue import HTTPS, MODULE_SERVER, SAMPLE, TANIUM_SERVER
from tanos.services.control import ask_supervisor
from tanos.setup import init_appliance
from tanos.supervising.supervisor import Supervisor
from tests.conftest import MS1, TS1
from tests.tanos.keys.forms import LINE
from tests.tanos.services.conftest import supervising

PASSWORD = Secret("Zebra-Kettle-Lamp-41")
WHOAMI = f"/plugin/{SAMPLE.name}/whoami"


@dataclass
class Pair:
    """A Tanium Server and a Module Server that run."""

    ts: Appliance
    ms: Appliance
    at_ts: Supervisor
    at_ms: Supervisor
    directory: Path
    said: dict[str, Any] = field(default_factory=dict)
    """With what was registered last."""

    @property
    def console(self) -> int:
        """The port of the console."""
        return self.at_ts.services[TANIUM_SERVER.name].ports[HTTPS]

    @property
    def module_server(self) -> int:
        """The port of the Module Server."""
        return self.at_ms.services[MODULE_SERVER.name].ports[HTTPS]

    async def curl(self, *words: str, ok: bool = True) -> tuple[int, Any]:
        """Ask; return status and JSON; 0 where curl is refused."""
        command = ["curl", "-s", "--max-time", "20", "-w", "\n%{http_code}", *words]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
        text, _, status = done.stdout.rpartition("\n")
        assert ok == (done.returncode == 0), done
        return int(status), json.loads(text) if text.startswith("{") else text

    async def ask(self, path: str, *words: str, authority: Path | None = None, ok: bool = True) -> tuple[int, Any]:
        """Ask the Tanium Server, trusting the certificate that it was installed with."""
        where = f"{TS1.fqdn}:{self.console}"
        trust = authority or self.ts.certificates / "soap" / "current" / SOAP.certificate
        return await self.curl(
            "--cacert", str(trust), "--resolve", f"{where}:127.0.0.1", *words, f"https://{where}{path}", ok=ok
        )

    async def session(self) -> str:
        """Sign in to the API as seed 002 does; return what says so."""
        words = json.dumps({"username": "tanium", "domain": "", "password": PASSWORD.reveal().decode()})
        status, said = await self.ask("/api/v2/session/login", "--data-binary", words)
        assert status == 200
        return f"session: {said['data']['session']}"

    async def register(self, password: Secret = PASSWORD, **words: Any) -> Result:
        """Register from the Tanium Server, with a code of the Module Server's."""
        made = await do(self.ms, MAKE_CODE)
        self.said = {
            "address": f"127.0.0.1:{self.module_server}",
            "user": "tanium",
            "password": password,
            "code": Secret(made.data["code"]),
            "fingerprint": made.data["fingerprint"],
            **words,
        }
        return await do(self.ts, REGISTER_MODULE_SERVER, **self.said)


async def do(appliance: Appliance, operation: Any, **answers: Any) -> Result:
    """Do one operation to its end."""
    call = system_call(appliance, "test")
    done: Result = await operation.apply(call, await operation.prepare(call, **answers), silent)
    return done


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Pair]:
    """Run a pair, made anew."""
    async with AsyncExitStack() as stack:
        ts, ms = (
            init_appliance(
                directory / who.name, who, authorized_key=LINE.encode(), password=None, console_password=PASSWORD
            ).appliance
            for who in (TS1, MS1)
        )
        at_ts = await stack.enter_async_context(supervising(ts))
        at_ms = await stack.enter_async_context(supervising(ms))
        yield Pair(ts, ms, at_ts, at_ms, directory)


async def all_four_hops(pair: Pair, user: str) -> None:
    status, said = await pair.ask(WHOAMI, "-H", user)
    assert status == 200, said
    assert (said["module"], said["on"]) == (SAMPLE.name, MS1.fqdn)
    assert {**said["tanium_server"], "version": ""} == {
        "status": 200, "name": TS1.fqdn, "fqdn": TS1.fqdn, "release": "7.3", "version": "",
    }  # fmt: skip
    assert (await pair.ask(WHOAMI))[0] == 401


async def install(appliance: Appliance, kind: Any, service: str) -> None:
    """Replace a pair, and serve it."""
    key, certificate = self_signed(kind, appliance.identity.fqdn, (), appliance.clock())
    keeper_of(appliance).install_pair(kind.name, key, certificate, "test")
    await ask_supervisor(appliance, "restart", name=service)
