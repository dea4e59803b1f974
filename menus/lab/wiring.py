"""The services of a lab, joined as an operator would: zone servers let the hub in, the hub knows where they listen.

Invariant: what was decided already is left alone; what is decided here is a setting like any other, in the audit. It
is decided before anything is served, so that nothing has to be started twice: a zone server's port is chosen here and
then remembered like one that it found itself.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Mapping
from pathlib import Path

from menus.lab.layout import Lab, identity
from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.files import write_whole
from tanos.operation import silent
from tanos.platform import Role
from tanos.services.catalogue import PLATFORM, ZONE_SERVER, services_of
from tanos.services.control import ask_supervisor
from tanos.services.enabled import disabled
from tanos.services.orders import REMEMBERED
from tanos.settings.operations import SET_SETTING
from tanos.settings.setting import Component
from tanos.settings.values import written

LOOPBACK = "127.0.0.1"
READY_SECONDS, PAUSE_SECONDS = 30.0, 0.05
Ports = Mapping[str, Mapping[str, int]]


async def join(lab: Lab) -> None:
    """Let the hubs of the lab in at its zone servers, and tell every hub where these listen."""
    zones = []
    for name in _of(lab, Role.ZONE_SERVER):
        await _decide(lab, name, Component.ZONE_SERVER, "AllowedHubs", LOOPBACK)
        zones.append(f"{identity(name, lab.release).fqdn}={LOOPBACK}:{_port(lab.home(name) / 'run' / REMEMBERED)}")
    for name in _of(lab, Role.TANIUM_SERVER) if zones else ():
        await _decide(lab, name, Component.HUB, "ZoneServerList", ",".join(zones))


async def service_ports(lab: Lab) -> Ports:
    """Return where the services of each appliance listen; those that do not come up are missing."""
    found = await asyncio.gather(*(_ports(lab, name) for name in lab.names))
    return dict(zip(lab.names, found, strict=True))


def _port(remembered: Path) -> int:
    """Return the port of a zone server, chosen now where it has none yet."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads(remembered.read_text())[ZONE_SERVER.name][PLATFORM])
    with socket.create_server((LOOPBACK, 0)) as free:
        port = int(free.getsockname()[1])
    write_whole(remembered, json.dumps({ZONE_SERVER.name: {PLATFORM: port}}).encode() + b"\n")
    return port


async def _ports(lab: Lab, name: str) -> dict[str, int]:
    appliance = Appliance.open(lab.home(name))
    off = disabled(appliance)
    appliance.store.close()
    listening = {each.name for each in services_of(appliance.identity) if each.ports and each.name not in off}
    ports: dict[str, int] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_SECONDS):
            while listening:
                with contextlib.suppress(TanosError):
                    for each in (await ask_supervisor(appliance, "list"))["services"]:
                        ports |= each["ports"]
                        if each["running"] or each["problem"]:
                            listening.discard(each["name"])
                await asyncio.sleep(PAUSE_SECONDS)
    return ports


async def _decide(lab: Lab, name: str, component: Component, setting: str, value: str) -> None:
    appliance = Appliance.open(lab.home(name))
    try:
        if (component, setting) not in written(appliance):
            call = system_call(appliance, "lab")
            plan = await SET_SETTING.prepare(call, name=setting, value=value, component=component.value)
            await SET_SETTING.apply(call, plan, silent)
    finally:
        appliance.store.close()


def _of(lab: Lab, role: Role) -> list[str]:
    return [name for name in lab.names if identity(name, lab.release).role is role]
