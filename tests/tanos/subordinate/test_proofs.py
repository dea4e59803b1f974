"""What proves a zone server that asks for its next key: a line of certificates, each of which had the next signed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tanos.appliance import Appliance
from tanos.certificates.issued import serial_text
from tanos.roots.kept import find_root
from tanos.store.issued_tables import PROOFS
from tanos.store.schema import MIGRATIONS
from tanos.subordinate.operations import APPROVE_KEY
from tanos.subordinate.zones import answer
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock, do
from tests.tanos.roots.made import ROOT_0, server_of_7_4
from tests.tanos.subordinate.servers import give_reporting_pair, server_round, zone_of_7_4

__all__ = ["clock"]
ZONE, ALIAS = "zs1.lab.test", "zone.lab.test"
KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(5)]


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server with its own key below Root 0."""
    made = server_of_7_4(tmp_path, clock)
    server_round(made)
    return made


def ask(server: Appliance, key: int, shown: bytes = b"", common: str = ZONE, *others: str, zone: str = ZONE) -> bytes:
    """Ask for a certificate of that key and those names; return it, DER, empty where it waits."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    names = x509.SubjectAlternativeName([x509.DNSName(each) for each in (common, *others)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(names, critical=False)
    der = made.sign(KEYS[key], SHA256()).public_bytes(Encoding.DER)
    pem = answer(call(server), zone, shown, find_root(server, ROOT_0).check_code, der)
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER) if pem else b""


async def approved(server: Appliance, key: int, *names: str) -> bytes:
    """Return what is signed once an operator approved it."""
    assert ask(server, key, b"", *names) == b""
    await do(server, APPROVE_KEY, name=ZONE)
    return ask(server, key, b"", *names)


def revoke(server: Appliance, der: bytes, reason: str = "key-compromise") -> None:
    serial = serial_text(x509.load_der_x509_certificate(der).serial_number)
    with server.store.change(call(server)) as change:
        sql = "INSERT INTO revoked_certificates (serial, reason, revoked_by, revoked_at) VALUES (?, ?, '', ?)"
        change.execute(sql, serial, reason, change.now)


async def test_who_had_one_of_another_subject_signed_in_time_loses_it_with_the_one_that_he_showed(
    server: Appliance, clock: Clock
) -> None:
    first = await approved(server, 0, ZONE, ALIAS)
    other = ask(server, 1, first, ALIAS, ZONE)
    assert other
    third = ask(server, 2, other, ALIAS, ZONE)
    revoke(server, first)
    clock.go(days=1)
    for shown in (first, other, third):
        assert ask(server, 3, shown, ALIAS, ZONE) == b""


async def test_who_shows_an_earlier_one_of_a_line_proves_nothing_where_a_later_was_revoked(
    server: Appliance, clock: Clock
) -> None:
    first = await approved(server, 0)
    second = ask(server, 1, first)
    clock.go(days=1)
    revoke(server, second)
    assert ask(server, 2, first) == b""


async def test_what_was_approved_anew_goes_on_when_the_former_key_is_revoked_later(
    server: Appliance, clock: Clock
) -> None:
    first = await approved(server, 0)
    clock.go(days=1)
    second = await approved(server, 1)
    clock.go(days=1)
    revoke(server, first)
    assert ask(server, 2, first) == b""
    third = ask(server, 2, second)
    assert third
    assert ask(server, 3, third)


async def test_what_another_took_the_place_of_is_no_doubt_about_the_line(server: Appliance, clock: Clock) -> None:
    first = await approved(server, 0)
    second = ask(server, 1, first)
    clock.go(days=1)
    revoke(server, first, "superseded")
    assert ask(server, 2, second)


async def test_an_alias_of_several_zone_servers_is_doubted_with_none_but_the_one_that_was_revoked(
    server: Appliance, clock: Clock
) -> None:
    first = await approved(server, 0, ZONE, ALIAS)
    assert ask(server, 1, b"", "zs2.lab.test", ALIAS, zone="zs2.lab.test") == b""
    await do(server, APPROVE_KEY, name="zs2.lab.test")
    other = ask(server, 1, b"", "zs2.lab.test", ALIAS, zone="zs2.lab.test")
    clock.go(days=1)
    revoke(server, first)
    assert ask(server, 2, other, "zs2.lab.test", ALIAS, zone="zs2.lab.test")


async def test_what_nobody_wrote_down_proves_nothing_for_a_name_that_was_revoked(
    tmp_path: Path, server: Appliance, clock: Clock
) -> None:
    shown = give_reporting_pair(zone_of_7_4(tmp_path, clock, server), server)
    assert ask(server, 0, shown)
    revoke(server, await approved(server, 1))
    assert ask(server, 2, shown) == b""


def test_certificates_from_before_lines_were_written_down_are_one_line_each_subject() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        for script in MIGRATIONS[: MIGRATIONS.index(PROOFS)]:
            database.executescript(script)
        for serial, subject, kind, at in (
            ("01", "CN=zs1", "reporting", "2026-01-01"), ("02", "CN=ZS1", "server-tls", "2026-02-01"),
            ("03", "CN=zs1", "reporting", "2026-03-01"), ("04", "CN=zs2", "server-tls", "2026-02-02"),
        ):  # fmt: skip
            database.execute(
                "INSERT INTO issued (serial, check_code, request_hash, issuer_key, subject, names, not_before,"
                " not_after, certificate, issued_at, kind) VALUES (?, '', '', '', ?, '[]', '', '', '', ?, ?)",
                (serial, subject, at, kind),
            )
        database.executescript(PROOFS)
        found = database.execute("SELECT proved_by FROM issued ORDER BY serial").fetchall()
    assert [each for (each,) in found] == ["", "01", "", ""]
