"""A server that is trusted, and broken: whatever it says, it is answered, and takes nothing for good."""

from pathlib import Path

import pytest

from tanos.revocation.kept import kept_lists
from tanos.revocation.lists import renew_when_due
from tanos.services.frames import Frame
from tanos.settings.setting import Component
from tanos.settings.values import effective
from tanos.subordinate_keys import KINDS, lifetime
from tanos.synchronising.merging import MOST_NUMBER
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.synchronising.made import ADDRESS, Server, carried, pair_of, synchronise

__all__ = ["clock"]
Pair = tuple[Server, Server]
FLAG = "enable_protocol_314_flag"
FIRST, LAST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Pair:
    """Two that trust each other."""
    return pair_of(tmp_path, clock)


def say(pair: Pair, frame: Frame) -> Frame:
    """Have the second of them say that; return what the first answers."""
    one, other = pair
    return one.keeps.answer(other.shown, ADDRESS, carried(frame)).say


def test_a_moment_that_no_clock_has_is_none(pair: Pair) -> None:
    row = {"id": "a", "name": "a", "release": "", "via": "", "address": "", "said": "", "protocol": 315}
    for at in (FIRST, LAST):
        say(pair, {"now": at, "clients": [{**row, "using_tls": True, "at": at}]})
    assert not pair[0].elsewhere()


def test_a_part_far_behind_the_last_is_answered_with_the_first(pair: Pair) -> None:
    renew_when_due(pair[0].appliance)
    kept = kept_lists(pair[0].appliance)[0]
    wanted = [kept.issuer_key, kept.number, 1 << 70]
    told = say(pair, {"wants": {"after": ["", ""], "lists": {kept.issuer_key: 0}, "part": wanted}})
    assert told["list"]["part"] == 0


def test_no_number_is_so_high_that_nobody_can_write_after_it(pair: Pair) -> None:
    one, other = pair
    for _ in range(3):
        say(pair, {"settings": [["global", FLAG, "number", "1", MOST_NUMBER, "ts2.lab.test"]]})
    other.set(FLAG, "1")
    synchronise(other, one)
    one.set(FLAG, "0")
    synchronise(one, other)
    assert (one.get(FLAG), other.get(FLAG)) == (0, 0)


def test_a_window_that_came_alone_renews_no_key_without_end(pair: Pair) -> None:
    for kind in KINDS:
        rows = [[kind.validity_setting, "1"], [kind.window_setting, "80000"]]
        say(pair, {"settings": [["global", name, "number", value, 1, "ts2.lab.test"] for name, value in rows]})
        say(pair, {"settings": [["clients", name, "number", value, 1, "ts2.lab.test"] for name, value in rows]})
    appliance = pair[0].appliance
    held = {**effective(appliance, Component.CLIENTS), **effective(appliance, Component.GLOBAL)}
    assert all(lifetime(kind, held).days == 1 for kind in KINDS)
    assert all(lifetime(kind, held).is_sound for kind in KINDS)
