"""What the root signs is what was shown, and other people's programs find nothing wrong with it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tanos.certificates.check_code import check_code
from tanos.certificates.issue import draft_certificate
from tanos.certificates.request import Request
from tanos.certificates.root import self_signed_root
from tanos.certificates.signing import HeldRoot
from tanos.errors import Damaged
from tests.conftest import NOON
from tests.tanos.certificates.asking import LEAF_USAGE, NAME, dns, ec_key, good_request, ip, rsa_key, signed
from tests.tanos.certificates.judges import assert_certificate_is_good, assert_lints_clean

NOW = datetime.now(UTC)


def held_root(key: CertificateIssuerPrivateKeyTypes, now: datetime = NOW) -> HeldRoot:
    """Return a root with its key."""
    return HeldRoot(self_signed_root(key, "ts1.lab.test Root 0", now), key)


def issue(request: Request, root: HeldRoot) -> x509.Certificate:
    """Draft and sign."""
    return signed(root, draft_certificate(request, root.certificate, now=NOW))


@pytest.fixture(scope="module")
def root() -> HeldRoot:
    """The usual root: P-384."""
    return held_root(ec.generate_private_key(ec.SECP384R1()))


ROOT_KEYS: dict[str, CertificateIssuerPrivateKeyTypes] = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "RSA": rsa.generate_private_key(65537, 2048),
}
FULL = [
    x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
    x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Île-de-France"),
    x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lab"),
]
REQUESTS = {
    "EC": good_request(names=[*dns(NAME), ip("10.0.0.5"), ip("2001:db8::5")]),
    "RSA": good_request(key=rsa_key()),
    "full subject, many names": good_request(
        subject=FULL,
        names=dns(*(f"n{number}.lab.test" for number in range(99))),
        extensions=[x509.KeyUsage(**LEAF_USAGE)],
    ),
}


@pytest.mark.parametrize("kind", ROOT_KEYS)
def test_every_kind_of_root_issues_what_the_judges_accept(kind: str, tmp_path: Path) -> None:
    root = held_root(ROOT_KEYS[kind])
    (tmp_path / "root").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "leaf").write_bytes(issue(REQUESTS["EC"], root).public_bytes(Encoding.PEM))
    assert_certificate_is_good(tmp_path / "leaf", tmp_path / "root", NAME)
    assert_lints_clean(tmp_path / "root")


@pytest.mark.parametrize("kind", REQUESTS)
def test_every_kind_of_request_gets_what_the_judges_accept(kind: str, root: HeldRoot, tmp_path: Path) -> None:
    (tmp_path / "root").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "leaf").write_bytes(issue(REQUESTS[kind], root).public_bytes(Encoding.PEM))
    assert_certificate_is_good(tmp_path / "leaf", tmp_path / "root", NAME)


@pytest.mark.parametrize("kind", REQUESTS)
def test_the_preview_is_the_certificate_byte_for_byte(kind: str, root: HeldRoot) -> None:
    draft = draft_certificate(REQUESTS[kind], root.certificate, now=NOW)
    certificate = signed(root, draft)
    assert certificate.tbs_certificate_bytes == draft.tbs
    certificate.verify_directly_issued_by(root.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert len(draft.names) == len(list(names))
    assert certificate.serial_number == draft.serial
    assert certificate.subject.rfc4514_string() == draft.subject
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (draft.not_before, draft.not_after)
    assert check_code(certificate.public_key()) == REQUESTS[kind].check_code


@pytest.mark.parametrize("key", [ec_key(), rsa_key()])
def test_the_profile_decides_the_usages(key: CertificateIssuerPrivateKeyTypes, root: HeldRoot) -> None:
    asked = x509.KeyUsage(**{**LEAF_USAGE, "key_encipherment": True})
    request = good_request(key=key, extensions=[asked, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])])
    draft = draft_certificate(request, root.certificate, now=NOW)
    extensions = signed(root, draft).extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value == x509.KeyUsage(**LEAF_USAGE)
    purposes = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    assert purposes == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    assert [(str(what), asked_, issued) for what, asked_, issued in draft.differences] == [
        ("Usages", "digitalSignature, keyEncipherment, serverAuth", "digitalSignature, serverAuth, clientAuth")
    ]


def test_it_is_valid_from_five_minutes_ago_for_ten_years(root: HeldRoot) -> None:
    draft = draft_certificate(good_request(), root.certificate, now=NOW)
    now = NOW.replace(microsecond=0)
    assert (draft.not_before, draft.not_after) == (now - timedelta(minutes=5), now + timedelta(days=3650))


def test_it_never_outlives_nor_precedes_its_root() -> None:
    key = ec_key(1)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Root")])
    begin, end = NOON - timedelta(minutes=1), NOON + timedelta(days=10)
    from cryptography.hazmat.primitives.hashes import SHA256

    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, begin, end)
    root = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, SHA256())
    draft = draft_certificate(good_request(), root, now=NOON)
    assert (draft.not_before, draft.not_after) == (begin, end)
    held = signed(HeldRoot(root, key), draft)
    held.verify_directly_issued_by(root)


def test_dates_from_2050_on_are_written_as_the_standard_wants(root: HeldRoot) -> None:
    draft = draft_certificate(good_request(), root.certificate, now=NOW, life=timedelta(days=365 * 30))
    certificate = signed(root, draft)
    assert certificate.not_valid_after_utc == draft.not_after
    assert draft.not_after.strftime("%Y%m%d%H%M%SZ").encode() in draft.tbs


def test_serials_are_random_and_positive(root: HeldRoot) -> None:
    serials = {draft_certificate(good_request(), root.certificate, now=NOW).serial for _ in range(50)}
    assert len(serials) == 50
    assert all(0 < serial < 1 << 159 for serial in serials)
    assert draft_certificate(good_request(), root.certificate, now=NOW, serial=5).serial == 5


def test_odd_parts_of_a_subject_are_left_out_and_shown(root: HeldRoot) -> None:
    subject = [
        x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.test"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lab\x1b[31m"),
        x509.NameAttribute(NameOID.LOCALITY_NAME, "Emeryville"),
    ]
    draft = draft_certificate(good_request(subject=subject), root.certificate, now=NOW)
    assert draft.subject == f"CN={NAME},L=Emeryville"
    assert signed(root, draft).subject.rfc4514_string() == draft.subject
    assert "Subject" in [str(what) for what, _, _ in draft.differences]


def test_a_root_does_not_expire_and_issues_no_authority(root: HeldRoot) -> None:
    extensions = root.certificate.extensions
    assert root.certificate.not_valid_after_utc.year == 9999
    assert extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)


def test_a_key_that_is_not_the_roots_signs_nothing(root: HeldRoot) -> None:
    with pytest.raises(Damaged) as damaged:
        HeldRoot(root.certificate, ec.generate_private_key(ec.SECP384R1()))
    assert damaged.value.id == "root-damaged"


UNLAWFUL = "a\x1b[31m\x07b\nc"
LONG = ".".join(["a" * 40] * 3)


@pytest.mark.parametrize(
    ("names", "subject", "critical"),
    [
        ([*dns("h1.lab.test", "h2.lab.test"), ip("10.0.0.5")], "CN=h1.lab.test", False),
        ([*dns(LONG), ip("10.0.0.5")], "CN=10.0.0.5", False),
        (dns(LONG), "", True),
    ],
)
def test_a_subject_of_which_nothing_remains_is_made_of_the_names_or_they_are_critical(
    names: list[x509.GeneralName], subject: str, critical: bool, root: HeldRoot, tmp_path: Path
) -> None:
    draft = draft_certificate(good_request(common_name=UNLAWFUL, names=names), root.certificate, now=NOW)
    leaf = signed(root, draft)
    assert draft.subject == leaf.subject.rfc4514_string() == subject
    assert leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical == critical
    assert "Subject" in [str(what) for what, _, _ in draft.differences]
    (tmp_path / "root").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "leaf").write_bytes(leaf.public_bytes(Encoding.PEM))
    assert_certificate_is_good(tmp_path / "leaf", tmp_path / "root", draft.names[0])
