"""The front ends trials in time, tells its open menus, and lets who comes after a change come on its terms."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sftp.clerk import Clerk
from sftp.deadlines import Deadlines
from sftp.house import House
from sftp.warm import WarmParent
from tanos.appliance import Appliance, lay_out
from tanos.errors import Damaged
from tanos.message import N_
from tanos.policy.door import KEEP_ALIVE
from tanos.policy_setting.on_trial import POLICY
from tanos.trials import ends
from tanos.trials.rows import on_trial
from tanos.trials.trial import newest
from tests.conftest import NOON, ZS1, call


class OpenMenu:
    """Stands for a connection with one open menu."""

    guest = None

    def __init__(self) -> None:
        self.told = 0

    def channels(self) -> list["OpenMenu"]:
        """Return itself."""
        return [self]

    def refresh(self) -> None:
        """Count it."""
        self.told += 1


class Clock:
    """Noon, until it is moved."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the appliance."""
    return Clock()


@pytest.fixture
async def house(tmp_path: Path, clock: Clock) -> AsyncIterator[House]:
    """A house with one open menu."""
    lay_out(tmp_path / "zs1", ZS1)
    appliance = Appliance(tmp_path / "zs1", ZS1, clock=clock)
    clerk = Clerk(appliance)
    made = House(appliance, WarmParent(appliance.home), clerk, clerk)
    made.guests[OpenMenu()] = None  # type: ignore[index]  # stands for a connection
    yield made
    await clerk.close()


def raising(error: Exception) -> Callable[..., None]:
    """Return what fails so."""

    def fail(*_: object) -> None:
        raise error

    return fail


def told(house: House) -> int:
    """Return how often the menu was told to look again."""
    menu: Any = next(iter(house.guests))
    return int(menu.told)


def decide(house: House, value: int) -> None:
    """Decide a term of the door on trial."""
    asked = call(house.appliance)
    with house.appliance.store.change(asked) as change, on_trial(change, asked, POLICY, name=KEEP_ALIVE.name):
        KEEP_ALIVE.write(change, value)


async def test_menus_are_told_when_it_begins_each_minute_and_when_it_ends(house: House, clock: Clock) -> None:
    said: list[str] = []
    deadlines = Deadlines(house, lambda message: said.append(str(message)))
    await deadlines.look()
    assert told(house) == 0
    decide(house, 77)
    for _ in range(3):
        await deadlines.look()
    assert told(house) == 1
    clock.now += timedelta(minutes=1)
    for _ in range(3):
        await deadlines.look()
    assert told(house) == 2
    clock.now += timedelta(minutes=9)
    await deadlines.look()
    assert told(house) == 3
    assert [sentence.partition(".")[0] for sentence in said] == ["Nobody confirmed in time"]
    assert KEEP_ALIVE.read(house.appliance) == KEEP_ALIVE.default
    await deadlines.look()
    assert told(house) == 3


async def test_what_cannot_be_put_back_is_said_once_and_tried_again_until_it_can(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    deadlines = Deadlines(house, lambda message: said.append(str(message)))
    decide(house, 77)
    clock.now += timedelta(minutes=11)
    for failure in (Damaged("store-failed", N_("The disk is full."), N_("Make space.")), ZeroDivisionError()):
        with monkeypatch.context() as patched:
            patched.setattr(ends, "take", raising(failure))
            for _ in range(3):
                await deadlines.look()
    assert said[:2] == ["The disk is full.", "Make space."]
    assert ["log of faults" in sentence for sentence in said[2:]] == [True]
    assert (house.appliance.home / "log" / "faults.log").read_text().count("ZeroDivisionError") == 1
    await deadlines.look()
    assert [sentence.partition(".")[0] for sentence in said[3:]] == ["Nobody confirmed in time"]


@pytest.mark.parametrize(("other_algorithms", "came_after"), [(False, 1), (True, 0)])
async def test_who_connects_after_a_change_comes_on_its_terms_or_counts_as_come_before(
    house: House, other_algorithms: bool, came_after: int
) -> None:
    followed = 0

    def follow() -> bool:
        nonlocal followed
        followed += 1
        return other_algorithms and followed > 1

    house.follow = follow
    assert house.newest_trial() == 0
    decide(house, 77)
    assert house.newest_trial() == came_after
    assert house.newest_trial() == newest(house.appliance) == 1
    assert followed == 2


def test_a_connection_whose_beginning_cannot_be_told_proves_nothing(house: House) -> None:
    (house.appliance.home / "appliance.db").write_bytes(b"rubbish" * 1000)
    assert house.newest_trial() == -1
