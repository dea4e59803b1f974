"""Two servers that trust each other are alike after an exchange; nobody else is told, or believed, anything."""

from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.audit.records import Sought, found
from tanos.certificates.check_code import check_code
from tanos.certificates.issued import serial_text
from tanos.client_trust.messages import said_by_root
from tanos.client_trust.trust import Trust
from tanos.errors import AnswerRefused
from tanos.revocation.clients import MOST as MOST_CLIENTS
from tanos.revocation.clients import RevokedClient, refused_clients, write_revoked
from tanos.revocation.kept import kept_lists
from tanos.revocation.lists import renew_list, renew_when_due, signers
from tanos.services import revocations
from tanos.services.revocations import parts_of
from tanos.settings.setting import Component
from tanos.settings.values import written
from tanos.store.store import Change
from tanos.subordinate.telling import letters, message, write_letters
from tanos.synchronising.lists import held_numbers
from tanos.synchronising.settings import MOST
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.services.authority import authority
from tests.tanos.synchronising.made import ADDRESS, Server, pair_of, synchronise
from tests.tanos.trust.made import exchange, known, stand

__all__ = ["clock"]
Pair = tuple[Server, Server]
FLAG = "enable_protocol_314_flag"


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Pair:
    """Two that trust each other."""
    return pair_of(tmp_path, clock)


def test_what_is_set_on_one_holds_on_both_and_the_last_who_set_it_wins(pair: Pair) -> None:
    one, other = pair
    one.set(FLAG, "1")
    assert synchronise(one, other) == 1
    assert (one.get(FLAG), other.get(FLAG)) == (1, 1)
    other.set(FLAG, "0")
    synchronise(one, other)
    assert (one.get(FLAG), other.get(FLAG)) == (0, 0)
    one.set("ServerNameList", "ts1.lab.test,ts2.lab.test", "clients")
    one.set(FLAG, None)
    synchronise(other, one)
    assert other.get("ServerNameList", "clients") == "ts1.lab.test,ts2.lab.test"
    assert (Component.GLOBAL, FLAG) not in written(other.appliance)


def test_a_value_that_was_told_and_changed_again_at_once_is_the_later_one(pair: Pair) -> None:
    one, other = pair
    one.set("ServerNameList", "b", "clients")
    early = one.keeps.answer(other.shown, ADDRESS, None).say
    one.set("ServerNameList", "a", "clients")
    late = one.keeps.answer(other.shown, ADDRESS, None).say
    for said in (late, early, late):
        other.keeps.answer(one.shown, ADDRESS, said)
    assert other.get("ServerNameList", "clients") == "a"


def test_what_arrives_is_audited_as_the_other_servers_doing_and_once(pair: Pair) -> None:
    one, other = pair
    one.set(FLAG, "1")
    synchronise(one, other)
    synchronise(other, one)
    sought = Sought(FLAG, "synchronise")
    (record,) = found(other.appliance, sought, 10)
    assert (record["user"], record["face"], record["address"]) == ("ts1.lab.test", "server", ADDRESS)
    assert (record["object"], record["before"], record["after"]) == (f"global {FLAG}", "(default)", "1")
    assert not found(one.appliance, sought, 10)


def test_no_password_and_nothing_of_one_server_alone_ever_leaves(pair: Pair) -> None:
    one, other = pair
    with one.appliance.store.change(call(one.appliance)) as change:
        for component, name, kind in (
            ("server", "PKIDatabasePassword", "protected"),
            ("global", "Secret", "protected"),
            ("server", "ServerPort", "number"),
        ):
            change.execute(
                "INSERT INTO component_settings VALUES (?, ?, ?, '17', '', 1)",
                component, name, kind,
            )  # fmt: skip
    said = one.keeps.answer(other.shown, ADDRESS, None).say
    assert said["settings"] == []
    synchronise(one, other)
    assert not written(other.appliance)


UNFIT: list[object] = [
    ["server", "ServerPort", "number", "4", 1, "ts2.lab.test"],
    ["server", "PKIDatabasePassword", "protected", "x", 1, "ts2.lab.test"],
    ["server", "PKIDatabasePassword", "string", "x", 1, "ts2.lab.test"],
    ["global", "PKIDatabasePassword", "protected", "x", 1, "ts2.lab.test"],
    ["global", FLAG, "number", "2", 1, "ts2.lab.test"],
    ["global", FLAG, "string", "1", 1, "ts2.lab.test"],
    ["global", FLAG, "number", "0x1", 1, "ts2.lab.test"],
    ["global", FLAG.upper(), "number", "1", 1, "ts2.lab.test"],
    ["global", FLAG, "number", "1", 0, "ts2.lab.test"],
    ["global", FLAG, "number", "1", True, "ts2.lab.test"],
    ["global", FLAG, "number", "1", 1 << 60, "ts2.lab.test"],
    ["global", FLAG, "number", "1", 1, "x" * 300],
    ["global", FLAG, "number", 1, 1, "ts2.lab.test"],
    ["global", "x" * 65, "string", "1", 1, "ts2.lab.test"],
    ["global", "../x", "string", "1", 1, "ts2.lab.test"],
    ["global", "Added", "string", "\x1b[2J", 1, "ts2.lab.test"],
    ["global", "Added", "string", "x" * 20000, 1, "ts2.lab.test"],
    ["global"],
    "global",
    None,
    {},
]


def test_what_may_not_stand_here_is_not_taken_and_the_rest_is(pair: Pair) -> None:
    one, other = pair
    good = ["clients", "ServerNameList", "string", "ts1.lab.test", 1, "ts2.lab.test"]
    for row in UNFIT:
        for rows in ([row], row, {"settings": row}):
            heard = {"settings": rows, "now": rows, "wants": rows, "clients": rows, "list": rows}
            one.keeps.answer(other.shown, ADDRESS, heard)
    assert not written(one.appliance)
    one.keeps.answer(other.shown, ADDRESS, {"settings": [*UNFIT, good]})
    assert set(written(one.appliance)) == {("clients", "ServerNameList")}


def test_settings_without_end_are_not_kept(pair: Pair) -> None:
    one, other = pair
    for start in range(0, 1000, 200):
        rows = [["global", f"Made{start + at}", "string", "x", 1, "ts2.lab.test"] for at in range(200)]
        one.keeps.answer(other.shown, ADDRESS, {"settings": rows})
    assert len(written(one.appliance)) == MOST


def test_the_clients_of_each_are_known_to_the_other_as_last_seen(pair: Pair, clock: Clock) -> None:
    one, other = pair
    one.sees("pc1", "pc2", said="early")
    clock.go(seconds=10)
    other.sees("pc3")
    one.sees("pc2", said="late")
    clock.go(seconds=10)
    synchronise(one, other)
    assert other.elsewhere() == {"pc1": "early", "pc2": "late"}
    assert one.elsewhere() == {"pc3": ""}
    assert synchronise(one, other) == 1, "what is known is not told again"


def test_many_clients_come_in_pages_and_none_is_left_out(pair: Pair, clock: Clock) -> None:
    one, other = pair
    names = [f"pc{number:04}" for number in range(1500)]
    one.sees(*names, said="\x00" * 256)
    clock.go(seconds=6)
    assert synchronise(one, other) > 10
    assert list(other.elsewhere()) == names


def test_who_registers_in_this_very_second_is_told_once_it_has_passed(pair: Pair, clock: Clock) -> None:
    one, other = pair
    one.sees("pc2")
    synchronise(one, other)
    assert not other.elsewhere()
    one.sees("pc1")
    clock.go(seconds=6)
    synchronise(one, other)
    assert list(other.elsewhere()) == ["pc1", "pc2"]


def test_a_clock_that_was_ahead_keeps_nobody_from_being_heard_of(pair: Pair, clock: Clock) -> None:
    one, other = pair
    clock.go(hours=9)
    one.sees("pc1", said="tomorrow")
    clock.go(seconds=6)
    synchronise(one, other)
    clock.go(hours=-9)
    one.sees("pc1", said="today")
    clock.go(seconds=6)
    synchronise(one, other)
    assert other.elsewhere() == {"pc1": "today"}


def test_only_a_certificate_of_the_very_server_is_listened_to(pair: Pair, clock: Clock) -> None:
    one, other = pair
    stranger = authority().pair("ts2.lab.test")
    foreign = x509.load_pem_x509_certificate(stranger.encode()).public_bytes(Encoding.DER)
    for shown in (foreign, one.shown, b"rubbish", b""):
        with pytest.raises(AnswerRefused) as refused:
            one.keeps.answer(shown, ADDRESS, {"settings": []})
        assert refused.value.id == "server-not-trusted"
    clock.go(days=4000)
    with pytest.raises(AnswerRefused):
        one.keeps.answer(other.shown, ADDRESS, None)


def test_once_trust_is_taken_back_nothing_is_said_or_heard(pair: Pair) -> None:
    one, other = pair
    one.set(FLAG, "1")
    stand(one.appliance, known(one.appliance).key, known(one.appliance).standing.revoked())
    exchange(one.appliance, other.appliance)
    for near, far in ((one, other), (other, one)):
        with pytest.raises(AnswerRefused):
            near.keeps.answer(far.shown, ADDRESS, None)
    assert other.get(FLAG) == 0


def test_the_lists_of_the_others_roots_come_over_and_what_they_revoke_is_let_in_no_more(pair: Pair) -> None:
    one, other = pair
    for each in pair:
        renew_when_due(each.appliance)
    synchronise(one, other)
    assert numbers(one, known(one.appliance).roots) == numbers(other, None)
    assert synchronise(one, other) == 1, "what is held is not told again"
    revoke(other, x509.load_der_x509_certificate(other.shown).serial_number)
    with pytest.raises(AnswerRefused) as refused:
        synchronise(one, other)
    assert refused.value.id == "server-not-trusted"
    assert numbers(one, known(one.appliance).roots) == numbers(other, None)


def test_a_client_that_one_revoked_is_refused_by_both_for_as_long_as_they_trust_each_other(pair: Pair) -> None:
    one, other = pair
    ids = [f"{number:032x}" for number in range(MOST_CLIENTS - 2)]
    refuse(one, *ids[1:], "of 7.2", "a" * 31 + " ")
    refuse(other, ids[0])
    synchronise(one, other)
    assert refused_clients(other.appliance) == ids
    assert set(refused_clients(one.appliance)) == {*ids, "of 7.2", "a" * 31 + " "}
    assert synchronise(one, other) == 1, "what is held is not told again"
    rows = other.appliance.store.rows("SELECT user, after FROM audit WHERE after LIKE 'revoked clients%'")
    assert [tuple(each) for each in rows] == [("ts1.lab.test", f"revoked clients: {MOST_CLIENTS - 3}")]
    stand(other.appliance, known(other.appliance).key, known(other.appliance).standing.revoked())
    assert refused_clients(other.appliance) == ids[:1]


def test_who_changes_without_end_what_both_keep_alike_is_not_heard_for_an_hour(
    pair: Pair, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tanos.synchronising.exchange.MOST_CHANGES", 8)
    one, enemy = pair
    shown, sql = enemy.shown, "SELECT count(*) AS count FROM audit WHERE verb = 'synchronise' AND face = 'server'"
    heard = 0
    for number in range(1, 40):
        told = {
            "settings": [["global", FLAG, "number", str(number % 2), number, "ts2.lab.test"]],
            "revoked": [f"{number:032x}"],
        }
        with suppress(AnswerRefused):
            one.keeps.answer(shown, ADDRESS, told)
            heard += 1
    row = one.appliance.store.row(sql)
    assert row is not None
    assert (heard, row["count"]) == (4, 8)
    with pytest.raises(AnswerRefused, match="too-many"):
        one.keeps.answer(shown, ADDRESS, None)
    clock.go(hours=1)
    one.keeps.answer(shown, ADDRESS, None)


def refuse(server: Server, *ids: str) -> None:
    with server.appliance.store.change(call(server.appliance)) as change:
        write_revoked(change, [RevokedClient(each, "tanadmin", change.now) for each in ids])


def test_a_list_that_no_root_of_the_other_signed_is_not_kept(pair: Pair) -> None:
    one, other = pair
    renew_when_due(one.appliance)
    (own,) = [each for each in kept_lists(one.appliance) if each.name.endswith("Root 0")]
    (root,) = known(one.appliance).roots
    for code in (check_code(root.public_key()), own.issuer_key, "rubbish", ""):
        for part in parts_of(own.der):
            one.keeps.answer(other.shown, ADDRESS, {"list": {**part, "code": code, "number": own.number}})
    assert not any(held_numbers(one.appliance, (root, own.root)).values())


def test_a_list_of_many_parts_is_whole_though_another_takes_its_place_meanwhile(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "_PART", 8 * 1024)
    one, other = pair
    with other.appliance.store.change(call(other.appliance)) as change:
        for serial in range(1 << 64, (1 << 64) + 500):
            listed(change, other, serial)
    renew_when_due(other.appliance)
    first = one.keeps.answer(other.shown, ADDRESS, None).say
    heard = other.keeps.answer(one.shown, ADDRESS, first).say
    assert heard["list"]["of"] > 1
    wants = one.keeps.answer(other.shown, ADDRESS, heard).say
    revoke(other, 17)
    heard = other.keeps.answer(one.shown, ADDRESS, wants).say
    assert heard["list"]["part"] == 0
    synchronise(one, other)
    assert numbers(one, known(one.appliance).roots) == numbers(other, None)


def test_clients_are_told_of_the_others_roots_for_as_long_as_it_is_trusted(pair: Pair) -> None:
    one, _ = pair
    (root,) = known(one.appliance).roots
    signed = message(one.appliance)
    assert signed is not None
    clients = Trust([each.certificate for each in signers(one.appliance)])
    assert root in clients.believe(signed, one.appliance.clock()).roots
    write_letters(one.appliance)
    assert all(root not in said_by_root(each, clients.roots)[0].roots for _, each in letters(one.appliance))
    stand(one.appliance, known(one.appliance).key, known(one.appliance).standing.revoked())
    again = message(one.appliance)
    assert again is not None
    clients.believe(again, one.appliance.clock())
    assert root not in clients.roots


def numbers(server: Server, roots: tuple[x509.Certificate, ...] | None) -> set[int]:
    """Return the numbers of the lists that are held of another's roots, or without them of its own of 7.4."""
    if roots is not None:
        return set(held_numbers(server.appliance, roots).values())
    return {each.number for each in kept_lists(server.appliance) if each.name.endswith("Root 0")}


def revoke(server: Server, serial: int) -> None:
    """Have a list of its root tell of that serial."""
    (root,) = [each for each in signers(server.appliance) if not each.is_legacy]
    with server.appliance.store.change(call(server.appliance)) as change:
        listed(change, server, serial)
        renew_list(change, server.appliance, root)


def listed(change: Change, server: Server, serial: int) -> None:
    """Write down that a certificate of that serial was issued and revoked."""
    (root,) = [each for each in signers(server.appliance) if not each.is_legacy]
    text = serial_text(serial)
    change.execute(
        "INSERT OR IGNORE INTO issued (serial, check_code, request_hash, issuer_key, subject, names, not_before,"
        " not_after, certificate, issued_at) VALUES (?, '', '', ?, '', '[]', '', '2999-01-01T00:00:00Z', '', '')",
        text, root.check_code,
    )  # fmt: skip
    change.execute("INSERT INTO revoked_certificates VALUES (?, 'unspecified', 'x', ?)", text, change.now)
