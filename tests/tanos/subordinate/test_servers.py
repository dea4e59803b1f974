"""Servers' own TLS keys: asked for, signed, installed, renewed, and rotated with the root; without a service."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SERVER_TLS
from tanos.errors import AnswerRefused
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.recovery import recover
from tanos.roots.kept import find_root
from tanos.roots.revoke import REVOKE_ROOT
from tanos.roots.trusted import trusted_pem
from tanos.roots.used import uses
from tanos.settings.catalogue import setting_named
from tanos.settings.values import write
from tanos.subordinate.held import held_keys, roots_in_use
from tanos.subordinate.letters import letters, take_letters, write_letters
from tanos.subordinate.own import ask_for, take, wanted_roots
from tanos.subordinate.pending import pending
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.roots.made import ROOT_0, ROOT_1, TS4, another_root, server_of_7_4, verified
from tests.tanos.subordinate.servers import (
    asked,
    give_reporting_pair,
    roots_held,
    server_round,
    shown_by,
    zone_of_7_4,
    zone_round,
)

__all__ = ["clock"]


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server with its own key below Root 0."""
    made = server_of_7_4(tmp_path, clock)
    server_round(made)
    return made


@pytest.fixture
def zone(tmp_path: Path, clock: Clock, server: Appliance) -> Appliance:
    """A zone server with a pair of the manual way, and a key below Root 0."""
    made = zone_of_7_4(tmp_path, clock, server)
    zone_round(made, server, give_reporting_pair(made, server))
    return made


async def revoke(appliance: Appliance, name: str) -> None:
    plan = await REVOKE_ROOT.prepare(call(appliance), name=name)
    assert plan.refusals == ()
    await REVOKE_ROOT.apply(call(appliance), plan, silent)


def used(server: Appliance, name: str) -> list[tuple[str, bool]]:
    """Return whose certificates stand on a root, and whether they are the server's own."""
    return [(each.subject.removeprefix("CN="), each.is_own) for each in uses(server, find_root(server, name))]


def code(server: Appliance, name: str) -> str:
    return find_root(server, name).check_code


def test_each_server_has_a_key_below_root_0_that_openssl_verifies(server: Appliance, zone: Appliance) -> None:
    root = find_root(server, ROOT_0)
    for each in (server, zone):
        (key,) = held_keys(each, roots_in_use(each))
        assert key.root_code == root.check_code
        assert verified(key.pem, root.pem)
        assert not verified(key.pem, find_root(server, "legacy-root").pem)
        assert key.certificate.not_valid_after_utc == each.clock() + timedelta(days=30)
        assert Keeper(each).waiting(SERVER_TLS.name) == {}
    assert trusted_pem(zone).count("BEGIN") == 2


def test_it_is_renewed_inside_the_window_before_its_end_and_not_before(
    server: Appliance, zone: Appliance, clock: Clock
) -> None:
    before = held_keys(zone, roots_in_use(zone))[0].check_code
    clock.go(days=26, hours=23)
    assert zone_round(zone, server, shown_by(zone)) == []
    clock.go(hours=2)
    assert zone_round(zone, server, shown_by(zone)) == [code(server, ROOT_0)]
    assert held_keys(zone, roots_in_use(zone))[0].check_code != before
    assert wanted_roots(zone) == []


def test_a_validity_that_is_shortened_holds_at_the_zone_server_too(server: Appliance, zone: Appliance) -> None:
    with server.store.change(call(server)) as change:
        write(change, setting_named(server.identity, "PKIServerTLSKeyValidityDays"), 10)
        write(change, setting_named(server.identity, "PKIServerTLSKeyRenewalWindowHours"), 12)
    server_round(server)
    assert zone_round(zone, server, shown_by(zone)) == [code(server, ROOT_0)]
    for each in (server, zone):
        (key,) = held_keys(each, roots_in_use(each))
        assert key.certificate.not_valid_after_utc == each.clock() + timedelta(days=10)


async def test_a_root_rotates_both_are_trusted_then_both_have_keys_then_the_former_is_dropped(
    server: Appliance, zone: Appliance
) -> None:
    await another_root(server)
    first, second = code(server, ROOT_0), code(server, ROOT_1)
    write_letters(call(server))
    take_letters(call(zone), letters(server))
    assert find_root(server, ROOT_1).pem in trusted_pem(zone)
    assert roots_held(server) == roots_held(zone) == [first]
    assert used(server, ROOT_0) == [(TS4.fqdn, True), (zone.identity.fqdn, False)]
    server_round(server)
    assert used(server, ROOT_0) == [(zone.identity.fqdn, False)]
    assert zone_round(zone, server, shown_by(zone)) == [second]
    assert used(server, ROOT_0) == []
    assert used(server, ROOT_1) == [(TS4.fqdn, True), (zone.identity.fqdn, False)]
    assert roots_held(server) == roots_held(zone) == [first, second]
    await revoke(server, ROOT_0)
    server_round(server)
    zone_round(zone, server, shown_by(zone))
    assert roots_held(server) == roots_held(zone) == [second]
    assert find_root(server, ROOT_0).pem not in trusted_pem(zone)
    assert [each.current(SERVER_TLS.name) for each in (Keeper(server), Keeper(zone))] != [None, None]
    assert len(Keeper(zone).serving_pairs(SERVER_TLS.name)) == 1


async def test_who_revokes_the_former_root_early_is_told_until_when_to_wait_and_who_has_no_next_key(
    server: Appliance, clock: Clock
) -> None:
    clock.go(days=1)
    await another_root(server)
    plan = await REVOKE_ROOT.prepare(call(server), name=ROOT_0)
    assert [each.id for each in plan.findings] == ["week-not-over", "stops-working"]
    until, renewed = (str(each.remedy) for each in plan.findings)
    assert (clock() + timedelta(days=7)).date().isoformat() in until
    assert "subordinate-keys list" in renewed
    server_round(server)
    clock.go(days=7)
    assert (await REVOKE_ROOT.prepare(call(server), name=ROOT_0)).findings == ()
    back = await REVOKE_ROOT.prepare(call(server), name=ROOT_1)
    assert [each.id for each in back.findings] == ["stops-working"]


async def test_a_rotation_goes_back_where_the_new_root_is_revoked(server: Appliance, zone: Appliance) -> None:
    await another_root(server)
    server_round(server)
    zone_round(zone, server, shown_by(zone))
    await revoke(server, ROOT_1)
    server_round(server)
    zone_round(zone, server, shown_by(zone))
    assert roots_held(server) == roots_held(zone) == [code(server, ROOT_0)]
    assert Keeper(zone).is_intact(SERVER_TLS.name)


async def test_who_was_away_for_the_whole_rotation_comes_back_by_the_root_of_old_clients(
    server: Appliance, zone: Appliance
) -> None:
    await another_root(server)
    server_round(server)
    await revoke(server, ROOT_0)
    server_round(server)
    reporting = Keeper(zone).live_certificate("reporting")
    assert reporting
    assert zone_round(zone, server, reporting) == [code(server, ROOT_1)]


def test_a_request_that_waits_is_sent_again_and_has_the_same_answer(
    tmp_path: Path, clock: Clock, server: Appliance
) -> None:
    zone = zone_of_7_4(tmp_path, clock, server, "zs2")
    shown = give_reporting_pair(zone, server)
    take_letters(call(zone), letters(server))
    (root,) = wanted_roots(zone)
    first = asked(ask_for(zone, root), zone, server, shown)
    again = ask_for(zone, root)
    assert asked(again, zone, server, shown) == first
    assert len(Keeper(zone).waiting(SERVER_TLS.name)) == 1
    take(call(zone), again, first)
    recover(zone)
    assert zone.store.rows("SELECT * FROM begun") == []


def test_a_letter_of_a_lower_number_or_of_nobody_who_is_trusted_changes_nothing(
    tmp_path: Path, clock: Clock, server: Appliance, zone: Appliance
) -> None:
    old = letters(server)
    clock.go(hours=1)
    with server.store.change(call(server)) as change:
        write(change, setting_named(server.identity, "PKIServerTLSKeyValidityDays"), 10)
    assert write_letters(call(server))
    assert take_letters(call(zone), letters(server))
    assert not take_letters(call(zone), old)
    assert not take_letters(call(zone), letters(server))
    stranger = server_of_7_4(tmp_path / "other", clock)
    write_letters(call(stranger))
    for text in (letters(stranger), "", "[]", "[1]", "{", json.dumps([{"body": "", "signature": ""}]), "[" * 70000):
        with pytest.raises(AnswerRefused, match="bad-letter"):
            take_letters(call(zone), text)


def test_what_is_not_changed_is_not_signed_again(server: Appliance) -> None:
    assert not write_letters(call(server))


def test_who_proves_nothing_or_asks_for_more_than_he_has_is_given_nothing(
    tmp_path: Path, clock: Clock, server: Appliance, zone: Appliance
) -> None:
    other = zone_of_7_4(tmp_path, clock, server, "zs2")
    take_letters(call(other), letters(server))
    (root,) = wanted_roots(other)
    wanted = ask_for(other, root)
    with pytest.raises(AnswerRefused, match="other-names"):
        asked(wanted, zone, server, shown_by(zone))
    stranger = server_of_7_4(tmp_path / "other", clock)
    server_round(stranger)
    for shown in (b"", shown_by(stranger), find_root(stranger, ROOT_0).certificate.public_bytes(Encoding.DER)):
        assert asked(wanted, other, server, shown) == ""
    assert [(each.name, each.check_code) for each in pending(server)] == [
        (other.identity.fqdn, wanted.request.check_code)
    ]
    with pytest.raises(AnswerRefused, match="not-a-certificate"):
        asked(wanted, other, server, b"rubbish")
    assert len(server.store.rows("SELECT * FROM issued WHERE subject = 'CN=zs2.lab.test'")) == 0


def test_how_many_one_server_is_given_in_an_hour_is_bounded(server: Appliance, zone: Appliance) -> None:
    shown, (root,) = shown_by(zone), roots_in_use(zone)
    with pytest.raises(AnswerRefused, match="too-many"):
        for _ in range(20):
            take(call(zone), wanted := ask_for(zone, root), asked(wanted, zone, server, shown))
