"""What a client does, as table 4 of seed 000 has it: modes, attempts, pushed settings, registering anew."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

import pytest

from tanos.errors import TanosError
from tanos.services.client.client import SHORTEST_PAUSE, Client, Who
from tanos.services.client.optional_tls import OptionalTls
from tanos.services.client.run import Asked, made
from tanos.services.client.settings import ClientSettings
from tanos.services.connecting import Target, TlsMode
from tanos.services.listener import Connection, Listener
from tanos.services.protocol import NEW, OLD, greeted
from tests.tanos.services.segments import LOOPBACK, TS, client, segments, until
from tests.tanos.services.travelling import travel

MODE = "ReportingTLSMode"


@pytest.mark.parametrize("mode, uses_tls", [(0, False), (1, True), (2, True)])
@pytest.mark.parametrize("by_zone", [False, True])
async def test_a_client_of_7_2_is_registered_as_its_mode_has_it(mode: int, uses_tls: bool, by_zone: bool) -> None:
    async with segments() as running, client(running.target(by_zone=by_zone), own={MODE: mode}) as pc1:
        await until(lambda: running.by_name("pc1"))
        seen = running.by_name("pc1")
        assert seen is not None
        assert (seen["using_tls"], seen["protocol"], seen["via"]) == (
            uses_tls,
            314,
            "zs1.lab.test" if by_zone else "",
        )
        assert pc1.hello.id == seen["id"]


@pytest.mark.parametrize("mode, uses_tls", [({}, True), ({"TLSMode": 0}, False)])
async def test_a_client_of_7_4_uses_tls_unless_it_is_told_not_to(mode: dict[str, int], uses_tls: bool) -> None:
    settings = {"require_client_tls_315_flag": 0}
    async with (
        segments(release="7.4", server=settings, has_hub=False) as running,
        client(running.target(by_zone=False), release="7.4", own=mode),
    ):
        await until(lambda: running.by_name("pc1"))
        assert (running.by_name("pc1") or {})["using_tls"] is uses_tls


async def test_required_tls_never_goes_without_where_the_name_is_another_or_no_root_is_held() -> None:
    async with segments(has_hub=False) as running:
        port = running.target(by_zone=False).port
        async with (
            client(Target("other.lab.test", LOOPBACK, port), "pc1", own={MODE: 1}) as named,
            client(Target(TS, LOOPBACK, port), "pc2", own={MODE: 1}, root=False) as rootless,
        ):
            await until(lambda: min(named._pause, rootless._pause) > 2 * SHORTEST_PAUSE)
            assert named.registrations == rootless.registrations == 0
        assert not running.told.reports


async def test_optional_tls_goes_without_after_as_many_attempts_as_are_set() -> None:
    shown: list[bytes] = []

    async def serve(connection: Connection) -> None:
        await greeted(connection)
        shown.append(b"clear")
        await connection.send({"welcome": TS})
        await connection.read()
        await connection.send({"registered": TS, "settings": {}})
        await connection.read()

    listener = Listener(None, serve)
    attempts = 0
    first_byte = listener._connected

    async def counting(came: socket.socket, address: str) -> Connection | None:
        nonlocal attempts
        connection = await first_byte(came, address)
        attempts += connection is None
        return connection

    listener._connected = counting  # type: ignore[method-assign]  # what comes is counted, and served as ever
    listener.open(LOOPBACK, 0)
    own = {MODE: 2, "OptionalTLSMinAttemptCount": 2}
    try:
        async with client(Target(TS, LOOPBACK, listener.port), own=own) as pc1:
            await until(lambda: pc1.registrations)
            assert (attempts, shown) == (2, [b"clear"])
    finally:
        await listener.close()


def test_the_pause_before_tls_is_tried_again_doubles_up_to_its_most_and_begins_anew_once_it_worked() -> None:
    own = {MODE: 2, "OptionalTLSMinAttemptCount": 3, "OptionalTLSBackoffIntervalSeconds": 5}
    now = 1000.0
    optional = OptionalTls(ClientSettings(OLD, None, {**own, "OptionalTLSMaxBackoffSeconds": 30}), lambda: now)

    def series() -> float:
        nonlocal now
        for _ in range(3):
            assert optional.is_due
            optional.failed()
        waited = optional.due_in
        now += waited
        return waited

    assert [series() for _ in range(5)] == [5, 10, 20, 30, 30]
    optional.worked()
    assert series() == 5


def test_who_is_unencrypted_by_an_optional_mode_comes_over_to_tls_once_it_works() -> None:
    async def story() -> None:
        async with segments(has_hub=False, zone_pair=False) as running:
            context = running.server._listener._context
            running.server._listener.present(None)
            own = {MODE: 2, "OptionalTLSBackoffIntervalSeconds": 60}
            async with client(running.target(by_zone=False), own=own) as pc1:
                await until(lambda: pc1.connection is not None)
                assert pc1.connection is not None and not pc1.connection.uses_tls
                running.server._listener.present(context)
                await asyncio.sleep(61)
                await until(lambda: pc1.connection is not None and pc1.connection.uses_tls)
                assert pc1.registrations == 2

    travel(story())


@pytest.mark.parametrize("longest", [200, 3600])
def test_who_tries_tls_often_says_that_it_is_still_there_all_the_same(longest: int) -> None:
    async def story() -> None:
        async with segments(has_hub=False, zone_pair=False) as running:
            running.server._listener.present(None)
            own = {MODE: 2, "OptionalTLSMaxBackoffSeconds": longest}
            async with client(running.target(by_zone=False), own=own) as pc1:
                await until(lambda: pc1.connection is not None)
                first = pc1.connection
                await asyncio.sleep(1.9 * 3600)
                assert pc1.connection is first, "an idle one is let go after 900 seconds"

    travel(story())


def test_a_client_registers_anew_two_to_six_hours_later_and_then_has_the_new_settings() -> None:
    async def story() -> None:
        given: dict[str, int] = {MODE: 0}
        async with (
            segments(has_hub=False, server={"for_clients": given}) as running,
            client(running.target(by_zone=False)) as pc1,
        ):
            await until(lambda: pc1.registrations == 1)
            given[MODE] = 1
            await asyncio.sleep(2 * 3600 - 60)
            assert pc1.registrations == 1
            await asyncio.sleep(4 * 3600 + 120)
            assert pc1.registrations in {3, 4}, "the second brought another mode, the third was made by it at once"
            assert pc1.connection is not None
            assert pc1.connection.uses_tls
            assert pc1.settings.values == {"Server_ReportingTLSMode": 1}

    travel(story())


def test_a_lost_server_is_asked_again_ever_more_seldom_and_found_once_it_is_back() -> None:
    async def story() -> None:
        async with segments(has_hub=False) as running:
            target = running.target(by_zone=False)
            async with client(target) as pc1:
                await until(lambda: pc1.registrations == 1)
                await running.server.close()
                await asyncio.sleep(600)
                assert 30 <= pc1._pause <= 60
                running.server._listener.open(LOOPBACK, target.port)
                await asyncio.sleep(61)
                assert pc1.registrations == 2

    travel(story())


def test_pushed_settings_are_kept_under_their_prefix_and_its_own_win(tmp_path: Path) -> None:
    file = tmp_path / "pc1.json"
    first = ClientSettings(OLD, file, {MODE: 2})
    first.receive({MODE: 1, "OptionalTLSMinAttemptCount": 7, "other": "text"})
    again = ClientSettings(OLD, file)
    assert (again.id, again.mode, again.number("OptionalTLSMinAttemptCount")) == (first.id, TlsMode.OPTIONAL, 7)
    assert json.loads(file.read_text())["settings"] == {
        MODE: 2, "Server_ReportingTLSMode": 1, "Server_OptionalTLSMinAttemptCount": 7, "Server_other": "text",
    }  # fmt: skip
    again.receive({})
    assert again.values == {MODE: 2}


@pytest.mark.parametrize("value", [-1, 3, "x", "", True, None, 1.5, [1], "9" * 300])
def test_a_value_out_of_its_range_counts_as_not_there(value: object) -> None:
    settings = ClientSettings(OLD, None)
    settings.receive({MODE: value})
    assert settings.mode is TlsMode.OFF


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"id": 5, "settings": []}', '{"settings": {"ReportingTLSMode": 2}}']
)
def test_a_state_that_cannot_be_read_makes_a_new_client(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pc1.json"
    file.write_text(text)
    assert ClientSettings(OLD, file).id == json.loads(file.read_text())["id"]


def test_releases_read_their_own_settings_alone() -> None:
    assert ClientSettings(NEW, None).mode is TlsMode.REQUIRED
    assert ClientSettings(NEW, None, {MODE: 0}).mode is TlsMode.REQUIRED
    assert ClientSettings(OLD, None, {"TLSMode": 1}).mode is TlsMode.OFF


@pytest.mark.parametrize(
    "asked, refused",
    [
        ({"server": "nowhere:x"}, "bad-address"),
        ({"server": "ts1=host:0"}, "bad-address"),
        ({"name": "no name"}, "bad-name"),
        ({"own": ["TLSMode=1"]}, "no-such-setting"),
        ({"own": ["ReportingTLSMode=3"]}, "bad-value"),
        ({"own": ["ReportingTLSMode"]}, "bad-value"),
        ({"own": ["ReportingTLSMode=1"]}, "no-root"),
        ({"release": "7.4"}, "no-root"),
        ({"root": Path(__file__)}, "not-a-certificate"),
    ],
)
def test_what_can_never_work_is_refused_before_anything_is_connected_to(asked: dict[str, Any], refused: str) -> None:
    plain: dict[str, Any] = {"release": "7.2", "server": "ts1.lab.test=127.0.0.1:17472", "name": "pc1"}
    with pytest.raises(TanosError, match=f"^{refused}: "):
        made(Asked(**{**plain, **asked}), lambda _: None)
    assert len(made(Asked(**plain, count=3), lambda _: None)) == 3


def test_a_client_whose_server_is_lost_goes_to_the_next_one_and_comes_back() -> None:
    async def story() -> None:
        met = list[int]()

        async def serve(connection: Connection) -> None:
            await greeted(connection)
            met.append(connection.writer.get_extra_info("sockname")[1])
            await connection.send({"welcome": TS})
            given = {"ServerNameList": f"rubbish:, {TS}={LOOPBACK}:{second.port}"}
            while (frame := await connection.read()) is not None:
                await connection.send({"pong": 1} if "ping" in frame else {"registered": TS, "settings": given})

        async with AsyncExitStack() as stack:
            first, second = Listener(None, serve), Listener(None, serve)
            for each in (first, second):
                each.open(LOOPBACK, 0)
                stack.push_async_callback(each.close)
            places = [first.port, second.port]
            hours = (3600.0, 3600.0)
            pc1 = await stack.enter_async_context(client(Target(TS, LOOPBACK, places[0]), reset=hours))
            await until(lambda: pc1.connection, 60)
            await first.close()
            await until(lambda: pc1.connection and met == places, 60)
            first.open(LOOPBACK, places[0])
            await asyncio.sleep(3000)
            assert met == places, "it stays where it is served"
            await asyncio.sleep(700)
            assert met == [*places, places[0]]

    travel(story())


async def test_who_is_told_to_stop_while_it_comes_over_to_tls_leaves_no_connection_open() -> None:
    ended = list[str]()

    async def stopped() -> None:
        raise asyncio.CancelledError

    def made(name: str) -> Connection:
        transport = SimpleNamespace(abort=lambda: ended.append(name))
        return cast(Connection, SimpleNamespace(close=stopped, writer=SimpleNamespace(transport=transport)))

    pc1 = Client(Who("pc1", "7.2"), Target(TS, LOOPBACK, 1), ClientSettings(OLD, None), None)
    steps = {"_connected": made("clear"), "_register": None, "_stay": made("tls")}
    for name, result in steps.items():
        setattr(pc1, name, AsyncMock(return_value=result))
    with pytest.raises(asyncio.CancelledError):
        await pc1._session()
    assert ended == ["tls"]
