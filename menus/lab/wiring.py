"""The services of a lab, joined as an operator would: zone servers let the hub in, the hub knows where they listen.

Two Tanium Servers of 7.4 know where the other one listens; trust between them is left to whoever uses the lab.

Invariant: what was decided already is left alone; what is decided here is a setting like any other, in the audit. It
is decided before anything is served, so that nothing has to be started twice: a zone server's port is chosen here and
then remembered like one that it found itself, and so is that of a Tanium Server that has another beside it.
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
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER, ZONE_SERVER, Service, services_of
from tanos.services.control import ask_supervisor
from tanos.services.enabled import disabled
from tanos.services.orders import REMEMBERED
from tanos.services.partner.words import LIST
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
        zones.append(_where(lab, name, ZONE_SERVER))
    for name in _of(lab, Role.TANIUM_SERVER) if zones else ():
        await _decide(lab, name, Component.HUB, "ZoneServerList", ",".join(zones))
    servers = [name for name in _of(lab, Role.TANIUM_SERVER) if _is_newest(lab, name)]
    for name in servers:
        others = ",".join(_where(lab, other, TANIUM_SERVER) for other in servers if other != name)
        if others:
            await _decide(lab, name, Component.SERVER, LIST, others)


async def service_ports(lab: Lab) -> Ports:
    """Return where the services of each appliance listen; those that do not come up are missing."""
    found = await asyncio.gather(*(_ports(lab, name) for name in lab.names))
    return dict(zip(lab.names, found, strict=True))


def _where(lab: Lab, name: str, service: Service) -> str:
    """Return where a service of the lab listens, as others name it."""
    return f"{identity(name, lab.release).fqdn}={LOOPBACK}:{_port(lab.home(name) / 'run' / REMEMBERED, service)}"


def _is_newest(lab: Lab, name: str) -> bool:
    return Appliance.open(lab.home(name)).identity.release.automatic_tls


def _port(remembered: Path, service: Service) -> int:
    """Return the port of a service, chosen now where it has none yet."""
    known: dict[str, dict[str, int]] = {}
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(remembered.read_text())
    if service.name in known and PLATFORM in known[service.name]:
        return int(known[service.name][PLATFORM])
    with socket.create_server((LOOPBACK, 0)) as free:
        port = int(free.getsockname()[1])
    chosen = {**known, service.name: {**known.get(service.name, {}), PLATFORM: port}}
    write_whole(remembered, json.dumps(chosen).encode() + b"\n")
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
