"""A hostile server that is known, trusted perhaps, shows roots: each is its own by name, and has room in a word."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.x509.oid import NameOID, ObjectIdentifier

from tanos.appliance import Appliance
from tanos.certificates.root import NEVER, self_signed_root
from tanos.certificates.signed_words import STATEMENT
from tanos.keeper import keeper_of
from tanos.roots.kept import find_root
from tanos.trust.exchange import outgoing, receive
from tanos.trust.record import read_record, sealed, statement_of
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.trust.made import known
from tests.tanos.trust.test_enemy import ADDRESS, Pair, pair, refused, signed

__all__ = ["clock", "pair"]
OWN = "ts2.lab.test Root 0"


def showing(enemy: Appliance, key: ec.EllipticCurvePrivateKey, root: x509.Certificate) -> bytes:
    """Return a record of that server that shows another root beside its own: both sign it."""
    record = read_record(outgoing(enemy, known(enemy).key), enemy.clock())
    statement = statement_of(replace(record, roots=(find_root(enemy, OWN).certificate, root)))
    by_it = key.sign(STATEMENT + statement, ec.ECDSA(SHA384()))
    return sealed(statement, [keeper_of(enemy).sign_statement(statement, OWN), by_it])


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def test_the_next_root_of_a_server_is_taken(pair: Pair, key: ec.EllipticCurvePrivateKey, clock: Clock) -> None:
    one, enemy = pair
    receive(one, showing(enemy, key, self_signed_root(key, "ts2.lab.test Root 1", clock(), 1)), ADDRESS)
    assert len(known(one).roots) == 2


@pytest.mark.parametrize(
    "name",
    [
        "ts1.lab.test Root 9", "TS2.lab.test Root 9", "ts2 Root 9", "ts2.lab.test", "ts2.lab.test Root 09",
        "ts2.lab.test Root \N{ARABIC-INDIC DIGIT NINE}", "legacy-root",
    ],
)  # fmt: skip
def test_none_is_called_after_another_server(
    pair: Pair, key: ec.EllipticCurvePrivateKey, clock: Clock, name: str
) -> None:
    one, enemy = pair
    assert refused(one, showing(enemy, key, self_signed_root(key, name, clock(), 1))) == "other-server-name"
    receive(one, signed(enemy), ADDRESS)


def test_none_has_a_second_name(pair: Pair, key: ec.EllipticCurvePrivateKey, clock: Clock) -> None:
    one, enemy = pair
    names = [x509.NameAttribute(NameOID.COMMON_NAME, each) for each in ("ts2.lab.test Root 1", "ts1.lab.test Root 1")]
    assert refused(one, showing(enemy, key, made(key, names, clock))) == "other-server-name"


def test_none_is_larger_than_a_root_of_ours_can_be(pair: Pair, key: ec.EllipticCurvePrivateKey, clock: Clock) -> None:
    one, enemy = pair
    name = [x509.NameAttribute(NameOID.COMMON_NAME, "ts2.lab.test Root 1")]
    assert refused(one, showing(enemy, key, made(key, name, clock, ballast=3000))) == "bad-trust-record"


def made(
    key: ec.EllipticCurvePrivateKey, names: list[x509.NameAttribute[str]], clock: Clock, ballast: int = 0
) -> x509.Certificate:
    """Return a root of these names, with so many bytes that nobody reads."""
    name = x509.Name(names)
    filled = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.1"), bytes(ballast))
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, clock().replace(microsecond=0), NEVER)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    return built.add_extension(filled, critical=False).sign(key, SHA384())
