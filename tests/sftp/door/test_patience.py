"""How long a guesser waits: in line with the others of his network, and longer each time."""

import asyncio
import time
from itertools import pairwise

import pytest

from sftp import patience
from sftp.patience import MOST_IN_LINE, Outcome, Patience


async def _right() -> bool:
    return True


async def _wrong() -> bool:
    return False


async def test_guesses_side_by_side_are_checked_one_by_one_and_few_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SHORTEST", 0.05)
    one, checked = Patience(), []

    async def wrong() -> bool:
        checked.append(time.monotonic())
        return False

    outcomes = await asyncio.gather(*(one.check("a", wrong) for _ in range(50)))

    assert outcomes.count(Outcome.WRONG) == len(checked) == MOST_IN_LINE
    assert outcomes.count(Outcome.UNCHECKED) == 50 - MOST_IN_LINE
    pauses = [later - earlier for earlier, later in pairwise(checked)]
    assert all(pause >= due for pause, due in zip(pauses, (0.05, 0.1, 0.2), strict=True))


async def test_others_do_not_wait_for_a_guesser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SHORTEST", 3600.0)
    one = Patience()
    await one.check("a", _wrong)
    guesser = asyncio.create_task(one.check("a", _wrong))

    assert await asyncio.wait_for(one.check("b", _right), 60) is Outcome.RIGHT

    guesser.cancel()
    await asyncio.wait({guesser})
    assert not one._lines


async def test_the_delay_doubles_up_to_a_bound_and_a_right_password_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Patience()
    delays = []
    for _ in range(9):
        delays.append(one.delay("a"))
        one.remember("a")

    assert delays == [0, 0.25, 0.5, 1, 2, 4, 8, 8, 8]
    assert one.delay("b") == 0
    monkeypatch.setattr(one, "delay", lambda _: 0.0)
    await one.check("a", _right)
    monkeypatch.undo()
    assert one.delay("a") == 0


def test_failures_are_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    one = Patience()
    for _ in range(5):
        one.remember("a")
    assert one.delay("a") > 0

    now += patience.FORGOTTEN_AFTER + 1

    assert one.delay("a") == 0


def test_many_addresses_do_not_fill_the_memory() -> None:
    one = Patience()

    for number in range(5000):
        one.remember(str(number))

    assert one.delay("0") == 0
    assert one.delay("4999") > 0
