"""Whatever stands in a field of a record, it is taken as what it must be, or the whole is refused."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tanos.appliance import utc_now
from tanos.errors import AnswerRefused
from tanos.keeper import Keeper
from tanos.trust.exchange import outgoing
from tanos.trust.record import Record, read_record, sealed
from tests.conftest import NOON
from tests.tanos.exchange.conftest import Clock
from tests.tanos.trust.made import server

Said = dict[str, Any]
Sign = Callable[[Said], bytes]
ODD = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=80)
    | some.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-22T12:00:00", "00:" * 32])
    | some.integers(0, 10**6).map(lambda number: f"{number:064x}"),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)  # fmt: skip


def other_key(algorithm: bytes) -> str:
    """Return a certificate, base64, whose key is said to be of that algorithm: one of Ed25519, or of nothing."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ts2")])
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, NOON, NOON + timedelta(days=1)).sign(key, None)
    return b64encode(built.public_bytes(Encoding.DER).replace(bytes.fromhex("2b6570"), algorithm)).decode()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[Said, Sign]:
    """What a server says, and its key: it signs whatever it is given."""
    appliance = server(tmp_path_factory.mktemp("hostile"), "ts2", Clock())
    keeper, (name,) = Keeper(appliance), Keeper(appliance).root_keys()

    def sign(words: Said) -> bytes:
        statement = b"trust between servers\0" + json.dumps(words).encode()
        return sealed(statement, [keeper.sign_statement(statement, name)])

    return json.loads(outgoing(appliance).partition(b"\n")[2]), sign


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(some.data())
def test_a_record_that_its_server_made_up_is_one_or_refused(said: tuple[Said, Sign], data: some.DataObject) -> None:
    words, sign = said
    field = data.draw(some.sampled_from(sorted(words)))
    made = {**words, field: data.draw(ODD)}
    try:
        record = read_record(sign(made), utc_now())
    except AnswerRefused:
        return
    assert isinstance(record, Record)
    assert datetime.fromisoformat(record.at).tzinfo is not None
    assert record.said.round <= 9999
    assert record.name.isprintable()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "0001-01-01T00:00:00+14:00"),
        ("at", "2026-11-22T12:00:00"),
        ("said", [10000, "none"]),
        ("said", [0, "trusted"]),
        ("roots", []),
        ("roots", ["AAAA"]),
        ("roots", [other_key(bytes.fromhex("2b6570"))]),
        ("roots", [other_key(bytes.fromhex("2b8104"))]),
        ("name", "ts2\x1b[2J"),
        ("fqdn", "localhost"),
        ("release", "8.0"),
        ("release", []),
        ("ended", ["AB"]),
        ("knows", ["AB:" * 31 + "AB"] * 17),
        ("nonce", "00"),
        ("commitment", "x" * 64),
        ("format", "tanos trust 2"),
    ],
)
def test_what_no_field_may_hold_is_refused(said: tuple[Said, Sign], field: str, value: object) -> None:
    words, sign = said
    read_record(sign(words), utc_now())
    with pytest.raises(AnswerRefused) as refused:
        read_record(sign({**words, field: value}), utc_now())
    assert refused.value.id == "bad-trust-record"


def test_a_field_more_or_less_is_no_record(said: tuple[Said, Sign]) -> None:
    words, sign = said
    for made in ({**words, "more": 1}, {name: words[name] for name in words if name != "nonce"}):
        with pytest.raises(AnswerRefused):
            read_record(sign(made), utc_now())
