"""Two Tanium Servers find each other, and once both trust each other keep alike what they should, whatever is cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tanos.active_pair.other_server import OtherServer, put_other_server
from tanos.active_pair.other_server import Part as Primary
from tanos.errors import Damaged
from tanos.message import N_
from tanos.roots.kept import find_root
from tanos.roots.revoke import revoke_root
from tanos.roots.trusted import trusted_pem
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER
from tanos.services.connecting import Target, connect_clear, connect_tls
from tanos.services.frames import Frame
from tanos.services.listener import Connection
from tanos.services.partner.serving import MOST_RECORDS
from tanos.services.partner.words import SYNCHRONISE, TRUST, packed, targets, unpacked
from tanos.services.partner_ways import ways
from tanos.services.protocol import Hello, Part
from tanos.services.tls import platform_client, unverified_client
from tanos.subordinate.own import make_own, wanted_roots
from tanos.supervising.partnering import Partnering, told
from tanos.supervising.process import Supervised
from tanos.synchronising.glance import partner_facts, partner_findings
from tanos.synchronising.registered import SETTLED
from tanos.trust.exchange import outgoing
from tanos.trust.kept import others
from tanos.trust.machine import State
from tanos.trust.record import read_record
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.services.partner.made import LOOPBACK, Standing, orders_of, standing, two, until
from tests.tanos.services.relay import relay
from tests.tanos.synchronising.made import Server
from tests.tanos.trust.made import another_root, known, states

__all__ = ["clock"]
FLAG = "enable_protocol_314_flag"
Pair = tuple[Server, Server]
RUBBISH: list[Frame] = [
    {SYNCHRONISE: {}},
    {SYNCHRONISE: {"settings": []}},
    {TRUST: 7},
    {TRUST: "!"},
    {TRUST: packed(bytes(9000))},
    {"register": {}},
    {"relay": 1},
    {},
]
REFUSED = [
    ("7.4", 314, True, "protocol-unknown"),
    ("7.3", 315, True, "protocol-unknown"),
    ("7.4", 315, False, "tls-required"),
]


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Pair:
    """Two that know nothing of each other."""
    return two(tmp_path, clock)


async def test_one_that_is_named_on_one_side_is_known_on_both_and_nothing_is_kept_alike_before_trust(
    pair: Pair,
) -> None:
    async with standing(pair[0]) as one, standing(pair[1]) as other:
        pair[0].set(FLAG, "1")
        one.goes_to(other.place)
        await until(lambda: one.visits and one.visits[0]["reached_at"])
        assert states(pair[0].appliance, pair[1].appliance) == [State.UNKNOWN, State.UNKNOWN]
        assert known(pair[0].appliance).code == known(pair[1].appliance).code != ""
        assert (one.visits[0]["trust"], one.visits[0]["synchronised_at"]) == ("unknown", 0)
        assert pair[1].get(FLAG) == 0


async def test_both_accept_and_are_alike_by_mutual_tls_whoever_goes_to_the_other(pair: Pair, clock: Clock) -> None:
    pair[0].sees("pc1")
    clock.now += 2 * SETTLED
    async with standing(pair[0]) as one, standing(pair[1]) as other:
        await trusting(one, other)
        pair[0].set(FLAG, "1")
        pair[1].set("ServerNameList", "ts1.lab.test", "clients")
        one.goes_to(other.place, "127.0.0.1:1")
        await until(lambda: pair[1].get(FLAG) == 1 and pair[0].get("ServerNameList", "clients") == "ts1.lab.test")
        assert pair[1].elsewhere() == {"pc1": ""}
        await until(lambda: one.restarted and other.restarted)
        assert one.visits[0]["fqdn"] == "ts2.lab.test"
        assert "ts1.lab.test" in other.service._partner.as_data()["came"]


def test_the_other_server_of_a_pair_is_gone_to_where_its_console_is_unless_it_is_named(pair: Pair) -> None:
    appliance = pair[0].appliance
    assert told(appliance) == {}
    for host, where in (("ts2.lab.test", "ts2.lab.test"), ("2001:db8::7", "2001:db8::7")):
        with appliance.store.change(call(appliance)) as change:
            put_other_server(change, OtherServer(host, 443, Primary.PRIMARY, True, ""))
        (target,) = targets(told(appliance)["list"])
        assert (target.name, target.host, target.port) == (where, where, 17472)
    pair[0].set("TaniumServerList", "ts3.lab.test", "server")
    assert told(appliance)["list"] == "ts3.lab.test"


async def test_both_go_on_while_one_is_away_and_are_alike_whoever_comes_back(pair: Pair) -> None:
    async with standing(pair[0]) as one:
        async with standing(pair[1]) as other:
            port = other.service.ports[PLATFORM]
            await trusting(one, other)
            place = other.place
        gone = await one.service._partner.visit({"target": place})
        assert (gone["fqdn"], gone["reached"]) == ("ts2.lab.test", False)
        await until(lambda: partner_findings(pair[0].appliance))
        assert [each.trust for each in ways(pair[0].appliance)] == ["trusted"]
        pair[0].set(FLAG, "1")
        pair[1].set("ServerNameList", "ts1.lab.test", "clients")
        async with standing(pair[1], port):
            await visited(one, place)
            assert pair[1].get(FLAG) == 1
            assert pair[0].get("ServerNameList", "clients") == "ts1.lab.test"
            await until(lambda: not partner_findings(pair[0].appliance))
            (fact,) = partner_facts(pair[0].appliance)
            assert "IPsec" in str(fact.value)


async def test_wherever_the_connection_is_cut_both_are_alike_in_the_end(pair: Pair) -> None:
    async with standing(pair[0]) as one, standing(pair[1]) as other, relay(other.service.ports[PLATFORM]) as between:
        one.goes_to(f"ts2.lab.test={LOOPBACK}:{between.port}")
        await accepted(one, other)
        await until(lambda: one.visits[0]["synchronised_at"])
        cut = 0
        for number, after in enumerate(range(200, 12_000, 1100)):
            pair[number % 2].set("ServerNameList", f"ts{number}.lab.test", "clients")
            between.cut_after = after
            visit = await one.service._partner.visit({"target": f"ts2.lab.test={LOOPBACK}:{between.port}"})
            cut += bool(visit["problem"])
        assert cut
        await visited(one, f"ts2.lab.test={LOOPBACK}:{between.port}")
        held = {each.get("ServerNameList", "clients") for each in pair}
        assert held == {f"ts{number}.lab.test"}


async def test_another_root_is_known_to_the_other_before_anything_is_signed_by_it_and_the_former_may_end(
    pair: Pair,
) -> None:
    async with standing(pair[0]) as one, standing(pair[1]) as other:
        await trusting(one, other)
        another_root(pair[1].appliance, 1)
        await visited(one, other.place)
        assert len(known(pair[0].appliance).roots) == 2
        make_own(call(pair[1].appliance), wanted_roots(pair[1].appliance))
        other.service._renew(orders_of(pair[1], other.attending))
        revoke_root(call(pair[1].appliance), find_root(pair[1].appliance, "ts2.lab.test Root 0"))
        other.service._renew(orders_of(pair[1], other.attending))
        pair[1].set(FLAG, "1")
        await visited(one, other.place)
        assert pair[0].get(FLAG) == 1
        (root,) = known(pair[0].appliance).roots
        assert "Root 1" in root.subject.rfc4514_string()


async def test_a_stranger_learns_public_roots_and_nothing_else(pair: Pair) -> None:
    pair[0].set(FLAG, "1")
    async with standing(pair[0]) as one:
        for frame in RUBBISH:
            async with visiting(one) as connection:
                await connection.send(frame)
                with suppress(OSError):
                    assert await connection.read() is None
        async with visiting(one) as connection:
            await connection.send({TRUST: packed(b"rubbish")})
            assert await connection.read() == {"refused": "bad-trust-record"}
        async with visiting(one) as connection:
            await connection.send({TRUST: packed(outgoing(pair[1].appliance))})
            heard = await connection.read()
            assert heard is not None
            assert heard.keys() == {TRUST}
            record = read_record(unpacked(heard[TRUST]), pair[0].appliance.clock())
            assert record.fqdn == "ts1.lab.test"
        assert not (pair[0].appliance.home / "log" / "faults.log").exists()


async def test_who_says_too_much_is_let_go(pair: Pair) -> None:
    async with standing(pair[0]) as one, visiting(one) as connection:
        said = {TRUST: packed(outgoing(pair[1].appliance))}
        answered = 0
        with suppress(OSError):
            while answered < 100:
                await connection.send(said)
                answered += await connection.read() is not None
                if not answered:
                    break
        assert answered <= MOST_RECORDS


@pytest.mark.parametrize(("release", "protocol", "tls", "refused"), REFUSED)
async def test_servers_speak_to_each_other_by_tls_and_from_7_4_on(
    pair: Pair, release: str, protocol: int, tls: bool, refused: str
) -> None:
    async with standing(pair[0]) as one:
        one.service._partner._orders = replace(one.service._partner._orders, release=release)
        async with visiting(one, protocol=protocol, tls=tls, wanted=None) as connection:
            assert await connection.read() == {"refused": refused}


async def test_a_certificate_of_the_others_roots_makes_nobody_a_hub_here(pair: Pair) -> None:
    async with standing(pair[0]) as one, standing(pair[1]) as other:
        await trusting(one, other)
        shown = other.server.shown
        assert one.service._partner.ours(shown) is None
        assert one.service._partner.ours(one.server.shown) == one.server.shown
        (pem,) = orders_of(pair[1], other.attending).by_root.values()
        context = platform_client(trusted_pem(pair[0].appliance), pem)
        connection = await connect_tls(Target.read(one.place), context)
        hub = Hello(Part.HUB, "ts2", "ts2.lab.test", 315, "7.4")
        await connection.send(hub.as_frame())
        assert await connection.read() == {"refused": "hub-without-certificate"}
        await connection.close()


async def test_a_service_that_cannot_be_restarted_keeps_no_other_from_it(pair: Pair) -> None:
    partnering, restarted = Partnering(pair[0].appliance), list[str]()
    running = cast(Supervised, SimpleNamespace(is_running=True, renew=None))
    services = dict.fromkeys((TANIUM_SERVER.name, "hub", "soap"), running)

    async def restart(name: str) -> None:
        restarted.append(name)
        if name == "hub":
            raise Damaged("store-failed", N_("It is broken."), N_("Mend it."))

    partnering._changed = {"hub", "soap", "gone"}
    with pytest.raises(Damaged):
        await partnering.look(services, restart)
    await partnering.look(services, restart)
    await partnering.look(services, restart)
    assert restarted == ["hub", "soap"]


@asynccontextmanager
async def visiting(
    one: Standing, *, protocol: int = 315, tls: bool = True, wanted: str | None = "welcome"
) -> AsyncIterator[Connection]:
    """Connect as a server that nobody knows."""
    target = Target.read(one.place)
    connection = await (connect_tls(target, unverified_client()) if tls else connect_clear(target))
    try:
        await connection.send(Hello(Part.SERVER, "x", "x.lab.test", protocol, "7.4").as_frame())
        if wanted is not None:
            assert wanted in (await connection.read() or {})
        yield connection
    finally:
        await connection.close()


async def visited(one: Standing, where: str) -> None:
    """Have it go there until nothing was in the way."""
    async with asyncio.timeout(60):
        problem = "not visited yet"
        while problem:
            problem = (await one.service._partner.visit({"target": where}))["problem"]
            await asyncio.sleep(0)


async def accepted(one: Standing, other: Standing) -> None:
    """Have each accept the other, once each knows it."""
    await until(lambda: others(one.server.appliance) and others(other.server.appliance))
    for each in (other, one):
        each.accepts()


async def trusting(one: Standing, other: Standing) -> None:
    """Have `one` go to the other, and both trust, and be alike once."""
    one.goes_to(other.place)
    await accepted(one, other)
    await until(lambda: one.visits[0]["synchronised_at"])
