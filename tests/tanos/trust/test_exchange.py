"""Records between two servers: what is learned of each, in any order, however often, and of whom nothing is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.errors import AnswerRefused, NotYet
from tanos.roots.kept import find_root
from tanos.roots.revoke import revoke_root
from tanos.trust.exchange import outgoing, own_roots, receive
from tanos.trust.kept import MOST_EXPECTED, MOST_STRANGERS, find_other, others, trusted_others
from tanos.trust.machine import State
from tanos.trust.record import LARGEST, read_record
from tests.conftest import NOON, TS1, bare_appliance, call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.trust.made import another_root, exchange, known, meet, server, stand, states

__all__ = ["clock"]
Pair = tuple[Appliance, Appliance]


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Pair:
    """Two servers that have met."""
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    meet(one, other)
    return one, other


def accept(appliance: Appliance) -> None:
    stand(appliance, known(appliance).key, known(appliance).standing.accepted())


def trusting(pair: Pair) -> Pair:
    for each in pair:
        accept(each)
    exchange(*pair)
    assert states(*pair) == [State.TRUSTED, State.TRUSTED]
    return pair


def test_each_knows_the_other_by_its_root_and_shows_the_same_six_digits(pair: Pair) -> None:
    one, other = pair
    seen = known(one)
    assert (seen.fqdn, seen.release, seen.address) == ("ts2.lab.test", "7.4", "10.0.0.2")
    assert seen.key == find_root(other, "ts2.lab.test Root 0").fingerprint
    assert known(other).key == seen.own_key
    assert seen.code == known(other).code
    assert seen.code.isdecimal()
    assert len(seen.code) == 6
    assert states(one, other) == [State.UNKNOWN, State.UNKNOWN]
    assert trusted_others(one) == []


def test_both_accept_and_one_exchange_later_both_trust(pair: Pair) -> None:
    one, other = pair
    accept(one)
    exchange(one, other)
    assert states(one, other) == [State.PENDING, State.PENDING]
    assert (known(one).waits_for_us, known(other).waits_for_us) == (False, True)
    accept(other)
    assert states(one, other) == [State.PENDING, State.TRUSTED]
    exchange(one, other)
    assert states(one, other) == [State.TRUSTED, State.TRUSTED]
    assert find_root(other, "ts2.lab.test Root 0").pem == trusted_others(one)[0].roots_pem


def test_each_change_of_state_is_audited_once_with_the_address_and_told_in_the_history(pair: Pair) -> None:
    one, other = trusting(pair)
    exchange(one, other)
    rows = one.store.rows("SELECT object, before, after, address FROM audit WHERE verb = 'trust heard'")
    assert [tuple(row) for row in rows] == [
        ("ts2.lab.test", "", "unknown", "10.0.0.2"),
        ("ts2.lab.test", "pending", "trusted", "10.0.0.2"),
    ]
    told = one.store.rows("SELECT after, by FROM trust_history ORDER BY id")
    assert [tuple(row) for row in told] == [("unknown", ""), ("pending", "tanadmin"), ("trusted", "")]


def test_records_of_before_change_nothing_when_they_come_again_in_any_order(pair: Pair) -> None:
    one, other = pair
    former = [outgoing(one, known(one).key)]
    accept(one)
    former.append(outgoing(one, known(one).key))
    accept(other)
    exchange(one, other)
    stand(other, known(other).key, known(other).standing.revoked())
    exchange(one, other)
    for each in (*former, *reversed(former)):
        receive(other, each, "10.0.0.9")
        assert states(one, other) == [State.REVOKED, State.REVOKED]
    assert known(other).address == "10.0.0.1"


def test_the_next_root_of_a_trusted_server_is_believed_and_its_former_one_no_more(pair: Pair, clock: Clock) -> None:
    one, other = trusting(pair)
    former = outgoing(one, known(one).key)
    clock.go(days=1)
    another_root(one, 1)
    exchange(one, other)
    before, latest = find_root(one, "ts1.lab.test Root 0"), find_root(one, "ts1.lab.test Root 1")
    assert known(other).keys == {before.fingerprint, latest.fingerprint}
    exchange(one, other)
    assert latest.fingerprint in known(one).knows
    revoke_root(call(one), before)
    exchange(one, other)
    assert states(one, other) == [State.TRUSTED, State.TRUSTED]
    assert known(other).roots_pem == latest.pem
    assert (known(other).key, known(one).own_key) == (latest.fingerprint, latest.fingerprint)
    with pytest.raises(AnswerRefused) as refused:
        receive(other, former, "10.0.0.9")
    assert refused.value.id == "root-ended"


def test_who_speaks_first_by_his_next_root_is_known_by_the_former_that_signed_too(pair: Pair) -> None:
    """Each visit begins by a record for whoever is there, which shows the latest root first."""
    one, other = trusting(pair)
    another_root(one, 1)
    receive(one, receive(other, outgoing(one), "10.0.0.1"), "10.0.0.2")
    exchange(one, other)
    assert states(one, other) == [State.TRUSTED, State.TRUSTED]
    revoke_root(call(one), find_root(one, "ts1.lab.test Root 0"))
    meet(one, other)
    assert states(one, other) == [State.TRUSTED, State.TRUSTED]
    assert known(other).key == find_root(one, "ts1.lab.test Root 1").fingerprint


def test_a_root_that_the_other_never_heard_of_makes_a_stranger_of_this_server(pair: Pair) -> None:
    one, other = trusting(pair)
    another_root(one, 1)
    revoke_root(call(one), find_root(one, "ts1.lab.test Root 0"))
    receive(one, receive(other, outgoing(one, known(one).key), "10.0.0.1"), "10.0.0.2")
    assert known(one).state is State.UNKNOWN
    assert sorted(each.state for each in others(other)) == [State.TRUSTED, State.UNKNOWN]


def test_who_installs_anew_under_the_same_name_is_another_server(pair: Pair, tmp_path: Path, clock: Clock) -> None:
    one, _ = trusting(pair)
    anew = server(tmp_path, "ts2", clock)
    receive(anew, receive(one, outgoing(anew), "10.0.0.2"), "10.0.0.1")
    assert [each.state for each in others(one)] == [State.UNKNOWN, State.TRUSTED]
    assert known(anew).state is State.UNKNOWN
    with pytest.raises(AnswerRefused) as refused:
        find_other(one, "ts2.lab.test")
    assert refused.value.id == "no-such-server"
    assert find_other(one, own_roots(anew)[0].fingerprint.lower()).state is State.UNKNOWN


def test_of_strangers_a_few_are_written_down_but_always_who_is_expected(tmp_path: Path, clock: Clock) -> None:
    one = server(tmp_path, "ts1", clock)
    crowd = [server(tmp_path, f"ts{number}", clock) for number in range(2, MOST_STRANGERS + 4)]
    for each in crowd[:-1]:
        assert read_record(receive(one, outgoing(each), "10.0.0.9"), clock()).name == "ts1"
    assert len(others(one)) == MOST_STRANGERS
    receive(one, outgoing(crowd[-1]), "10.0.0.2", expected=True)
    assert len(others(one)) == MOST_STRANGERS + 1


def test_of_those_that_answer_at_a_named_address_the_latest_are_kept(tmp_path: Path, clock: Clock) -> None:
    one, decided = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    receive(one, outgoing(decided), "10.0.0.2", expected=True)
    accept(one)
    for number in range(3, MOST_EXPECTED + 6):
        clock.go(seconds=10)
        latest = server(tmp_path, f"ts{number}", clock)
        receive(one, outgoing(latest), "10.0.0.9", expected=True)
    assert len(others(one)) == MOST_EXPECTED + 1
    assert {own_roots(each)[0].fingerprint for each in (decided, latest)} <= {each.key for each in others(one)}


def test_what_a_stranger_makes_of_himself_fills_nothing(pair: Pair) -> None:
    one, other = pair
    for _ in range(3):
        accept(other)
        exchange(other, one)
        assert known(one).is_stranger
        stand(other, known(other).key, known(other).standing.revoked())
        exchange(other, one)
    assert known(one).state is State.REVOKED
    for table in ("trust_history", "audit WHERE verb = 'trust heard'"):
        assert one.store.rows(f"SELECT COUNT(*) AS count FROM {table}")[0]["count"] == 3
    accept(one)
    assert one.store.rows("SELECT after FROM trust_history ORDER BY id")[-1]["after"] == "pending"


def test_neither_itself_nor_a_server_of_before_is_another(pair: Pair, tmp_path: Path) -> None:
    one, _ = pair
    with pytest.raises(AnswerRefused) as refused:
        receive(one, outgoing(one), "127.0.0.1")
    assert refused.value.id == "own-record"
    with pytest.raises(NotYet):
        outgoing(bare_appliance(tmp_path / "old", TS1))


def test_who_stands_between_shows_other_digits_on_each_side(tmp_path: Path, clock: Clock) -> None:
    one, other, between, beyond = (server(tmp_path, name, clock) for name in ("ts1", "ts2", "ts2", "ts1"))
    meet(one, between)
    meet(beyond, other)
    assert known(one).code != known(other).code
    assert known(one).key != own_roots(other)[0].fingerprint


def test_a_number_is_shown_to_who_is_bound_to_his_own_and_to_nobody_before(tmp_path: Path, clock: Clock) -> None:
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    hello = outgoing(one)
    first = receive(other, hello, "10.0.0.1")
    assert (read_record(hello, clock()).commitment, read_record(first, clock()).nonce) == ("", "")
    second = receive(one, first, "10.0.0.2")
    assert read_record(second, clock()).nonce == known(one).nonce
    assert read_record(receive(other, second, "10.0.0.1"), clock()).nonce == known(other).nonce


def test_a_number_that_is_exchanged_for_another_gives_no_code(pair: Pair) -> None:
    one, other = pair
    with other.store.change(call(other)) as change:
        change.execute("UPDATE other_servers SET nonce = ?", "00" * 16)
    exchange(one, other)
    assert known(one).code != known(other).code
    with one.store.change(call(one)) as change:
        change.execute("UPDATE other_servers SET its_nonce = ''")
    exchange(one, other)
    assert known(one).code == ""


def test_a_server_whose_clock_is_ahead_is_refused_for_that(tmp_path: Path, clock: Clock) -> None:
    one = server(tmp_path, "ts1", clock)
    ahead = Clock()
    ahead.go(days=1)
    with pytest.raises(AnswerRefused) as refused:
        receive(one, outgoing(server(tmp_path, "ts2", ahead)), "10.0.0.2")
    assert refused.value.id == "not-yet-valid"


Mangle = Callable[[bytes], bytes]
MANGLED: list[Mangle] = [
    lambda data: b"",
    lambda data: data[:-1],
    lambda data: data + b" ",
    lambda data: data.replace(b"ts2.lab.test", b"ts3.lab.test"),
    lambda data: data.partition(b"\n")[2],
    lambda data: b"AAAA\n" + data.partition(b"\n")[2],
    lambda data: b"\n" + b"[" * 5000,
    lambda data: data + b" " * LARGEST,
    lambda data: data.replace(b'"about":""', b'"about":"AB"'),
    lambda data: data.replace(b'"held":[0', b'"held":[-1'),
    lambda data: data.replace(b'"held":[0', b'"held":[true'),
]


@pytest.mark.parametrize("mangle", MANGLED)
def test_what_is_no_whole_record_is_refused_and_leaves_nothing(tmp_path: Path, clock: Clock, mangle: Mangle) -> None:
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    with pytest.raises(AnswerRefused) as refused:
        receive(one, mangle(outgoing(other)), "10.0.0.9")
    assert refused.value.id == "bad-trust-record"
    assert others(one) == []


@settings(derandomize=True, deadline=None)
@given(some.binary(max_size=200) | some.text(max_size=200).map(str.encode))
def test_whatever_arrives_is_a_record_or_refused(data: bytes) -> None:
    for sent in (data, b"AAAA\n" + data):
        with pytest.raises(AnswerRefused):
            read_record(sent, NOON)


def test_a_root_that_a_server_does_not_hold_is_none_of_its_own(pair: Pair, tmp_path: Path, clock: Clock) -> None:
    """A stranger cannot name a root of somebody else beside his own, so that the other is taken for him."""
    one, other = pair
    thief = server(tmp_path, "ts6", clock)
    row = own_roots(other)[0]
    with thief.store.change(call(thief)) as change:
        change.execute(
            "INSERT INTO root_keys (check_code, server_value, pem, made_by, made_at, state)"
            " VALUES (?, ?, ?, '', ?, 'active')",
            row.check_code, "ts6.lab.test Root 0", row.pem, change.now,
        )  # fmt: skip
    with pytest.raises(AnswerRefused):
        receive(one, outgoing(thief), "10.0.0.9")
    assert [fingerprint(each) for each in known(one).roots] == [row.fingerprint]
