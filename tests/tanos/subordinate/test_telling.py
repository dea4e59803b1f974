"""What a Tanium Server of 7.4 says to clients: signed when something changed, or a key ends."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.issued import serial_text
from tanos.client_trust.identity import LENGTH
from tanos.client_trust.intermediate import Intermediate, requested_key
from tanos.client_trust.messages import Said, Signed
from tanos.client_trust.trust import Trust
from tanos.errors import AnswerRefused, NotYet
from tanos.moments import moment_text
from tanos.operation import silent
from tanos.revocation.clients import RevokedClient, write_revoked
from tanos.roots.kept import Root, rotating
from tanos.roots.revoke import REVOKE_ROOT
from tanos.settings.catalogue import setting_named
from tanos.settings.known import by_hand
from tanos.settings.setting import Component, Kind
from tanos.settings.values import write
from tanos.subordinate.intermediates import sign_intermediate
from tanos.subordinate.signing_root import SETTLED, signing_root
from tanos.subordinate.telling import MOST_CLIENTS_TOLD, letters, message, write_letters
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.roots.made import another_root, server_of_7_4

__all__ = ["clock"]


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server of release 7.4, with `Root 0`."""
    return server_of_7_4(tmp_path, clock)


def told(server: Appliance, trust: Trust) -> Said:
    signed = message(server)
    assert signed is not None
    return trust.believe(signed, server.clock())


def known(*roots: Root) -> Trust:
    return Trust([each.certificate for each in roots])


def revoke_key(server: Appliance, certificate: x509.Certificate) -> None:
    with server.store.change(call(server)) as change:
        change.execute(
            "INSERT INTO revoked_certificates (serial, reason, revoked_by, revoked_at)"
            " VALUES (?, 'unspecified', 'x', ?)",
            serial_text(certificate.serial_number),
            change.now,
        )


def signed_rows(server: Appliance) -> int:
    return len(server.store.rows("SELECT 1 FROM issued WHERE kind = 'message-signing'"))


def test_the_same_is_said_until_something_changes(server: Appliance) -> None:
    trust = known(*rotating(server))
    first = told(server, trust)
    assert message(server) == message(server)
    assert signed_rows(server) == 1
    with server.store.change(call(server)) as change:
        write(change, setting_named(server.identity, "TLSMode"), 0)
    second = told(server, trust)
    assert second.settings["TLSMode"] == 0
    assert second.number > first.number
    assert signed_rows(server) == 2


def test_however_much_is_set_by_hand_what_clients_know_is_said(server: Appliance) -> None:
    with server.store.change(call(server)) as change:
        for number in range(60):
            write(change, by_hand(f"A{number:02}", Component.CLIENTS, Kind.STRING), "ü" * 1024)
        write(change, by_hand("Added", Component.CLIENTS, Kind.STRING), "x")
        write(change, setting_named(server.identity, "TLSMode"), 0)
    said = told(server, known(*rotating(server)))
    assert (said.settings["TLSMode"], said.settings["Added"]) == (0, "x")


def test_the_latest_revoked_clients_are_told_as_far_as_there_is_room(
    server: Appliance, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = known(*rotating(server))
    told(server, trust)
    ids = [f"{number:032x}" for number in range(400)]
    with server.store.change(call(server)) as change:
        for number, each in enumerate(("of 7.2", *ids)):
            at = moment_text(clock.now + timedelta(seconds=number))
            write_revoked(change, [RevokedClient(each, "tanadmin", at)])
    assert told(server, trust).revoked == frozenset(ids[-MOST_CLIENTS_TOLD:]) == trust.revoked
    monkeypatch.setattr("tanos.subordinate.telling.LARGEST", 6144)
    assert told(server, trust).revoked < frozenset(ids[-MOST_CLIENTS_TOLD:])
    signed = message(server)
    assert signed is not None
    assert 6144 - 2 * LENGTH < len(signed.body) <= 6144


def test_an_id_that_proves_nothing_is_told_to_nobody_whatever_it_takes(server: Appliance, clock: Clock) -> None:
    ids = [chr(0x1F600 + number) * LENGTH for number in range(MOST_CLIENTS_TOLD)]
    with server.store.change(call(server)) as change:
        write_revoked(change, [RevokedClient(each, "tanadmin", change.now) for each in ids])
    assert told(server, known(*rotating(server))).revoked == frozenset()


def test_it_is_signed_anew_before_its_key_ends_and_where_that_is_revoked(server: Appliance, clock: Clock) -> None:
    trust = known(*rotating(server))
    first = told(server, trust)
    clock.now += timedelta(days=30) - timedelta(hours=73)
    assert told(server, trust).number == first.number
    clock.now += timedelta(hours=2)
    second = told(server, trust)
    assert second.number > first.number
    signed = message(server)
    assert signed is not None
    revoke_key(server, x509.load_der_x509_certificate(signed.certificate))
    assert told(server, trust).number > second.number
    with pytest.raises(ValueError, match="key-revoked"):
        trust.believe(signed, clock.now)


async def test_another_root_is_told_of_before_it_signs_and_letters_lead_to_it(
    server: Appliance, clock: Clock
) -> None:
    (first,) = rotating(server)
    trust, away, legacy = known(first), known(first), known(*(each for each in all_roots(server) if each.is_legacy))
    told(server, trust)
    write_letters(server)
    second = await another_root(server)
    assert signing_root(server) == first
    assert second.certificate in told(server, trust).roots
    clock.now += SETTLED
    assert signing_root(server) == second
    told(server, trust)
    write_letters(server)
    plan = await REVOKE_ROOT.prepare(call(server), name=first.server_value)
    await REVOKE_ROOT.apply(call(server), plan, silent)
    signed = message(server)
    assert signed is not None
    for each in (away, legacy):
        with pytest.raises(ValueError, match="wrong-issuer"):
            each.believe(signed, clock.now)
        assert any(follows(each, letter) for _, letter in letters(server))
    for each in (trust, away, legacy):
        assert told(server, each).ended == {first.check_code}
        assert first.certificate not in each.roots
        assert second.certificate in each.roots


async def test_a_root_that_is_revoked_at_once_has_left_its_letter(server: Appliance) -> None:
    (first,) = rotating(server)
    away = known(first)
    second = await another_root(server)
    plan = await REVOKE_ROOT.prepare(call(server), name=first.server_value)
    await REVOKE_ROOT.apply(call(server), plan, silent)
    assert any(follows(away, letter) for _, letter in letters(server))
    assert told(server, away).ended == {first.check_code}
    assert second.certificate in away.roots


def all_roots(server: Appliance) -> list[Root]:
    from tanos.roots.kept import roots

    return roots(server)


def follows(trust: Trust, letter: Signed) -> bool:
    try:
        return trust.follow(letter)
    except ValueError:
        return False


def test_an_intermediate_is_signed_as_the_settings_have_it_and_stands_in_the_register(server: Appliance) -> None:
    with server.store.change(call(server)) as change:
        write(change, setting_named(server.identity, "PKIClientTLSKeyValidityDays"), 2)
        write(change, setting_named(server.identity, "PKIIntermediateTLSKeyValidityDays"), 9)
    made = Intermediate()
    held = sign_intermediate(call(server), made.request(), "zs1.lab.test")
    made.hold(held)
    assert held.certificate.not_valid_after_utc - server.clock() == timedelta(days=9)
    assert (held.client_days, held.window_hours) == (2, 72)
    (row,) = server.store.rows("SELECT * FROM issued WHERE kind = 'intermediate-tls'")
    assert (row["serial"], row["subject"]) == (
        serial_text(held.certificate.serial_number), "CN=zs1.lab.test Intermediate TLS",
    )  # fmt: skip
    revoke_key(server, held.certificate)
    trust = known(*rotating(server))
    told(server, trust)
    assert trust.revoked


def test_what_is_no_request_is_refused_and_nothing_is_signed(server: Appliance) -> None:
    with pytest.raises(AnswerRefused, match=r"^not-pkcs10: "):
        sign_intermediate(call(server), b"rubbish", "zs1.lab.test")
    assert not server.store.rows("SELECT 1 FROM issued WHERE kind = 'intermediate-tls'")


def test_where_no_root_is_nothing_is_signed(bare_tanium_server: Appliance) -> None:
    assert message(bare_tanium_server) is None
    with pytest.raises(NotYet, match=r"^no-root: "):
        sign_intermediate(call(bare_tanium_server), Intermediate().request(), "zs1.lab.test")


def test_a_request_of_an_intermediate_is_one_for_a_key() -> None:
    assert requested_key(Intermediate().request())
