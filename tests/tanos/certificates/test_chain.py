"""What comes back is installed only if it fits a waiting key and the root held here vouches for it now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tanos.certificates.chain import Answer, examine_answer, read_root
from tanos.certificates.check_code import check_code
from tanos.certificates.issue import draft_certificate
from tanos.certificates.root import self_signed_root
from tanos.certificates.signing import HeldRoot
from tanos.errors import AnswerRefused
from tests.conftest import NOON
from tests.tanos.certificates.asking import LEAF_USAGE, csr_der, ec_key, good_request, signed

ROOT_KEY = ec.generate_private_key(ec.SECP384R1())
ROOT = self_signed_root(ROOT_KEY, "ts1.lab.test Root 0", NOON)
WAITING = {check_code(ec_key().public_key()): ec_key().public_key()}


def der(certificate: x509.Certificate) -> bytes:
    """Return the DER."""
    return certificate.public_bytes(Encoding.DER)


def leaf() -> x509.Certificate:
    """Return the certificate that the root issues for the waiting key."""
    return signed(HeldRoot(ROOT, ROOT_KEY), draft_certificate(good_request(), ROOT, now=NOON))


def examined(ders: Sequence[bytes], root: x509.Certificate | None = ROOT, now: datetime = NOON) -> Answer:
    """Examine for the waiting key."""
    return examine_answer(ders, waiting_public_keys=WAITING, root=root, now=now)


def ids(answer: Answer) -> list[str]:
    """Return the ids found."""
    for finding in answer.findings:
        assert str(finding.message).endswith(".")
        assert str(finding.remedy).endswith(".")
    return [finding.id for finding in answer.findings]


def authority(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool = True,
    path_length: int | None = None,
    until: timedelta = timedelta(days=999),
) -> x509.Certificate:
    """Return a certificate of an authority, self-signed without `issuer`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        issuer.subject if issuer else subject, subject, key.public_key(), 7, NOON - timedelta(1), NOON + until
    )
    usage = x509.KeyUsage(**{**LEAF_USAGE, "digital_signature": not ca, "key_cert_sign": ca})
    return (
        builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length if ca else None), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer_key, SHA256())
    )


def test_the_right_certificate_has_no_findings_in_any_order() -> None:
    for ders in ([der(leaf())], [der(ROOT), der(leaf())], [der(leaf()), der(ROOT), der(ROOT)]):
        answer = examined(ders)
        assert ids(answer) == []
        assert answer.check_code in WAITING
        assert answer.intermediates == ()


def test_a_certificate_for_another_key_names_both_codes() -> None:
    other = signed(HeldRoot(ROOT, ROOT_KEY), draft_certificate(good_request(key=ec_key(5)), ROOT, now=NOON))
    with pytest.raises(AnswerRefused) as refused:
        examined([der(other)])
    assert refused.value.id == "key-mismatch"
    assert check_code(ec_key(5).public_key()) in str(refused.value.message)
    assert next(iter(WAITING)) in str(refused.value.message)


def test_where_nothing_waits_nothing_fits() -> None:
    with pytest.raises(AnswerRefused) as refused:
        examine_answer([der(leaf())], waiting_public_keys={}, root=ROOT, now=NOON)
    assert refused.value.id == "key-mismatch"


def test_without_the_root_nothing_is_verified() -> None:
    assert ids(examined([der(leaf())], root=None)) == ["no-root"]


def test_another_root_of_the_same_name_did_not_issue_it() -> None:
    imposter = self_signed_root(ec_key(3), "ts1.lab.test Root 0", NOON)
    assert ids(examined([der(leaf())], root=imposter)) == ["wrong-issuer"]


def test_both_clocks_are_shown_where_it_is_not_yet_valid() -> None:
    answer = examined([der(leaf())], now=NOON - timedelta(hours=1))
    assert ids(answer) == ["not-yet-valid"]
    assert "2026-11-22 11:55:00 UTC" in str(answer.findings[0].message)
    assert "2026-11-22 11:00:00 UTC" in str(answer.findings[0].message)


def test_an_expired_certificate_is_refused() -> None:
    assert ids(examined([der(leaf())], now=NOON + timedelta(days=3651))) == ["expired"]


def enterprise(path_length: int | None = None, middle_is_ca: bool = True) -> tuple[x509.Certificate, ...]:
    """Return root, intermediate and leaf of another authority."""
    keys = [ec_key(number) for number in (10, 11)]
    root = authority("Enterprise Root", keys[0], None, keys[0], path_length=path_length)
    middle = authority("Enterprise Issuing", keys[1], root, keys[0], ca=middle_is_ca)
    held = HeldRoot(middle, keys[1])
    return root, middle, signed(held, draft_certificate(good_request(), middle, now=NOON))


def test_intermediates_may_stand_in_any_order() -> None:
    root, middle, issued = enterprise()
    for ders in ([der(issued), der(middle)], [der(root), der(middle), der(issued)]):
        answer = examined(ders, root=root)
        assert ids(answer) == []
        assert answer.intermediates == (middle,)


def test_an_intermediate_whose_key_is_weak_vouches_for_nothing() -> None:
    weak = ec.generate_private_key(ec.SECP224R1())
    root = authority("Enterprise Root", ec_key(10), None, ec_key(10))
    middle = authority("Enterprise Issuing", weak, root, ec_key(10))
    issued = authority("zs1.lab.test", ec_key(), middle, weak, ca=False)
    (finding,) = examined([der(issued), der(middle)], root=root).findings
    assert (finding.id, finding.severity.value) == ("weak-key", "refuse")
    assert "Enterprise Issuing" in str(finding.message)


def test_a_missing_intermediate_breaks_the_chain() -> None:
    root, _, issued = enterprise()
    assert ids(examined([der(issued)], root=root)) == ["wrong-issuer"]


def test_a_certificate_that_is_no_authority_issues_nothing() -> None:
    root, middle, issued = enterprise(middle_is_ca=False)
    assert ids(examined([der(issued), der(middle)], root=root)) == ["wrong-issuer"]


def test_a_root_that_allows_no_intermediate_is_obeyed() -> None:
    root, middle, issued = enterprise(path_length=0)
    assert ids(examined([der(issued), der(middle)], root=root)) == ["wrong-issuer"]


def test_a_certificate_without_client_purpose_is_a_warning() -> None:
    builder = x509.CertificateBuilder(
        ROOT.subject, ROOT.subject, ec_key().public_key(), 9, NOON, NOON + timedelta(days=1)
    )
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    one_sided = builder.add_extension(purposes, critical=False).sign(ROOT_KEY, SHA256())
    answer = examined([der(one_sided)])
    assert [(finding.id, finding.severity.value) for finding in answer.findings] == [("eku-missing", "warn")]
    assert "clientAuth" in str(answer.findings[0].message)


@pytest.mark.parametrize("rubbish", [b"", b"hello", csr_der(), der(ROOT) + b"\0", der(ROOT)[:-1]])
def test_what_is_no_certificate_is_refused(rubbish: bytes) -> None:
    with pytest.raises(AnswerRefused):
        examined([rubbish])


def test_a_root_to_import_must_be_a_self_signed_authority() -> None:
    assert read_root(der(ROOT), NOON) == (ROOT, ())
    for wrong in (leaf(), enterprise()[1], authority("Not a CA", ec_key(4), None, ec_key(4), ca=False)):
        assert [finding.id for finding in read_root(der(wrong), NOON)[1]] == ["not-a-root"]
    old = authority("Old", ec_key(4), None, ec_key(4), until=timedelta(hours=1))
    assert [finding.id for finding in read_root(der(old), NOON + timedelta(hours=2))[1]] == ["expired"]
