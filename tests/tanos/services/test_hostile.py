"""Who sends rubbish, half of something, nothing, or too much, is let go; everybody else is served all the while."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tanos.appliance import Appliance
from tanos.services import listener
from tanos.services.frames import LONGEST, BadFrame, Frame, frame_bytes, parse_frame, read_frame
from tanos.services.hub import way
from tanos.services.registered import registered
from tanos.services.relaying import LONGEST_RELAYED
from tanos.services.served import look
from tanos.services.tanium_server.neighbours import MOST_SERVERS, REMEMBERED
from tests.tanos.services.attended import attended
from tests.tanos.services.segments import LOOPBACK, TS, ZS, Segments, client, made_hub, segments, until

HELLO = {"hello": 314, "part": "client", "id": "evil", "name": "evil", "release": "7.2"}
HUB = {**HELLO, "part": "hub", "name": TS}


class Raw:
    """A connection of somebody who knows no manners."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, *frames: Frame) -> None:
        self.writer.write(b"".join(map(frame_bytes, frames)))

    async def hear(self) -> Frame | None:
        async with asyncio.timeout(60):
            return await read_frame(self.reader)

    async def ended(self) -> bool:
        """Wait until the other end let go."""
        async with asyncio.timeout(60):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass
        return True


@asynccontextmanager
async def raw(port: int) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


async def is_served(running: Segments, name: str) -> None:
    """A client of good manners is registered, by the zone server."""
    async with client(running.target(by_zone=True), name, own={"ReportingTLSMode": 0}):
        await until(lambda: running.by_name(name))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([1e15, 10**30, "\U0001f600" * 256, [1e15] * 3000]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = st.sampled_from(["hello", "part", "id", "name", "release", "register", "relay", "answer", "frame", "client",
                         "zone", "tls", "ping", "tell", "refused", "welcome", "address"])  # fmt: skip
FRAMES = st.dictionaries(
    WORDS | st.text(max_size=6), VALUES | st.sampled_from([314, "client", "hub", HELLO]), max_size=8
).filter(lambda frame: len(json.dumps(frame, ensure_ascii=False).encode()) <= LONGEST)
RUBBISH = st.binary(min_size=1, max_size=200)


@pytest.mark.parametrize("by_zone", [False, True])
@pytest.mark.parametrize("first", [[], [HELLO], [HUB]], ids=["no hello", "client", "hub"])
async def test_whatever_is_sent_everybody_else_is_served(
    by_zone: bool, first: list[Frame], bare_tanium_server: Appliance
) -> None:
    async with attended(bare_tanium_server) as told, segments(told=told) as running:
        port = running.target(by_zone=by_zone).port

        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(FRAMES.map(frame_bytes) | RUBBISH, min_size=1, max_size=4))
        def sent(pieces: list[bytes]) -> None:
            said.append(b"".join(map(frame_bytes, first)) + b"".join(pieces))

        said: list[bytes] = []
        sent()
        for data in said:
            async with raw(port) as evil:
                evil.writer.write(data)
                evil.writer.write_eof()
                assert await evil.ended()
        await is_served(running, "pc1")
        await until(lambda: names_kept(bare_tanium_server) >= {"pc1", ZS})
        assert running.hub is not None
        assert not any(task.done() for task in running.hub._tasks)
        assert not running.server._handing_on.done()


def names_kept(appliance: Appliance) -> set[str]:
    return {row.name for kind in ("client", "zone-server") for row in registered(appliance, kind)}


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1e999}', b'{"a": -1e999}', b'{"a": NaN}', b'{"a": "\\ud800"}', b'{"\\udc00": 1}', b"[1]", b"",
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", b'{"a":' * 200 + b"1" + b"}" * 200, b"\xff\xfe", b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_could_not_be_sent_on_is_no_frame(data: bytes) -> None:
    with pytest.raises(BadFrame):
        parse_frame(data)


def test_brackets_and_pairs_of_halves_in_a_text_are_a_text() -> None:
    frame = {"tell": "[{" * 100, "smile": "\U0001f600"}
    assert parse_frame(json.dumps(frame).encode()) == frame


async def test_a_client_cannot_speak_for_a_zone_or_as_a_server() -> None:
    async with segments() as running:
        async with raw(running.target(by_zone=True).port) as evil:
            evil.say(HELLO, {"register": {}, "zone": "other.lab.test", "client": {**HELLO, "name": "other"}})
            assert await evil.hear() == {"welcome": ZS, "release": "7.3"}
            assert (await evil.hear() or {})["registered"] == TS
        assert running.told.reports["client", "evil"]["via"] == ZS
        for part in ("zone-server", "hub"):
            async with raw(running.target(by_zone=False).port) as evil:
                evil.say({**HELLO, "part": part}, {"register": {}})
                first = await evil.hear()
                assert first is not None
                assert "registered" not in first
        assert ("zone-server", "evil") not in running.told.reports


async def test_a_frame_that_grows_on_its_way_cuts_no_hub() -> None:
    async with segments() as running, raw(running.target(by_zone=True).port) as evil:
        assert running.hub is not None
        (way,) = running.hub._zones.values()
        there = way._connection
        evil.say(HELLO)
        assert "welcome" in (await evil.hear() or {})
        text = b'{"tell":"x","a":[' + b",".join([b"1e15"] * 3200) + b"]}"
        evil.writer.write(len(text).to_bytes(4) + text)
        assert await evil.hear() == {"refused": "not-understood"}
        await is_served(running, "good")
        assert way._connection is there


async def test_a_zone_server_speaks_for_itself_alone_whatever_it_claims() -> None:
    async with segments() as running:
        await until(lambda: ("zone-server", ZS) in running.told.reports)
        hub = running.zone._hubs
        for part in ("zone-server", "client", "hub"):
            claimed = {**HELLO, "part": part, "name": "zs2.lab.test", "id": "zs2.lab.test"}
            asked = {"client": claimed, "address": "", "tls": True, "frame": {"register": {}}, "zone": "zs2.lab.test"}
            await hub.ask(asked)
        assert {key[0] for key in running.told.reports} == {"zone-server", "client"}
        assert ("zone-server", "zs2.lab.test") not in running.told.reports
        assert running.told.reports["client", "zs2.lab.test"]["via"] == ZS


async def test_a_zone_server_that_says_as_much_as_it_may_costs_no_other_the_tanium_server() -> None:
    async with segments() as running:
        assert running.hub is not None
        there = running.hub._server._connection
        asked: Frame = {"client": HELLO, "address": "", "tls": True, "frame": {"tell": ""}}
        asked["frame"] = {"tell": "x" * (LONGEST_RELAYED - len(frame_bytes({"relay": 10, **asked})))}
        assert await running.zone._hubs.ask(asked) == {"refused": "not-understood"}
        await is_served(running, "pc1")
        assert running.hub._server._connection is there


async def test_nobody_is_a_hub_of_the_tanium_server_from_elsewhere() -> None:
    async with segments(server={"AllowedHubs": "10.0.0.9"}, has_hub=False) as running:
        hub = made_hub(running)
        await until(lambda: any(each["problem"] == "hub-not-allowed" for each in running.told.segments))
        await hub.close()


async def test_answers_for_unknown_zones_and_of_unknown_numbers_are_lost_and_nothing_else_is() -> None:
    async with segments() as running:
        assert running.hub is not None
        server_way = running.hub._server
        for frame in ({"answer": 1, "zone": "nowhere", "frame": {}}, {"answer": "x", "zone": ZS, "frame": {}},
                      {"answer": 10**9, "zone": ZS, "frame": {}}, {"answer": 1, "zone": [], "frame": {}},
                      {"answer": 1, "zone": ZS}):  # fmt: skip
            with suppress(BadFrame):
                await running.hub._answer(server_way, frame)
        await is_served(running, "pc1")


async def test_who_says_nothing_or_half_of_something_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "FIRST_SECONDS", 0.1)
    monkeypatch.setattr(listener, "HANDSHAKE_SECONDS", 0.1)
    monkeypatch.setattr("tanos.services.protocol.HELLO_SECONDS", 0.1)
    async with segments(has_hub=False) as running:
        for start in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01", b"\0", b"\0\0\0\x10{", b"\0\0\0\0"):
            async with raw(running.target(by_zone=True).port) as evil:
                evil.writer.write(start)
                assert await evil.ended()
        assert not running.zone._listener._open


@pytest.mark.parametrize("first", [HELLO, HUB], ids=["client", "hub"])
async def test_who_asks_and_asks_and_reads_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch, first: Frame) -> None:
    monkeypatch.setattr(listener, "UNREAD_SECONDS", 0.3)
    async with segments(has_hub=False) as running, raw(running.target(by_zone=False).port) as evil:
        evil.reader._transport.pause_reading()  # type: ignore[attr-defined]  # as one whose program has stopped
        evil.say(first)
        many = frame_bytes({"ping": "x" * 8000}) * 100
        with suppress(ConnectionError, TimeoutError):
            while True:
                evil.writer.write(many)
                async with asyncio.timeout(1):
                    await evil.writer.drain()
        await until(lambda: not running.server._listener._open)


async def test_so_many_connections_are_open_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_OF_ONE", 5)
    async with segments(has_hub=False) as running:
        port = running.target(by_zone=False).port
        opened = [await asyncio.open_connection(LOOPBACK, port) for _ in range(20)]
        await until(lambda: running.server._listener._open.total() == 5)
        ended = [asyncio.create_task(reader.read(1)) for reader, _ in opened]
        await until(lambda: sum(task.done() for task in ended) == 15)
        for _, writer in opened:
            writer.transport.abort()
        await asyncio.gather(*ended, return_exceptions=True)
        await until(lambda: not running.server._listener._open)
        await is_registered(running)


@pytest.mark.parametrize("expected", [True, False], ids=["its hub", "this machine"])
async def test_who_holds_every_place_keeps_neither_a_hub_out_nor_who_looks_whether_it_runs(
    expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "MOST", listener.KEPT + 5)
    hub = "127.0.0.3"
    async with segments(has_hub=False, zone={"AllowedHubs": hub}) as running:
        port = running.target(by_zone=True).port
        held = [await asyncio.open_connection(LOOPBACK, port, local_addr=("127.0.0.2", 0)) for _ in range(9)]
        await until(lambda: running.zone._listener._open.total() == 5)
        if expected:
            _, writer = await asyncio.open_connection(LOOPBACK, port, local_addr=(hub, 0))
            held.append((_, writer))
            writer.write(frame_bytes({**HELLO, "part": "hub", "name": TS}))
            await until(lambda: running.zone._hubs.as_data())
        else:
            assert await look(LOOPBACK, port) is not None
        for _, writer in held:
            writer.transport.abort()


async def is_registered(running: Segments) -> None:
    async with client(running.target(by_zone=False), "good", own={"ReportingTLSMode": 1}):
        await until(lambda: running.by_name("good"))


async def test_a_zone_server_that_reads_nothing_is_let_go_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(way, "MOST_UNREAD", 64 * 1024)
    async with segments(zone_mode=0) as running:
        assert running.hub is not None
        zone = running.hub._zones[ZS]
        frame = {"answer": 10**9, "frame": {"text": "x" * 10_000}}
        connection = zone._there()
        running.zone._hubs.all[0].connection.reader._transport.pause_reading()  # type: ignore[attr-defined]
        with pytest.raises(ConnectionError):
            for _ in range(10_000):
                zone.post(frame)
        await until(lambda: zone.is_open and zone._there() is not connection)
        await is_served(running, "pc1")


async def test_what_the_server_remembers_of_neighbours_is_bounded() -> None:
    async with segments() as running:
        neighbours = running.server._registrar._neighbours
        for number in range(50):
            await running.zone._hubs.ask(relayed_by(number))
        assert len(neighbours._latest) <= MOST_SERVERS
        assert len(neighbours._latest[ZS, 314]) == REMEMBERED


def relayed_by(number: int) -> dict[str, Any]:
    hello = {**HELLO, "id": f"pc{number}", "name": f"pc{number}"}
    return {"client": hello, "address": LOOPBACK, "tls": False, "frame": {"register": {"port": 1000 + number}}}


@pytest.mark.parametrize("longer", [{"id": "i" * 129}, {"release": "7" * 33}, {"name": "n" * 257}])
async def test_who_says_more_of_himself_than_there_is_to_say_is_let_go(longer: Frame) -> None:
    async with segments(has_hub=False) as running, raw(running.target(by_zone=False).port) as evil:
        evil.say({**HELLO, **longer}, {"register": {}})
        assert await evil.ended()
        assert not running.told.reports


async def test_of_what_is_told_as_much_is_kept_as_a_row_may_hold() -> None:
    async with segments(has_hub=False) as running, raw(running.target(by_zone=False).port) as talker:
        talker.say({**HELLO, "id": "i" * 128, "release": "7" * 32}, {"tell": "x" * 4096})
        assert "welcome" in (await talker.hear() or {})
        assert await talker.hear() == {"heard": True}
        await until(lambda: running.by_name("evil"))
        assert (running.by_name("evil") or {})["said"] == "x" * 256
