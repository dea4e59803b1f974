"""Certificates of which a part cannot be read, or is of a kind that the library does not know, are refused."""

import random
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.errors import TanosError
from tanos.exchange.installed import certificate_data
from tanos.https_pairs.requirements import judge
from tanos.https_pairs.uploaded import Uploaded, read_answer, read_pair
from tests.conftest import NOON
from tests.tanos.https_pairs.made import FQDN, authority, key_pem, rsa_key

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a ", "ignore:The parsed ")
CA = authority()
LEAF = CA.issue()
KEY, DER, ISSUER = key_pem(rsa_key()), LEAF.public_bytes(Encoding.DER), CA.issuing.public_bytes(Encoding.DER)


def told(uploaded: Uploaded) -> None:
    """Say of a pair all that a Plan says."""
    judge(uploaded, NOON, FQDN)
    certificate_data(uploaded.leaf, NOON)
    for each in uploaded.issuers:
        each.subject.rfc4514_string()


def shaken(der: bytes, times: int, seed: int) -> Iterator[bytes]:
    """Yield what a certificate becomes with a few bytes changed."""
    chance = random.Random(seed)
    for _ in range(times):
        changed = bytearray(der)
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield bytes(changed)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d01017f")),
        (bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d04037f")),
        (bytes.fromhex("06082b06010505070301"), bytes.fromhex("06082b060105050783ff")),
        (bytes.fromhex("0603551d11"), bytes.fromhex("0603551d25")),
    ],
    ids=["kind of key", "signature", "purpose", "an extension twice"],
)
def test_one_of_an_unknown_kind_or_with_a_broken_part_is_refused(part: bytes, other: bytes) -> None:
    assert part in DER
    with pytest.raises(TanosError):
        told(read_pair(DER.replace(part, other), KEY))
    with pytest.raises(TanosError):
        told(read_answer([DER.replace(part, other)], (), [rsa_key().public_key()]))


def test_so_is_one_beside_it_that_issued_it() -> None:
    ec = bytes.fromhex("06072a8648ce3d0201")
    assert ec in ISSUER
    with pytest.raises(TanosError):
        told(read_answer([DER, ISSUER.replace(ec, ec[:-1] + b"\x7f")], (), [rsa_key().public_key()]))


def test_whatever_became_of_its_bytes_it_is_a_pair_or_a_refusal() -> None:
    for ders in (*([each] for each in shaken(DER, 300, 1)), *([DER, each] for each in shaken(ISSUER, 300, 2))):
        try:
            told(read_answer(ders, (), [rsa_key().public_key()]))
        except TanosError:
            continue
