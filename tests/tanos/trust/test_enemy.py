"""A server that is known, trusted perhaps, and hostile: it says what it likes of itself, and nothing of others."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.errors import AnswerRefused
from tanos.keeper import keeper_of
from tanos.report import Table
from tanos.roots.kept import find_root, recorded_roots
from tanos.roots.revoke import revoke_root
from tanos.trust import kept
from tanos.trust.exchange import outgoing, receive
from tanos.trust.kept import MOST_ENDED, others
from tanos.trust.machine import Decision, Stance, State
from tanos.trust.page import SHOW_SERVER
from tanos.trust.record import read_record, sealed, statement_of
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.trust.made import another_root, exchange, known, meet, server, stand, states

__all__ = ["clock"]
Pair = tuple[Appliance, Appliance]
ADDRESS = "10.0.0.9"


def signed(enemy: Appliance, roots: Sequence[str] = (), **said: Any) -> bytes:
    """Return a record of that server in which it says what it likes, by these roots or all."""
    record = read_record(outgoing(enemy, known(enemy).key if others(enemy) else ""), enemy.clock())
    names = {each.fingerprint: each.server_value for each in recorded_roots(enemy)}
    shown = {each.server_value: each.certificate for each in recorded_roots(enemy)}
    if roots:
        record = replace(record, roots=tuple(shown[each] for each in roots))
    statement = statement_of(replace(record, **said))
    keys = [names[fingerprint(each)] for each in record.roots]
    return sealed(statement, [keeper_of(enemy).sign_statement(statement, each) for each in keys])


def refused(appliance: Appliance, data: bytes) -> str:
    """Return why that is refused, and that it left nothing."""
    before = others(appliance)
    with pytest.raises(AnswerRefused) as why:
        receive(appliance, data, ADDRESS, expected=True)
    assert others(appliance) == before
    return why.value.id


def rows(appliance: Appliance, table: str) -> int:
    row = appliance.store.row(f"SELECT COUNT(*) AS count FROM {table}")
    return int(row["count"]) if row else 0


def told(appliance: Appliance) -> tuple[int, int]:
    """Return how many lines of history there are, and records of audit."""
    return rows(appliance, "trust_history"), rows(appliance, "audit WHERE verb = 'trust heard'")


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Pair:
    """A server, and the enemy that it trusts."""
    one, enemy = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    meet(one, enemy)
    for each in (one, enemy):
        stand(each, known(each).key, known(each).standing.accepted())
    exchange(one, enemy)
    assert states(one, enemy) == [State.TRUSTED, State.TRUSTED]
    return one, enemy


@pytest.mark.parametrize("said", [{"fqdn": "ts1.lab.test"}, {"fqdn": "ts9.lab.test"}, {"name": "ts1"}])
def test_a_server_goes_by_the_name_under_which_it_became_known(
    pair: Pair, clock: Clock, said: dict[str, str]
) -> None:
    one, enemy = pair
    clock.go(seconds=10)
    assert refused(one, signed(enemy, **said)) == "other-server-name"
    receive(one, signed(enemy), ADDRESS)


def test_what_was_denied_is_no_root_of_another_server(tmp_path: Path, clock: Clock) -> None:
    one, enemy = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    receive(one, signed(enemy), ADDRESS)
    stand(one, known(one).key, known(one).standing.denied())
    another_root(enemy, 1)
    clean = signed(enemy, ["ts2.lab.test Root 1"])
    receive(one, clean, ADDRESS)
    new = next(each for each in others(one) if each.state is not State.DENIED)
    stand(one, new.key, new.standing.accepted())
    for roots in (["ts2.lab.test Root 1", "ts2.lab.test Root 0"], ["ts2.lab.test Root 0", "ts2.lab.test Root 1"]):
        assert refused(one, signed(enemy, roots)) == "two-servers"
    assert sorted(each.state for each in others(one)) == [State.DENIED, State.PENDING]


def test_a_root_that_ended_comes_back_beside_no_other(pair: Pair) -> None:
    one, enemy = pair
    another_root(enemy, 1)
    first = find_root(enemy, "ts2.lab.test Root 0")
    receive(one, signed(enemy), ADDRESS)
    receive(one, signed(enemy, ["ts2.lab.test Root 1"], ended=frozenset({first.fingerprint})), ADDRESS)
    assert refused(one, signed(enemy, ["ts2.lab.test Root 1", "ts2.lab.test Root 0"])) == "root-ended"
    assert first.fingerprint not in known(one).keys


def test_it_ends_no_root_but_those_that_it_proved(pair: Pair, tmp_path: Path, clock: Clock) -> None:
    one, enemy = pair
    third = server(tmp_path, "ts3", clock)
    receive(one, outgoing(third), "10.0.0.3", expected=True)
    theirs = {each.fingerprint for each in (*recorded_roots(one), *recorded_roots(third))}
    clock.go(seconds=10)
    receive(one, signed(enemy, ended=frozenset(theirs)), ADDRESS)
    receive(one, outgoing(third), "10.0.0.3", expected=True)
    assert all(not each.ended for each in others(one))


def test_roots_one_after_another_have_an_end(pair: Pair) -> None:
    one, enemy = pair
    ended = frozenset(f"{number:064x}" for number in range(MOST_ENDED))
    with one.store.change(call(one)) as change:
        change.execute("UPDATE other_servers SET ended = ?", " ".join(ended))
    another_root(enemy, 1)
    first = find_root(enemy, "ts2.lab.test Root 0")
    receive(one, signed(enemy), ADDRESS)
    last = signed(enemy, ["ts2.lab.test Root 1"], ended=frozenset({first.fingerprint}))
    assert refused(one, last) == "too-many-roots"


def test_a_clock_that_is_ahead_freezes_nothing(pair: Pair, clock: Clock) -> None:
    one, enemy = pair
    receive(one, signed(enemy, at="2999-01-01T00:00:00Z"), "10.0.0.66")
    clock.go(seconds=10)
    receive(one, signed(enemy), "10.0.0.2")
    assert known(one).address == "10.0.0.2"


@pytest.mark.parametrize("expected", [False, True])
def test_whatever_a_server_makes_of_itself_is_told_once_and_counted(
    tmp_path: Path, clock: Clock, expected: bool
) -> None:
    one, enemy = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    for number in range(12):
        for decision in (Decision.NONE, Decision.ACCEPTED):
            clock.go(seconds=10)
            about = known(one).own_key if others(one) else ""
            receive(one, signed(enemy, said=Stance(number, decision), about=about), ADDRESS, expected=expected)
    assert told(one) == (3, 3)
    times = {row["after"]: row["times"] for row in one.store.rows("SELECT after, times FROM trust_history")}
    assert times == {"unknown": 1, "pending": 12, "revoked": 11}
    assert one.store.rows("SELECT after FROM trust_history ORDER BY id")[-1]["after"] == "pending"


def test_a_server_that_was_accepted_here_flips_as_often_as_it_likes_and_fills_nothing(
    pair: Pair, clock: Clock
) -> None:
    one, enemy = pair
    lines = told(one)
    for number in range(1, 12):
        for decision in (Decision.NONE, Decision.ACCEPTED):
            clock.go(seconds=10)
            receive(one, signed(enemy, said=Stance(number, decision)), ADDRESS)
    assert told(one) == (lines[0] + 2, lines[1] + 2)
    assert rows(one, "trust_history WHERE before = 'trusted' AND after = 'revoked'") == 1


def test_who_answers_at_a_named_address_by_another_root_each_time_is_counted_in_place(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_EXPECTED", 2)
    one = server(tmp_path, "ts1", clock)
    for number in range(2, 7):
        clock.go(seconds=10)
        receive(one, outgoing(server(tmp_path, f"ts{number}", clock)), ADDRESS, expected=True)
    assert told(one) == (2, 2)
    lines = one.store.rows("SELECT fqdn, times FROM trust_history ORDER BY id")
    assert [tuple(each) for each in lines] == [("ts5.lab.test", 2), ("ts6.lab.test", 3)]


async def test_the_history_of_a_server_goes_on_when_its_root_changes(pair: Pair) -> None:
    one, enemy = pair
    another_root(enemy, 1)
    exchange(one, enemy)
    revoke_root(call(enemy), find_root(enemy, "ts2.lab.test Root 0"))
    exchange(one, enemy)
    shown = await SHOW_SERVER.read(call(one), name="ts2")
    assert [len(each.rows) for each in shown.sections if isinstance(each, Table)] == [3]


def test_trust_that_ends_with_our_own_root_is_audited(pair: Pair) -> None:
    one, _ = pair
    another_root(one, 1)
    revoke_root(call(one), find_root(one, "ts1.lab.test Root 0"))
    outgoing(one, known(one).key)
    assert known(one).state is State.UNKNOWN
    last = one.store.rows("SELECT object, before, after FROM audit WHERE verb = 'trust heard' ORDER BY id")[-1]
    assert tuple(last) == ("ts2.lab.test", "trusted", "unknown")
