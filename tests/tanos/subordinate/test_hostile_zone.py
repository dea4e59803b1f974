"""A zone server that is proved, and broken: it has no more certificates, and no more of the audit, than another."""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.roots.kept import find_root
from tanos.subordinate.pending import pending
from tanos.subordinate.zones import MOST_IN_AN_HOUR, answer
from tanos.supervising.key_answers import KeyAnswers
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.roots.made import ROOT_0, server_of_7_4
from tests.tanos.subordinate.servers import give_reporting_pair, server_round, zone_of_7_4
from tests.tanos.trust.made import exchange, known, meet, stand
from tests.tanos.trust.made import server as server_of_pair

__all__ = ["clock"]
ZONE = "zs1.lab.test"
KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(MOST_IN_AN_HOUR + 1)]


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server with its own key below Root 0."""
    made = server_of_7_4(tmp_path, clock)
    server_round(made)
    return made


def request(
    key: ec.EllipticCurvePrivateKey, *subject: tuple[x509.ObjectIdentifier, str], also: Sequence[str] = ()
) -> bytes:
    """Return a request for the zone server's name, with that subject, and for those names as well."""
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in subject])
    names = x509.SubjectAlternativeName([x509.DNSName(each) for each in (ZONE, *also)])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(names, critical=False)
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)


def test_no_other_subject_has_more_certificates_signed(tmp_path: Path, clock: Clock, server: Appliance) -> None:
    shown = give_reporting_pair(zone_of_7_4(tmp_path, clock, server), server)
    code = find_root(server, ROOT_0).check_code
    for subject in ((), ((NameOID.COMMON_NAME, ZONE), (NameOID.ORGANIZATION_NAME, "1"))):
        with pytest.raises(AnswerRefused, match="other-names"):
            answer(call(server), ZONE, shown, code, request(KEYS[0], *subject))
    with pytest.raises(AnswerRefused, match="too-many"):
        for number, key in enumerate(KEYS):
            written = ZONE.upper() if number % 2 else ZONE
            answer(call(server), ZONE, shown, code, request(key, (NameOID.COMMON_NAME, written)))


@pytest.mark.parametrize("name", ["ts1.lab.test", "TS1", "ts2.lab.test", "ts2", "*.lab.test", "ts1.lab.test."])
def test_nobody_waits_for_a_certificate_in_the_name_of_one_of_both_servers(
    tmp_path: Path, clock: Clock, name: str
) -> None:
    first, other = server_of_pair(tmp_path, "ts1", clock), server_of_pair(tmp_path, "ts2", clock)
    meet(first, other)
    for each in (first, other):
        stand(each, known(each).key, known(each).standing.accepted())
    exchange(first, other)
    code = find_root(first, "ts1.lab.test Root 0").check_code
    with pytest.raises(AnswerRefused):
        answer(call(first), ZONE, b"", code, request(KEYS[0], (NameOID.COMMON_NAME, ZONE), also=[name]))
    assert not pending(first)


async def test_refusals_that_take_turns_are_written_down_once_each(server: Appliance, clock: Clock) -> None:
    answers, long = KeyAnswers(server), b64encode(bytes(9000)).decode()
    told = "SELECT id FROM audit WHERE verb = 'subordinate-keys issue' AND object = ?"
    for _ in range(5):
        for root in ("none", find_root(server, ROOT_0).check_code):
            with pytest.raises(AnswerRefused):
                await answers.of_zone({"words": {"zone": ZONE, "root": root, "request": long}})
    assert len(server.store.rows(told, ZONE)) == 2
    clock.go(hours=2)
    with pytest.raises(AnswerRefused):
        await answers.of_zone({"words": {"zone": ZONE, "root": "none", "request": long}})
    assert len(server.store.rows(told, ZONE)) == 3
