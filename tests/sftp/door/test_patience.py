"""How long a guesser waits, without waiting."""

import pytest

from sftp import patience
from sftp.patience import Patience


def test_the_delay_doubles_up_to_a_bound_and_a_right_password_ends_it() -> None:
    one = Patience()
    delays = []
    for _ in range(9):
        delays.append(one.delay("a"))
        one.remember("a")

    assert delays == [0, 0.25, 0.5, 1, 2, 4, 8, 8, 8]
    assert one.delay("b") == 0
    one.forgive("a")
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
