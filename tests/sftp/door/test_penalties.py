"""Penalties for guessing: when they begin, what they weigh, when they end, and whom they never touch."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from time import monotonic

import pytest

from sftp import house as house_module
from sftp import penalties as penalties_module
from sftp.clerk import Clerk
from sftp.house import House
from sftp.penalties import MOST_NETWORKS, Penalties
from sftp.sparing import Sparing
from sftp.terms import Terms
from sftp.warm import WarmParent
from tanos.appliance import Appliance
from tanos.door.networks import read_network
from tanos.door.penalties import WINDOW_SECONDS, lifted, penalties
from tanos.users.judge import Verdict
from tests.conftest import NOON, call

NETWORK = "192.0.2.7"


class Time:
    """Both clocks, moved by hand."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._now = 1000.0

    def __call__(self) -> float:
        return self._now

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
        self._appliance.clock = self._appliance.store.clock = lambda: NOON + timedelta(seconds=self._now - 1000)


@pytest.fixture
async def clerk(bare_zone_server: Appliance) -> AsyncIterator[Clerk]:
    """Writes the records."""
    bare_zone_server.store.rows("SELECT 1")
    one = Clerk(bare_zone_server)
    yield one
    await one.close()


def new(appliance: Appliance, clerk: Clerk, after: int = 10, time: Callable[[], float] = monotonic) -> Penalties:
    """Penalties by the policies as shipped."""
    one = Penalties(appliance, clerk, time)
    one.after, one.seconds = after, 600
    one.load()
    return one


def guess(one: Penalties, times: int, network: str = NETWORK) -> None:
    """Guess a password wrongly so often."""
    for _ in range(times):
        one.wrong(network)


async def written(clerk: Clerk) -> None:
    """Wait until everything noted stands in the store."""
    await clerk.ask(lambda _: None)


async def test_the_tenth_wrong_password_begins_a_penalty_that_ends_by_itself(
    bare_zone_server: Appliance, clerk: Clerk
) -> None:
    time = Time(bare_zone_server)
    one = new(bare_zone_server, clerk, time=time)
    guess(one, 9)
    assert one.refuses(NETWORK) is None
    guess(one, 1)
    penalty = one.refuses(NETWORK)
    assert penalty is not None
    assert (penalty.passwords, penalty.since, penalty.until) == (10, "2026-11-22T12:00:00Z", "2026-11-22T12:10:00Z")
    assert one.refuses("192.0.2.8") is None
    await written(clerk)
    assert penalties(bare_zone_server) == [penalty]

    one.count_refused(NETWORK)
    guess(one, 50)
    time.passes(601)
    assert one.refuses(NETWORK) is None
    await one.look()
    await written(clerk)
    assert bare_zone_server.store.rows("SELECT * FROM penalties") == []
    rows = bare_zone_server.store.rows("SELECT verb, object, after FROM audit ORDER BY id")
    assert [(row["verb"], row["object"]) for row in rows] == [("penalty begin", NETWORK), ("penalty end", NETWORK)]
    assert rows[1]["after"] == "1 not checked"


async def test_failures_further_apart_than_the_window_are_not_counted_together(
    bare_zone_server: Appliance, clerk: Clerk
) -> None:
    time = Time(bare_zone_server)
    one = new(bare_zone_server, clerk, time=time)
    guess(one, 9)
    time.passes(WINDOW_SECONDS + 1)
    guess(one, 9)
    assert one.refuses(NETWORK) is None


async def test_a_right_password_forgets_the_failures(bare_zone_server: Appliance, clerk: Clerk) -> None:
    one = new(bare_zone_server, clerk)
    guess(one, 9)
    one.right(NETWORK)
    guess(one, 9)
    assert one.refuses(NETWORK) is None


async def test_connections_with_unknown_keys_weigh_a_tenth(bare_zone_server: Appliance, clerk: Clerk) -> None:
    one = new(bare_zone_server, clerk)
    for _ in range(99):
        one.unknown_keys(NETWORK)
    assert one.refuses(NETWORK) is None
    one.unknown_keys(NETWORK)
    assert one.refuses(NETWORK) is not None


async def test_an_exempt_network_and_a_policy_of_zero_get_no_penalty(
    bare_zone_server: Appliance, clerk: Clerk
) -> None:
    one = new(bare_zone_server, clerk)
    one.exempt = [read_network("192.0.2.0/24")]
    guess(one, 50)
    assert one.refuses(NETWORK) is None
    one.exempt = []
    assert one.refuses(NETWORK) is None, "what came while it was exempt is not held against it"
    await written(clerk)
    assert penalties(bare_zone_server) == []
    guess(one, 50, "2001:db8:1:2::/64")
    assert one.refuses("2001:db8:1:2::/64") is not None
    one.exempt = [read_network("2001:db8::/32")]
    assert one.refuses("2001:db8:1:2::/64") is None

    never = new(bare_zone_server, clerk, after=0)
    guess(never, 50)
    assert never.refuses(NETWORK) is None


async def test_a_penalty_outlives_a_restart_and_is_lifted_in_the_store(
    bare_zone_server: Appliance, clerk: Clerk
) -> None:
    guess(new(bare_zone_server, clerk), 10)
    await written(clerk)

    again = new(bare_zone_server, clerk)
    assert again.refuses(NETWORK) is not None
    again.lift([NETWORK, "192.0.2.99"])
    assert again.refuses(NETWORK) is None
    await written(clerk)
    assert bare_zone_server.store.rows("SELECT * FROM penalties") == []
    guess(again, 9)
    assert again.refuses(NETWORK) is None
    again.lift([NETWORK])
    guess(again, 9)
    assert again.refuses(NETWORK) is None, "whose penalty is lifted begins anew"


async def test_a_penalty_that_was_lifted_while_the_door_was_shut_exempts_nobody(
    bare_zone_server: Appliance, clerk: Clerk
) -> None:
    guess(new(bare_zone_server, clerk), 10)
    await written(clerk)
    with bare_zone_server.store.change(call(bare_zone_server)) as change:
        change.execute("UPDATE penalties SET lifted = 1")

    again = new(bare_zone_server, clerk)
    again.lift(lifted(bare_zone_server))
    await again.look()
    assert lifted(bare_zone_server) == []
    guess(again, 10)
    assert again.refuses(NETWORK) is not None


async def test_a_penalty_that_a_clock_ahead_of_its_time_wrote_lasts_no_longer_than_one_does(
    bare_zone_server: Appliance, clerk: Clerk
) -> None:
    time = Time(bare_zone_server)
    time.passes(400 * 24 * 3600)
    guess(new(bare_zone_server, clerk, time=time), 10)
    await written(clerk)
    time.passes(-400 * 24 * 3600)

    again = new(bare_zone_server, clerk, time=time)
    held = again.refuses(NETWORK)
    assert held is not None
    assert held.until == "2026-11-22T12:10:00Z"
    time.passes(601)
    assert again.refuses(NETWORK) is None


async def test_how_much_was_refused_is_shown_while_it_lasts(bare_zone_server: Appliance, clerk: Clerk) -> None:
    one = new(bare_zone_server, clerk)
    guess(one, 10)
    for _ in range(7):
        one.count_refused(NETWORK)
    await written(clerk)
    await one.look()
    assert [each.refused for each in penalties(bare_zone_server)] == [7]


async def test_many_networks_do_not_fill_the_memory(bare_zone_server: Appliance, clerk: Clerk) -> None:
    one = new(bare_zone_server, clerk, after=3)
    for number in range(MOST_NETWORKS + 500):
        guess(one, 1, f"a{number}")
    assert len(one._failures) == MOST_NETWORKS
    for number in range(MOST_NETWORKS + 500):
        guess(one, 3, f"b{number}")
    assert len(one._held) == MOST_NETWORKS


async def test_a_penalty_that_had_to_make_room_is_shown_no_more_and_its_end_is_written_down(
    bare_zone_server: Appliance, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(penalties_module, "MOST_NETWORKS", 3)
    time = Time(bare_zone_server)
    one = new(bare_zone_server, clerk, after=3, time=time)
    for number in range(5):
        guess(one, 3, f"192.0.2.{number}")
        time.passes(1)
    await written(clerk)
    hold = [f"192.0.2.{number}" for number in range(5) if one.refuses(f"192.0.2.{number}")]
    assert hold == ["192.0.2.2", "192.0.2.3", "192.0.2.4"]
    assert sorted(each.network for each in penalties(bare_zone_server)) == hold
    ended = bare_zone_server.store.rows("SELECT object, after FROM audit WHERE verb = 'penalty end' ORDER BY id")
    assert [tuple(row) for row in ended] == [(f"192.0.2.{number}", "made room for another") for number in (0, 1)]

    monkeypatch.setattr(penalties_module, "MOST_NETWORKS", 2)
    again = new(bare_zone_server, clerk, after=3, time=time)
    guess(again, 3, "192.0.2.9")
    await written(clerk)
    assert {each.network for each in penalties(bare_zone_server)} == {"192.0.2.4", "192.0.2.9"}
    assert again.refuses("192.0.2.4")
    assert not again.refuses("192.0.2.3")


async def test_under_a_penalty_no_hash_is_computed_and_one_record_a_minute_is_written(
    bare_zone_server: Appliance, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house_module, "HELD_SECONDS", 0.0)
    asked: list[Appliance] = []

    def question(appliance: Appliance) -> Verdict:
        asked.append(appliance)
        return Verdict(True)

    house = House(bare_zone_server, WarmParent(bare_zone_server.home), clerk, clerk)
    house.take(Terms(penalty_after=3))
    guess(house.penalties, 3)
    for _ in range(100):
        assert not await house.guess(NETWORK, call(bare_zone_server, "sign-in"), question)
    await written(clerk)
    count = "SELECT count(*) FROM audit WHERE verb = 'sign-in' AND result = 'too-many-guesses'"
    assert (asked, bare_zone_server.store.rows(count)[0][0]) == ([], 1)


def test_of_what_repeats_one_a_minute_is_written_with_how_many_came_before() -> None:
    now = 0.0
    one = Sparing(lambda: now)
    assert [one.since_last("a") for _ in range(5)] == [0, None, None, None, None]
    assert one.since_last("b") == 0
    now = 61.0
    assert one.since_last("a") == 4
    for number in range(5000):
        one.since_last(number)
    assert len(one._seen) <= 1024
