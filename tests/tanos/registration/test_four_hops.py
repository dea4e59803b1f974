"""User, Tanium Server, Module Server, module, and back to the Tanium Server (seed 002), by real processes.

Everybody who presents another certificate than the one that is kept is refused, at each hop.
"""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.loaded import read_certificate
from tanos.certificates.pair_kinds import SOAP, SSL
from tanos.certificates.self_signed import self_signed
from tanos.errors import AnswerRefused, NotYet
from tanos.keeper import keeper_of
from tanos.operation import Result, silent
from tanos.registration.at_module_server import JOIN, MAKE_CODE
from tanos.registration.at_tanium_server import REGISTER_MODULE_SERVER
from tanos.registration.install_cert import INSTALL_CERT
from tanos.registration.operations import EXPORT, FORGET, STATUS
from tanos.registration.trusted import must_register, own_certificate, trusted
from tanos.secret import Secret
from tanos.services.catalogue import HTTP, HTTPS, MODULE_SERVER, SAMPLE, TANIUM_SERVER
from tanos.services.control import ask_supervisor
from tanos.services.supervisor import Supervisor
from tanos.settings.setting import Component
from tanos.settings.values import effective
from tanos.setup import init_appliance
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


@pytest.mark.crash
async def test_the_four_hops_of_the_guide_and_every_wrong_certificate_on_them(tmp_path: Path) -> None:
    async with running(tmp_path) as pair:
        user = await pair.session()
        assert await pair.ask(WHOAMI, "-H", user) == (503, {"error": "no-module-server"})
        await nobody_registers_by_himself(pair)
        assert str((await pair.register()).title) == "Successfully completed registration."
        assert effective(pair.ts, Component.SERVER)["ModuleServerPort"] == pair.module_server
        assert [each.name for each in trusted(pair.ms)] == [TS1.fqdn]
        assert [each.name for each in trusted(pair.ts)] == [MS1.fqdn]
        with pytest.raises(NotYet, match="no-registration-open"):
            await do(pair.ts, REGISTER_MODULE_SERVER, **pair.said)
        await all_four_hops(pair, user)
        await wrong_certificates(pair, user)
        await replaced(pair, user)


async def all_four_hops(pair: Pair, user: str) -> None:
    status, said = await pair.ask(WHOAMI, "-H", user)
    assert status == 200, said
    assert (said["module"], said["on"]) == (SAMPLE.name, MS1.fqdn)
    assert {**said["tanium_server"], "version": ""} == {
        "status": 200, "name": TS1.fqdn, "fqdn": TS1.fqdn, "release": "7.3", "version": "",
    }  # fmt: skip
    assert (await pair.ask(WHOAMI))[0] == 401


async def nobody_registers_by_himself(pair: Pair) -> None:
    for words in ({"code": Secret("AAAAA-BBBBB-CCCCC-DDDDD")}, {"password": Secret("wrong")}):
        with pytest.raises(AnswerRefused, match=r"registration-refused|console-sign-in-refused"):
            await pair.register(**words)
    with pytest.raises(AnswerRefused, match="fingerprint-mismatch"):
        await pair.register(fingerprint="AA" * 32)
    assert not trusted(pair.ms)
    assert not trusted(pair.ts)


async def wrong_certificates(pair: Pair, user: str) -> None:
    key, other = self_signed(SOAP, TS1.fqdn, (), pair.ts.clock())
    stranger, cert = pair.directory / "stranger.pem", pair.directory / "stranger.crt"
    stranger.write_bytes(key + other)
    cert.write_bytes(other)
    assert await pair.ask(WHOAMI, "-H", user, authority=cert, ok=False) == (0, "")
    direct = f"https://127.0.0.1:{pair.module_server}{WHOAMI}"
    assert await pair.curl("-k", direct, ok=False) == (0, "")
    assert await pair.curl("-k", "--cert", str(stranger), direct, ok=False) == (0, "")
    with pretending(pair.ts, other):
        assert await pair.ask(WHOAMI, "-H", user) == (502, {"error": "not-trusted"})
    with pretending(pair.ms, other):
        assert await pair.ask(WHOAMI, "-H", user) == (502, {"error": "server-not-trusted"})
    port = pair.at_ms.services[SAMPLE.name].ports[HTTP]
    assert (await pair.curl(f"http://127.0.0.1:{port}{WHOAMI}"))[1]["tanium_server"] == {"problem": "not-registered"}
    assert await pair.curl(f"http://127.0.0.2:{port}{WHOAMI}", ok=False) == (0, "")
    await all_four_hops(pair, user)


@contextmanager
def pretending(appliance: Appliance, certificate: bytes) -> Iterator[None]:
    """Have another certificate be the trusted one, for who looks it up."""
    (known,) = trusted(appliance)
    for text in (certificate.decode(), known.pem):
        with appliance.store.change(system_call(appliance, "test")) as change:
            change.execute("UPDATE trusted_certificates SET pem = ?", text)
        if text != known.pem:
            yield


async def replaced(pair: Pair, user: str) -> None:
    """Whatever is replaced has to be registered again, from either side; until then nothing goes through."""
    assert not (*must_register(pair.ts), *must_register(pair.ms))
    with pytest.raises(AnswerRefused, match="missing-file"):
        await do(pair.ms, INSTALL_CERT)
    key, certificate = self_signed(SSL, MS1.fqdn, (), pair.ms.clock())
    (pair.ms.incoming / SSL.certificate).write_bytes(certificate)
    (pair.ms.incoming / SSL.key).write_bytes(key)
    done = await do(pair.ms, INSTALL_CERT)
    assert (
        done.data["served"]["fingerprint"] == done.data["fingerprint"] == fingerprint(read_certificate(certificate))
    )
    assert not (pair.ms.incoming / SSL.key).exists()
    (warning,) = must_register(pair.ms)
    assert done.findings == (warning,)
    assert (warning.id, str(warning.message)) == (
        "re-register", f"{TS1.fqdn} must be re-registered: ssl.crt was replaced since."
    )  # fmt: skip
    assert await pair.ask(WHOAMI, "-H", user) == (502, {"error": "not-trusted"})
    shown = own_certificate(pair.ts)
    assert shown
    told = {"user": "tanium", "password": PASSWORD, "fingerprint": fingerprint(shown)}
    joined = await do(pair.ms, JOIN, address=f"127.0.0.1:{pair.console}", **told)
    assert str(joined.title) == "Successfully completed registration."
    await all_four_hops(pair, user)
    await install(pair.ts, SOAP, TANIUM_SERVER.name)
    assert (await STATUS.read(system_call(pair.ts, "test"))).data["trusted"][0]["must_register"]
    user = await pair.session()
    assert (await pair.ask(WHOAMI, "-H", user))[0] == 502
    await pair.register()
    await all_four_hops(pair, user)
    assert not (*must_register(pair.ts), *must_register(pair.ms))
    await do(pair.ms, EXPORT)
    assert (pair.ms.outgoing / "trusted.crt").read_text() == trusted(pair.ms)[0].pem
    await do(pair.ms, FORGET, name=TS1.fqdn)
    assert (await pair.ask(WHOAMI, "-H", user))[0] == 502
    await do(pair.ts, FORGET, name=MS1.fqdn)
    assert (await pair.ask(WHOAMI, "-H", user)) == (503, {"error": "no-module-server"})


async def install(appliance: Appliance, kind: Any, service: str) -> None:
    """Replace a pair, and serve it."""
    key, certificate = self_signed(kind, appliance.identity.fqdn, (), appliance.clock())
    keeper_of(appliance).install_pair(kind.name, key, certificate, "test")
    await ask_supervisor(appliance, "restart", name=service)
