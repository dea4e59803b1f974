"""The supervisor: a process of its own that keeps an appliance's services running, and answers who asks about them.

Invariants: it is confined before it starts anything, and can open no private key: the pairs that a service presents
come from the keeper, each at a start. A service that is disabled is not started with the appliance. It ends when the
front door's process does, and with it every service.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.faults import write_fault
from tanos.files import write_whole
from tanos.https_pairs.going_back import go_back, serves_live
from tanos.keeper import keeper_of
from tanos.registration.orders import module_server_orders
from tanos.roots.trusted import trusted_pem
from tanos.services.catalogue import (
    HTTP,
    HTTPS,
    MODULE_SERVER,
    MODULES,
    PLATFORM,
    REPORTING_SERVICES,
    TANIUM_SERVER,
    ZONE_SERVER_HUB,
    Service,
    services_of,
)
from tanos.services.control import HOLD, JUDGE, START, Control
from tanos.services.down import Down, write_down
from tanos.services.enabled import disabled
from tanos.services.frames import Frame
from tanos.services.hub_ways import write_ways
from tanos.services.last_served import note_served
from tanos.services.orders import LOOPBACK, REMEMBERED, Orders, near
from tanos.services.partner_ways import write_ways as write_partner_ways
from tanos.supervising.attending import Attending
from tanos.supervising.given import settings_for
from tanos.supervising.messaging import Messaging
from tanos.supervising.process import Supervised
from tanos.supervising.revoking import Revoking
from tanos.supervising.server_keys import ServerKeys, orders_of_keys
from tanos.supervising.template import Template

_ASKED = {each: each for each in ("state", "end-sessions", "visit")}
"""What a session may have a service asked; by what it goes on is the supervisor's to say alone."""


class Supervisor:
    """The services of one appliance."""

    def __init__(self, appliance: Appliance, address: str, *, confined: bool = True) -> None:
        self._appliance, self._address, self._confined = appliance, address, confined
        self._attending = Attending(
            appliance, lambda: [self._told(each) for each in self.services.values()], self._restart_all
        )
        self.services: dict[str, Supervised] = {}
        self._revoking, self._messaging = Revoking(appliance, self.services), Messaging(appliance, self.services)
        self._keys = ServerKeys(appliance, self.services, lambda: self._attending.connected)
        self._attending.keys.look = self._keys.look_soon
        self._down: list[Down] = []
        write_down(appliance, self._down)
        here = services_of(appliance.identity)
        self._template = Template(appliance.home, [service.module for service in here])
        for service in here:
            self.services[service.name] = Supervised(
                service, appliance.home, self._template, self._orders, self._attending.answer, self._tell_down
            )

    async def run(self, stopped: asyncio.Event) -> None:
        """Keep what is enabled running until `stopped`, or until the template is lost: who watches begins anew."""
        self._template.when_lost(stopped.set)
        control = Control(self._appliance, self.answer)
        tasks = [asyncio.create_task(each.keep()) for each in self.services.values()]
        tasks += [asyncio.create_task(control.watch()), asyncio.create_task(self._attending.keep())]
        tasks += [asyncio.create_task(self._start_all()), asyncio.create_task(self._revoking.keep())]
        tasks.append(asyncio.create_task(self._attending.partnering.keep(self.services, self._restart)))
        tasks.append(asyncio.create_task(self._keys.keep()))
        tasks.append(asyncio.create_task(self._messaging.keep()))
        for task in tasks:
            task.add_done_callback(lambda ended: self._look_at(ended, stopped))
        await stopped.wait()
        for task in tasks[len(self.services) :]:
            task.cancel()
        await asyncio.gather(*(each.stop() for each in self.services.values()))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._template.close()
        write_down(self._appliance, ())
        write_ways(self._appliance, ())
        write_partner_ways(self._appliance, ())

    def _look_at(self, ended: asyncio.Task[None], stopped: asyncio.Event) -> None:
        """Where a part of it failed, none goes on alone: who watches begins anew."""
        if not ended.cancelled() and (error := ended.exception()):
            write_fault(self._appliance.home, "services", error)
            stopped.set()

    def _tell_down(self) -> None:
        """Write down what should run and was tried, or stopped, and does not, and which certificates are served.

        What the hub told goes with it.
        """
        hub = self.services.get(ZONE_SERVER_HUB.name)
        if hub is not None and not hub.is_running:
            write_ways(self._appliance, ())
        down = [Down(each.service.name, each.problem) for each in self.wanted() if each.is_down]
        if down != self._down:
            self._down = down
            write_down(self._appliance, down)
        for name, each in self.services.items():
            if seen := each.served.get(HTTPS):
                note_served(self._appliance, name, seen.fingerprint)
        self._revoking.look_soon()
        self._keys.look_soon()
        self._messaging.look_soon()

    async def answer(self, do: str, words: Frame) -> Frame:
        """Do what is asked about one service, or tell of all; return how they stand."""
        name = str(words.get("name", ""))
        if do == START:
            await self._start(name)
            if not words.get("judged"):  # who says so looks himself what it serves, and goes back
                await self._judge(name)
        elif do == JUDGE:
            await self._judge(name)
        elif do in {"stop", HOLD}:
            await self.services[name].stop()
        elif do == "restart":
            await self._restart(name)
            await self._judge(name)
        elif do == "renew":
            if not await self.services[name].renew():
                return await self.answer("restart", words)
        elif do in {"revoked", "roots"}:
            return await self._looked(do)
        elif do == "ask":
            return await self._ask(name, words)
        return {"services": [self._told(each) for each in self.services.values()], "confined": self._confined}

    async def _looked(self, do: str) -> Frame:
        """Look at what is revoked, or at the roots, and have the services, and clients, go by it."""
        if do == "revoked":
            self._messaging.look_soon()
            return {"told": await self._revoking.look()}
        settled = await self._keys.look()
        await self._messaging.look()
        return {"settled": settled}

    async def _ask(self, name: str, words: Frame) -> Frame:
        """Have a service asked what a session may ask it."""
        what = _ASKED[words["what"]]
        if what == "visit":  # by what is so now
            await self._attending.partnering.look(self.services, self._restart)
        line = self.services[name].line
        return await line.ask(what, **words.get("words", {})) if line else {}

    def wanted(self) -> list[Supervised]:
        """Return what starts with the appliance, in that order."""
        off = disabled(self._appliance)
        return [each for name, each in self.services.items() if name not in off]

    async def _start_all(self) -> None:
        """Start one after the other: the hub has to know where the Tanium Server listens."""
        self._keys.begin()
        for each in self.wanted():
            await self._start(each.service.name)
            await self._judge(each.service.name)

    async def _restart_all(self) -> None:
        """Restart what runs: all are stopped, then started in their order."""
        running = [name for name, each in self.services.items() if each.is_running]
        for name in reversed(running):
            await self.services[name].stop()
        for name in running:
            await self._start(name)

    async def _restart(self, name: str) -> None:
        await self.services[name].stop()
        await self._start(name)

    async def _judge(self, name: str) -> None:
        """Where it should run and does not serve what is installed for HTTPS, have what was served before back."""
        each = self.services[name]
        try:
            if each.is_running and not serves_live(self._appliance, each.service, each.served):
                await self._restart(name)
            if each.is_stopped or serves_live(self._appliance, each.service, each.served):
                return
            if go_back(self._appliance, each.service, each.problem or "another-served"):
                await self._restart(name)
        except TanosError as error:
            write_fault(self._appliance.home, "services", error)

    async def _start(self, name: str) -> None:
        service = self.services[name]
        await service.start()
        if service.ports:
            self._remember(service)

    def _told(self, each: Supervised) -> dict[str, Any]:
        return {
            "name": each.service.name,
            "running": each.is_running,
            "since": each.since,
            "ports": each.ports,
            "served": {name: seen.as_data() for name, seen in each.served.items()},
            "restarts": each.restarts,
            "problem": each.problem,
            "reason": each.reason if each.problem else "",
            "again_at": each.again_at if each.problem else None,
        }

    def _orders(self, service: Service) -> Orders:
        identity, keeper = self._appliance.identity, keeper_of(self._appliance)
        pairs = {kind.name: pem for kind in service.pairs if (pem := keeper.serving_pair(kind.name))}
        return Orders(
            service.name,
            identity.name,
            identity.fqdn,
            identity.release.name,
            LOOPBACK if service.is_near else self._address,
            self._ports(service),
            pairs,
            trusted_pem(self._appliance),
            {**settings_for(self._appliance, service), **self._facts(service)},
            **(orders_of_keys(self._appliance) if service.name in REPORTING_SERVICES else {}),
        )

    def _facts(self, service: Service) -> dict[str, Any]:
        """Return what a service must know of the others here."""
        if service is MODULE_SERVER:
            modules = {each.name: self._port(each, HTTP) for each in MODULES}
            return {**module_server_orders(self._appliance), "modules": modules}
        if service is TANIUM_SERVER:
            return self._attending.partnering.orders()
        if service is not ZONE_SERVER_HUB:
            return {}
        port = self._port(TANIUM_SERVER, PLATFORM)
        return {"server": f"{self._appliance.identity.fqdn}={near(self._address)}:{port}"}

    def _port(self, service: Service, name: str) -> int:
        """Return where another service here listens; while it does not, where it will."""
        return self.services[service.name].ports.get(name) or self._ports(service)[name]

    def _ports(self, service: Service) -> dict[str, int]:
        """Return where to listen: as set; else, on loopback, where it was last; else where it is looked for.

        Two appliances on one machine are so never in each other's way.
        """
        chosen = settings_for(self._appliance, service)
        known = self._remembered().get(service.name, {})
        near = self._address in {"127.0.0.1", "::1"}
        return {
            port.name: int(chosen.get(port.setting, known.get(port.name, 0) if near else port.number))
            for port in service.ports
        }

    def _remembered(self) -> dict[str, dict[str, int]]:
        with contextlib.suppress(OSError, ValueError):
            found: dict[str, dict[str, int]] = json.loads((self._appliance.run / REMEMBERED).read_text())
            return found
        return {}

    def _remember(self, each: Supervised) -> None:
        known = self._remembered()
        if known.get(each.service.name) == each.ports:
            return
        with contextlib.suppress(OSError):
            table = json.dumps({**known, each.service.name: each.ports})
            write_whole(self._appliance.run / REMEMBERED, table.encode() + b"\n")


def supervise(
    appliance: Appliance, address: str, ended: Callable[[], asyncio.Event], *, confined: bool = True
) -> None:
    """Be the supervisor until `ended`; whether it is `confined` is told to who asks."""
    supervisor = Supervisor(appliance, address, confined=confined)  # its template is forked before there is a loop

    async def run() -> None:
        await supervisor.run(ended())

    with contextlib.suppress(TanosError):
        asyncio.run(run())
