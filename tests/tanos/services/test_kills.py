"""Whatever is killed of an appliance that is served comes back by itself, at its port, and its clients with it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.services import served as look
from tanos.services.catalogue import HTTPS, PLATFORM, TANIUM_SERVER, ZONE_SERVER
from tanos.services.client.client import Client, Who
from tanos.services.client.settings import ClientSettings
from tanos.services.connecting import Target
from tanos.services.control import ask_supervisor
from tanos.services.frames import Frame
from tanos.services.orders import REMEMBERED
from tanos.services.protocol import OLD
from tanos.services.tls import platform_client
from tanos.supervising import process
from tests.sftp.door.processes import is_alive
from tests.tanos.services.conftest import LOOPBACK, supervising, until

ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
KINDS = ("tanos-service", "tanos-template", "tanos-services", "tanos-keeper")
"""As processes call themselves: a service, what services are forked from, the supervisor, who opens private keys."""

WATCHING = ("tanos-services", "tanos-standby", "tanos-watch")
"""The supervisor, who stands by, who watches."""


@dataclass
class Served:
    """An appliance that is served, and a client of its Tanium Server."""

    appliance: Appliance
    pid: int
    client: Client

    @property
    def ports(self) -> dict[str, int]:
        """Where the Tanium Server listens."""
        known: dict[str, dict[str, int]] = json.loads((self.appliance.run / REMEMBERED).read_text())
        return known[TANIUM_SERVER.name]

    def processes(self, kind: str) -> set[int]:
        """Return those of a kind."""
        return {pid for pid in _below(self.pid) if _name(pid) == kind}

    def watching(self) -> set[int]:
        """Return who watches the services, who stands by, and what they watch: whosever children they are by now."""
        found = {int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()}
        return {pid for pid in found if _name(pid) in WATCHING and str(self.appliance.home) in _command(pid)}

    async def is_well(self) -> None:
        """Wait until every service runs, the console answers, and the client has registered anew."""
        async with asyncio.timeout(60):
            while not await _all_run(self.appliance):  # noqa: ASYNC110 - what is waited for is in other processes
                await asyncio.sleep(0.05)
        registered = self.client.registrations
        await until(lambda: self.client.registrations > registered)
        await asyncio.to_thread(self._console_answers)

    def _console_answers(self) -> None:
        authority = self.appliance.certificates / "soap" / "current" / "SOAPServer.crt"
        command = ["curl", "-sf", "--max-time", "20", "--cacert", str(authority)]
        subprocess.run([*command, f"https://localhost:{self.ports[HTTPS]}/"], check=True, capture_output=True)


async def _all_run(appliance: Appliance) -> bool:
    with suppress(Exception):
        told: Frame = await ask_supervisor(appliance, "list")
        return all(each["running"] for each in told["services"])
    return False


@asynccontextmanager
async def served(appliance: Appliance) -> AsyncIterator[Served]:
    """Serve it for as long as the block lasts, as its program does."""
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "menus", "serve", str(appliance.home),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        assert (await serving.stdout.readline()).startswith(b"listening")
        async with asyncio.timeout(60):
            while not await _all_run(appliance):  # noqa: ASYNC110 - what is waited for is in other processes
                await asyncio.sleep(0.05)
        context = platform_client((appliance.root / "tanium.pub").read_text())
        settings = ClientSettings(OLD, None, {"ReportingTLSMode": 1})
        target = Target("ts1.lab.test", LOOPBACK, _remembered(appliance)[TANIUM_SERVER.name][PLATFORM])
        client = Client(Who("pc1", "7.2"), target, settings, context, reset=(0.1, 0.2))
        keeping = asyncio.create_task(client.keep())
        try:
            yield Served(appliance, serving.pid, client)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    finally:
        serving.terminate()
        assert await serving.wait() == 0


@pytest.mark.crash
@pytest.mark.parametrize("rounds", [1, pytest.param(8, marks=pytest.mark.soak)])
async def test_each_process_behind_the_services_is_killed_and_all_come_back_where_they_were(
    server: Appliance, rounds: int
) -> None:
    async with served(server) as here:
        await here.is_well()
        ports = here.ports
        for kind in KINDS * rounds:
            killed = here.processes(kind)
            assert killed, kind
            for each in killed:
                with suppress(ProcessLookupError):  # it went with another one of them
                    os.kill(each, signal.SIGKILL)
            await until(partial(_are_gone, killed))
            await here.is_well()
            assert here.ports == ports, kind
        everyone = set(_below(here.pid))
    await until(partial(_are_gone, everyone))


@pytest.mark.crash
async def test_who_watches_is_watched_the_services_come_back_and_whoever_is_signed_in_stays(
    server: Appliance,
) -> None:
    async with served(server) as here:
        await here.is_well()
        ports = here.ports
        everyone = set(_below(here.pid))
        for name in ("tanos-watch", "tanos-standby"):
            (killed,) = (each for each in here.watching() if _name(each) == name)
            os.kill(killed, signal.SIGKILL)
            await until(partial(_is_none_of, here.watching, killed))
            await until(lambda: tuple(sorted(map(_name, here.watching()))) == WATCHING)
            await here.is_well()
            assert here.ports == ports
            everyone |= here.watching()
        everyone |= set(_below(here.pid))
    await until(partial(_are_gone, everyone))


@pytest.mark.crash
async def test_where_nobody_is_left_who_watches_the_front_door_ends_to_be_started_again(server: Appliance) -> None:
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "menus", "serve", str(server.home),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
    )  # fmt: skip
    try:
        assert serving.stdout is not None and serving.stderr is not None
        assert (await serving.stdout.readline()).startswith(b"listening")
        watching = [each for each in _below(serving.pid) if _name(each) in {"tanos-watch", "tanos-standby"}]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for each in watching:
                os.kill(each, number)
        async with asyncio.timeout(60):
            assert b"have ended" in await serving.stderr.read()
            assert await serving.wait() == 1
    finally:
        with suppress(ProcessLookupError):
            serving.kill()


@pytest.mark.crash
async def test_a_service_that_hangs_is_noticed_and_another_takes_its_place(
    zone: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOOK_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(look, "LOOK_SECONDS", 1.0)
    async with supervising(zone) as supervisor:
        service = supervisor.services[ZONE_SERVER.name]
        assert service._process is not None
        hanging, port = service._process.pid, service.ports[PLATFORM]
        os.kill(hanging, signal.SIGSTOP)
        await until(lambda: service.restarts > 0 and service.is_running)
        assert not is_alive(hanging)
        assert service.ports[PLATFORM] == port


def _are_gone(processes: set[int]) -> bool:
    return not any(map(is_alive, processes))


def _is_none_of(found: Callable[[], set[int]], killed: int) -> bool:
    return killed not in found()


def _remembered(appliance: Appliance) -> dict[str, dict[str, int]]:
    with suppress(OSError, ValueError):
        known: dict[str, dict[str, int]] = json.loads((appliance.run / REMEMBERED).read_text())
        return known
    return {}


def _below(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _below(int(child))


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
