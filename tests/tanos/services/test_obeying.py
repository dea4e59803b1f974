"""Clients of 7.4 have a key signed, obey what is signed, and find their way through a change of the root."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tanos.client_trust.messages import BadMessage
from tanos.services.client.client import PING_SECONDS, SHORTEST_PAUSE
from tanos.services.client.keyring import Keyring
from tanos.services.client.settings import ClientSettings
from tanos.services.frames import Frame, frame_bytes
from tanos.services.protocol import NEW, Hello, Part
from tanos.services.relaying import LONGEST_TO_HUB, Asking
from tanos.services.tanium_server.registering import Registrar
from tanos.services.tls import platform_server
from tests.tanos.services.authority import authority
from tests.tanos.services.saying import authority_root, code_of, grant, said_words
from tests.tanos.services.segments import TS, Segments, client, orders, segments, until
from tests.tanos.services.travelling import travel

HELLO = Hello(Part.CLIENT, "c1", "pc1", NEW, "7.4")


async def say(running: Segments, *words: Any, **named: Any) -> None:
    await running.server.answer("message", said_words(*words, **named))


def present(running: Segments, number: int) -> None:
    """The Tanium Server shows a pair of another root."""
    pem = authority(number).pem
    running.server._listener.present(platform_server(authority(number).pair(TS), pem))


@pytest.mark.parametrize("by_zone", [False, True])
async def test_a_client_has_its_key_signed_where_it_comes_and_obeys_a_signed_message(by_zone: bool) -> None:
    async with (
        segments(release="7.4", server={"for_clients": {"x": 5}}) as running,
        client(running.target(by_zone=by_zone), release="7.4") as pc1,
    ):
        await until(lambda: pc1.connection and pc1.keyring and pc1.keyring.key.certified)
        assert pc1.keyring is not None and pc1.keyring.key.certified is not None
        assert pc1.settings.values == {"Server_x": 5}
        held = pc1.keyring.key.certified
        holder = "zs1.lab.test" if by_zone else TS
        assert held.intermediate.subject.rfc4514_string() == f"CN={holder} Intermediate TLS"
        assert held.leaf.subject.rfc4514_string() == f"CN=Client {pc1.hello.id}"


@pytest.mark.parametrize("by", [None, 1])
async def test_what_nobody_signed_or_another_root_is_not_obeyed(by: int | None) -> None:
    async with segments(release="7.4", has_hub=False) as running:
        if by is None:
            running.server._registrar.telling._message = {"body": "", "signature": "", "certificate": ""}
        else:
            await say(running, by=1, roots=(1,), TLSMode=0)
        async with client(running.target(by_zone=False), release="7.4") as pc1:
            await until(lambda: pc1._pause > SHORTEST_PAUSE)
            assert pc1.registrations == 0
            assert pc1.settings.values == {}
            await say(running, number=2)
            await until(lambda: pc1.registrations)


async def test_before_there_is_a_message_nobody_is_registered_and_all_are_soon_after() -> None:
    async with segments(release="7.4", has_hub=False) as running:
        running.server._registrar.telling._message = None
        async with client(running.target(by_zone=False), release="7.4") as pc1:
            await until(lambda: pc1._pause > SHORTEST_PAUSE)
            await say(running)
            await until(lambda: pc1.registrations)


async def test_a_client_without_a_key_is_registered_all_the_same() -> None:
    async def refuse(what: str, **words: Any) -> Frame:
        if what == "intermediate":
            raise PermissionError("no-root")
        return {}

    async with segments(release="7.4", has_hub=False) as running:
        running.server._granting._line.ask = refuse  # type: ignore[method-assign]  # the supervisor has no root
        async with client(running.target(by_zone=False), release="7.4", meets=True) as pc1:
            await until(lambda: pc1.registrations)
            assert pc1.keyring is not None and pc1.neighbours is not None
            assert pc1.keyring.key.certified is None
            assert pc1.neighbours._listener is None


async def test_who_was_away_during_a_change_of_the_root_is_led_to_the_next_and_drops_the_former(
    tmp_path: Path,
) -> None:
    state = tmp_path / "pc1.json"
    async with segments(release="7.4", has_hub=False) as running:
        async with client(
            running.target(by_zone=False), release="7.4", settings=ClientSettings(NEW, state)
        ) as before:
            await until(lambda: before.registrations)
        present(running, 1)
        await say(running, number=5, by=1, roots=(1,), ended=(0,))
        running.server._certifier._ask = lambda words: granted({**words, "holder": TS}, 1)
        running.server._certifier._next_at = 0.0
        again = ClientSettings(NEW, state)
        async with client(running.target(by_zone=False), release="7.4", settings=again) as pc1:
            await until(lambda: pc1.registrations and pc1.keyring and pc1.keyring.key.certified)
            assert pc1.keyring is not None
            assert pc1.keyring.known == [code_of(1)]
    assert json.loads(state.read_text())["trust"]["ended"] == {"CN=ts1.lab.test": [code_of(0)]}
    assert ClientSettings(NEW, state).trust["roots"]


async def granted(words: Frame, number: int) -> Frame:
    return grant(words, number)


async def test_a_server_of_no_root_that_is_known_or_led_to_is_not_believed() -> None:
    async with segments(release="7.4", has_hub=False) as running:
        present(running, 2)
        await say(running, number=5, by=2, roots=(2,))
        async with client(running.target(by_zone=False), release="7.4") as pc1:
            await until(lambda: pc1._pause > 2 * SHORTEST_PAUSE)
            assert pc1.registrations == 0
            assert pc1.keyring is not None and pc1.keyring.known == [code_of(0)]


def test_news_reach_a_client_that_stays_within_minutes() -> None:
    async def story() -> None:
        async with (
            segments(release="7.4", has_hub=False) as running,
            client(running.target(by_zone=False), release="7.4") as pc1,
        ):
            await until(lambda: pc1.connection)
            await say(running, number=2, roots=(0, 1))
            await asyncio.sleep(PING_SECONDS + 1)
            await until(lambda: pc1.registrations == 2)
            assert pc1.keyring is not None and len(pc1.keyring.known) == 2

    travel(story())


def test_a_client_renews_its_key_in_its_window_and_stays_registered() -> None:
    async def story() -> None:
        async with (
            segments(release="7.4", has_hub=False, server={"for_clients": {WINDOW: 167}}) as running,
            client(running.target(by_zone=False), release="7.4") as pc1,
        ):
            await until(lambda: pc1.connection)
            assert pc1.keyring is not None and pc1.keyring.key.certified is not None and pc1.connection is not None
            first = pc1.keyring.key.certified.leaf
            half = timedelta(days=3, hours=12)
            move(running, pc1.keyring, half - timedelta(minutes=6))
            pc1.connection.writer.transport.abort()
            await until(lambda: pc1.registrations == 2)
            assert pc1.keyring.key.certified.leaf == first
            await asyncio.sleep(30)
            move(running, pc1.keyring, half)
            await asyncio.sleep(360)
            await until(lambda: pc1.registrations == 3)
            assert pc1.keyring.key.certified.leaf != first

    travel(story())


def move(running: Segments, keyring: Keyring, ahead: timedelta) -> None:
    """Have both believe that it is so much later."""
    keyring._clock = running.server._certifier._clock = lambda: datetime.now(UTC) + ahead


WINDOW = "PKIClientTLSKeyRenewalWindowHours"


def test_the_root_of_these_tests_is_one() -> None:
    assert authority_root().subject


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ASKED = st.dictionaries(
    st.sampled_from(["register", "letters", "certify", "request", "intermediate", "ping", "number"]),
    VALUES,
    max_size=3,
)


@settings(max_examples=100, deadline=None)
@given(ASKED)
def test_whatever_a_client_asks_it_is_answered_in_one_frame(asked: dict[str, Any]) -> None:
    registrar = Registrar(orders(TS, "7.4", {}), lambda _: None)
    registrar.telling.hear(said_words())
    answer = registrar.respond(Asking(HELLO, "10.0.0.1", True), asked)
    assert len(frame_bytes(answer)) < LONGEST_TO_HUB


@settings(max_examples=100, deadline=None)
@given(ASKED | VALUES)
def test_whatever_a_server_answers_a_client_obeys_nothing_that_is_not_signed(answer: Any) -> None:
    kept = ClientSettings(NEW)
    keyring = Keyring(kept, [authority_root()])
    for obeyed in (keyring.believe, keyring.follow):
        with pytest.raises(BadMessage):
            obeyed(answer)
    keyring.question()
    assert not keyring.take({"certified": answer})
    assert (kept.values, keyring.known) == ({}, [code_of()])
