"""From a client over zone server and hub to the Tanium Server: what arrives, by which TLS, and what comes again."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest

from tanos.services.connecting import TlsMode, connect_clear, connect_tls
from tanos.services.frames import Frame
from tanos.services.hub import way
from tanos.services.hub.way import BEAT_SECONDS, LONGEST_PAUSE
from tanos.services.listener import Connection
from tanos.services.protocol import SILENT_SECONDS, Hello, Part
from tanos.services.tls import platform_client
from tanos.services.zone_server import program as zone_program
from tests.tanos.services.authority import authority
from tests.tanos.services.segments import LOOPBACK, TS, ZS, Segments, client, made_hub, orders, segments, until
from tests.tanos.services.travelling import travel

UNENCRYPTED = {"ReportingTLSMode": 0}


def segment(running: Segments, name: str) -> Any:
    return next(each for each in running.told.segments if each["to"] == name)


@pytest.mark.parametrize("zone_mode", list(TlsMode))
@pytest.mark.parametrize("server_mode", [TlsMode.REQUIRED, TlsMode.OPTIONAL])
async def test_each_segment_uses_tls_as_its_own_mode_has_it(server_mode: TlsMode, zone_mode: TlsMode) -> None:
    async with segments(server_mode=server_mode, zone_mode=zone_mode) as running:
        assert segment(running, TS)["tls"]
        assert segment(running, ZS)["tls"] is (zone_mode is not TlsMode.OFF)
        await until(lambda: ("zone-server", ZS) in running.told.reports)
        assert running.told.reports["zone-server", ZS]["using_tls"] is (zone_mode is not TlsMode.OFF)


async def test_a_hub_goes_without_tls_to_a_zone_server_without_a_pair_only_where_it_may() -> None:
    async with segments(zone_pair=False, zone_mode=TlsMode.OPTIONAL) as running:
        assert not segment(running, ZS)["tls"]
        assert segment(running, ZS)["without_tls_for"]
    async with segments(zone_pair=False, has_hub=False) as running:
        hub = made_hub(running, zone_mode=TlsMode.REQUIRED)
        await until(lambda: any(each["problem"] for each in running.told.segments))
        assert not segment(running, ZS)["connected"]
        await hub.close()


@pytest.mark.parametrize(
    "zone, refused",
    [
        ({"AllowedHubs": ""}, "hub-not-allowed"),
        ({"AllowedHubs": "10.0.0.1, nonsense"}, "hub-not-allowed"),
        ({"AllowedHubs": "10.0.0.1,127.0.0.1"}, ""),
        ({"AllowedHubs": "", "EnforceAllowedHubs": 0}, ""),
    ],
)
async def test_a_zone_server_lets_hubs_in_from_where_its_operator_said(zone: dict[str, object], refused: str) -> None:
    async with segments(zone=zone, has_hub=False) as running:
        hub = made_hub(running)
        if refused:
            await until(lambda: running.told.segments and segment(running, ZS)["problem"])
            assert segment(running, ZS)["problem"] == refused
            state = await running.zone.answer("state", {})
            assert state is not None
            assert state["refused_hubs"][-1] == {"name": TS, "address": LOOPBACK, "refused": refused}
        else:
            await until(lambda: running.told.segments and segment(running, ZS)["connected"])
        await hub.close()


async def test_a_client_is_told_that_no_hub_is_there_and_is_registered_once_one_is() -> None:
    async with segments(has_hub=False) as running, client(running.target(by_zone=True), own=UNENCRYPTED) as pc1:
        await until(lambda: pc1._pause > 1)
        assert pc1.registrations == 0
        hub = made_hub(running)
        await until(lambda: pc1.registrations)
        await hub.close()


async def test_a_hub_that_comes_again_takes_the_place_of_its_dead_connection() -> None:
    async with segments() as running:
        again = made_hub(running)
        await until(lambda: len(running.told.segments) == 2 and segment(running, ZS)["connected"])
        async with client(running.target(by_zone=True), own=UNENCRYPTED) as pc1:
            await until(lambda: pc1.registrations)
        assert len(running.zone._hubs.as_data()) == 1
        await again.close()


async def test_a_zone_server_that_is_renewed_serves_its_new_pair_at_once_and_its_hub_comes_by_tls() -> None:
    async with segments(zone_pair=False, zone_mode=TlsMode.OPTIONAL) as running:
        assert not segment(running, ZS)["tls"]
        port = running.target(by_zone=True).port
        told = orders(ZS, "7.3", {"AllowedHubs": LOOPBACK}, port=port)
        assert await running.zone.answer("renew", told.as_frame()) == {"renewed": True}
        await until(lambda: segment(running, ZS)["tls"])
        assert segment(running, ZS)["check_code"]
        async with client(running.target(by_zone=True), own={"ReportingTLSMode": 1}):
            await until(lambda: (running.by_name("pc1") or {}).get("using_tls"))


async def test_a_zone_server_registers_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_program, "REGISTER_SECONDS", 0.05)
    async with segments() as running:
        for _ in range(3):
            await until(lambda: ("zone-server", ZS) in running.told.reports)
            seen = running.told.reports.pop(("zone-server", ZS))
            assert (seen["name"], seen["via"], seen["release"]) == (ZS, "", "7.3")


async def test_everything_comes_back_by_itself_after_the_tanium_server_was_away() -> None:
    async with segments() as running:
        port = running.target(by_zone=False).port
        await running.server.close()
        await until(lambda: not segment(running, TS)["connected"])
        async with client(running.target(by_zone=True), own=UNENCRYPTED) as pc1:
            await until(lambda: pc1._pause > 1)
            running.server._listener.open(LOOPBACK, port)
            running.server._handing_on = asyncio.create_task(running.server._reporting.keep())
            await until(lambda: running.by_name("pc1"))
        assert running.hub is not None
        assert running.hub._server._pause < LONGEST_PAUSE


def test_a_connection_that_died_unseen_is_let_go_by_both_ends_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(_: Any) -> None:
        await asyncio.Event().wait()

    async def story() -> None:
        async with segments() as running:
            await until(lambda: ("zone-server", ZS) in running.told.reports)
            assert running.hub is not None
            zone = running.hub._zones[ZS]
            dead = zone._connection
            await asyncio.sleep(SILENT_SECONDS + BEAT_SECONDS)
            assert zone._connection is dead, "each beat is answered"
            monkeypatch.setattr(way, "_beat", silent)
            await running.hub.close()
            again = made_hub(running)
            await until(lambda: again._zones[ZS].is_open)
            dead = again._zones[ZS]._connection
            await asyncio.sleep(SILENT_SECONDS + 5)
            await until(lambda: again._zones[ZS].is_open)
            assert again._zones[ZS]._connection is not dead
            await again.close()

    travel(story())


async def test_who_waits_for_a_tanium_server_that_dies_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with segments() as running:
        await until(lambda: ("zone-server", ZS) in running.told.reports)
        came = asyncio.Event()

        async def hang(connection: Any, hello: Any) -> None:
            await connection.send({"welcome": TS, "release": "7.3"})
            await connection.read()
            came.set()
            await connection.read()

        monkeypatch.setattr(running.server, "_serve_hub", hang)
        port = running.target(by_zone=False).port
        await running.server.close()
        running.server._listener.open(LOOPBACK, port)
        await until(lambda: segment(running, TS)["connected"])
        asking = asyncio.create_task(running.zone._hubs.ask({"client": {}, "frame": {"register": {}}}))
        await came.wait()
        await running.server.close()
        async with asyncio.timeout(60):
            with pytest.raises(ConnectionError):
                await asking


async def test_where_one_hub_reaches_no_server_the_other_is_asked() -> None:
    async with segments() as running:
        assert running.hub is not None
        other = made_hub(running, name="ts2.lab.test")
        await until(lambda: len(running.zone._hubs.as_data()) == 2)
        first = running.hub
        first._tasks[0].cancel()
        await until(lambda: not first._server.is_open)
        assert running.zone._hubs.as_data()[0]["name"] == TS, "it is asked first"
        async with client(running.target(by_zone=True), own=UNENCRYPTED):
            await until(lambda: running.by_name("pc1"))
            await until(lambda: running.zone._hubs.present is running.zone._hubs.all[1])
        await other.close()
        await until(lambda: running.zone._hubs.present is running.zone._hubs.all[0])


@pytest.mark.parametrize("tls, registered", [(1, True), (0, False)])
async def test_the_flags_of_7_4_at_the_tanium_server_hold_for_clients_at_zone_servers_too(
    tls: int, registered: bool
) -> None:
    zone = {"require_client_tls_315_flag": 0}
    async with (
        segments(release="7.4", zone=zone) as running,
        client(running.target(by_zone=True), release="7.4", own={"TLSMode": tls}) as pc1,
    ):
        await until(lambda: pc1.registrations or pc1._pause > 1)
        assert bool(pc1.registrations) is registered


@pytest.mark.parametrize(
    "server, release, own",
    [
        ({"enable_protocol_314_flag": 1}, "7.2", UNENCRYPTED),
        ({"require_client_tls_315_flag": 0}, "7.4", {"TLSMode": 0}),
    ],
)
async def test_whom_the_flags_of_the_tanium_server_let_in_a_zone_server_lets_in(
    server: Any, release: str, own: Any
) -> None:
    async with (
        segments(release="7.4", server=server) as running,
        client(running.target(by_zone=True), release=release, own=own),
    ):
        await until(lambda: running.by_name("pc1"))


@pytest.mark.parametrize(
    "zone, refused", [({}, "tls-required"), ({"require_client_tls_315_flag": 0}, "tls-required")]
)
async def test_whom_the_flags_keep_out_a_zone_server_refuses_at_its_door(zone: Any, refused: str) -> None:
    async with segments(release="7.4", server={"require_client_tls_315_flag": 1}, zone=zone) as running:
        await until(lambda: running.zone._hubs.flags)
        assert (await greeting(running))["refused"] == refused


async def test_of_both_the_stricter_flag_holds_at_a_zone_server() -> None:
    zone = {"require_client_tls_315_flag": 1}
    async with segments(release="7.4", server={"require_client_tls_315_flag": 0}, zone=zone) as running:
        await until(lambda: running.zone._hubs.flags)
        assert (await greeting(running))["refused"] == "tls-required"


async def test_a_flag_that_is_changed_holds_at_once_for_clients_that_are_connected() -> None:
    async with segments(release="7.4", server={"require_client_tls_315_flag": 0}) as running:
        await until(lambda: running.zone._hubs.flags)
        connection = await connect_clear(running.target(by_zone=True))
        assert "welcome" in await said_to(connection, CLEAR.as_frame())
        assert "registered" in await said_to(connection, {"register": {}})
        running.server._orders = orders(TS, "7.4", {"require_client_tls_315_flag": 1})
        assert running.hub is not None
        await running.hub._server._there().close()
        await until(lambda: running.zone._hubs.flags["require_client_tls_315_flag"] == 1)
        assert await said_to(connection, {"tell": "x"}) == {"refused": "tls-required"}
        assert await connection.read() is None
        await connection.close()


async def test_up_to_7_3_there_are_no_flags_and_a_zone_server_goes_by_its_own_setting() -> None:
    async with segments(server={"require_client_tls_314_flag": 1, "RequireIncomingEncryption": 1}) as running:
        async with client(running.target(by_zone=True), own=UNENCRYPTED):
            await until(lambda: running.by_name("pc1"))
        assert running.zone._hubs.flags == {}


async def test_an_answer_that_comes_while_its_question_still_leaves_is_known_as_answered() -> None:
    async with segments() as running:
        hub = running.hub
        assert hub is not None
        (zone,) = hub._zones.values()
        send, post, answered = hub._server.send, zone.post, set()

        def noted(frame: Frame) -> None:
            post(frame)
            answered.add(frame.get("answer"))

        async def answered_at_once(frame: Frame) -> None:
            await send(frame)
            await until(lambda: frame["relay"] in answered)

        with patch.object(hub._server, "send", answered_at_once), patch.object(zone, "post", noted):
            async with client(running.target(by_zone=True)):
                await until(lambda: running.by_name("pc1"))
            assert zone.is_open
        await until(lambda: hub._unanswered == {ZS: set()})


async def test_a_question_by_a_hub_that_came_again_has_no_number_of_one_before() -> None:
    """Else an answer that was on its way then would be taken for another client's."""
    async with segments(has_hub=False) as running:
        numbers = []
        for _ in range(2):
            connection = await connect_tls(running.target(by_zone=True), platform_client(*hub_pair()))
            assert "welcome" in await said_to(connection, Hello(Part.HUB, TS, TS, 314, "7.3").as_frame())
            while "relay" not in (frame := await connection.read() or {}):
                pass
            numbers.append(frame["relay"])
            await connection.close()
        assert numbers[0] != numbers[1]


def hub_pair() -> tuple[str, str]:
    """Return the root, and a pair that a hub shows."""
    return authority().pem, authority().pair(TS)


CLEAR = Hello(Part.CLIENT, "4", "pc4", 315, "7.4")


async def greeting(running: Segments) -> Frame:
    """Return what a zone server says to a client of 7.4 without TLS."""
    connection = await connect_clear(running.target(by_zone=True))
    try:
        return await said_to(connection, CLEAR.as_frame())
    finally:
        await connection.close()


async def said_to(connection: Connection, frame: Frame) -> Frame:
    """Return the answer to one frame."""
    await connection.send(frame)
    answer = await connection.read()
    assert answer is not None
    return answer
