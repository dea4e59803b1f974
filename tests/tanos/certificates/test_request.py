"""Every verdict about a request, by its id."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA224, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID, ExtendedKeyUsageOID, NameOID

from tanos.certificates.check_code import spki_of
from tanos.certificates.issue import draft_certificate
from tanos.certificates.request import Request, examine_request, pem_of
from tanos.certificates.root import self_signed_root
from tanos.der import SEQUENCE, tlv
from tanos.errors import AnswerRefused
from tanos.finding import Finding, Severity
from tests.conftest import NOON
from tests.tanos.certificates.asking import LEAF_USAGE, NAME, csr_der, dns, ec_key, ip, rsa_key
from tests.tanos.certificates.judges import assert_request_is_good


def findings(der: bytes) -> dict[str, Finding]:
    """Return what is found, by id, whether it can be read or not."""
    try:
        _, found = examine_request(der)
    except AnswerRefused as refused:
        found = refused.findings
    for finding in found:
        assert str(finding.message).endswith(".")
        assert str(finding.remedy).endswith(".")
    return {finding.id: finding for finding in found}


def refused(der: bytes) -> list[str]:
    """Return the ids that refuse."""
    return [id_ for id_, finding in findings(der).items() if finding.severity is Severity.REFUSE]


def warned(der: bytes) -> list[str]:
    """Return the ids that warn."""
    return [id_ for id_, finding in findings(der).items() if finding.severity is Severity.WARN]


def test_a_good_request_has_no_findings(tmp_path: Path) -> None:
    request, found = examine_request(csr_der(names=[*dns(NAME), ip("10.0.0.5")]))
    assert found == ()
    assert (request.subject, request.names, request.key_words) == (f"CN={NAME}", (NAME, "10.0.0.5"), "EC P-256")
    file = tmp_path / "reporting.csr"
    file.write_text(request.pem)
    assert_request_is_good(file)


@pytest.mark.parametrize("bits", [2048, 4096])
def test_rsa_keys_of_usual_length_are_taken(bits: int) -> None:
    assert findings(csr_der(key=rsa_key(bits))) == {}


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1()])
def test_the_larger_curves_are_taken(curve: ec.EllipticCurve) -> None:
    assert findings(csr_der(key=ec.generate_private_key(curve))) == {}


def test_trailing_data_is_refused() -> None:
    assert refused(csr_der() + b"\0") == ["trailing-data"]


def test_what_ends_early_is_cut_short() -> None:
    assert refused(csr_der()[:-1]) == ["cut-short"]


@pytest.mark.parametrize("der", [b"", b"0", b"0\x80", b"hello", b"0\x02\x05\x00", b"0\x84\xff\xff\xff\xff"])
def test_rubbish_is_no_request(der: bytes) -> None:
    assert refused(der)[0] in {"not-pkcs10", "cut-short"}


def test_a_certificate_is_not_a_request() -> None:
    root = self_signed_root(ec_key(), "ts1 Root 0", NOON)
    found = findings(root.public_bytes(Encoding.DER))
    assert list(found) == ["wrong-block"]
    assert "CN=ts1 Root 0" in str(found["wrong-block"].message)


def test_another_version_is_refused() -> None:
    der = csr_der()
    assert refused(der.replace(b"\x02\x01\x00", b"\x02\x01\x01", 1)) == ["bad-version"]


@pytest.mark.parametrize("hash_name", ["sha1", "md5", "sha224"])
def test_an_old_hash_is_named_and_not_called_a_bad_signature(hash_name: str, tmp_path: Path) -> None:
    words = (
        f"openssl req -new -newkey rsa:2048 -nodes -{hash_name} -subj /CN={NAME} -outform DER -keyout {tmp_path}/k"
    )
    der = subprocess.run(
        [*words.split(), "-addext", f"subjectAltName=DNS:{NAME}"], capture_output=True, check=True
    ).stdout
    found = findings(der)
    assert list(found) == ["weak-hash"]
    assert hash_name in str(found["weak-hash"].message).lower().replace("-", "")


def test_sha224_with_an_elliptic_key_is_weak_too() -> None:
    assert refused(csr_der(algorithm=SHA224())) == ["weak-hash"]


def test_a_changed_request_has_a_bad_signature() -> None:
    assert refused(csr_der().replace(b"zs1.lab.test", b"zs2.lab.test")) == ["bad-signature"]


def test_a_short_rsa_key_is_weak(tmp_path: Path) -> None:
    assert refused(csr_der(key=rsa_key(1024))) == ["weak-key"]


@pytest.mark.parametrize("curve", [ec.SECP224R1(), ec.SECP192R1()])
def test_a_short_curve_is_weak(curve: ec.EllipticCurve) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        key = ec.generate_private_key(curve)
        der = csr_der(key=key)
    assert "weak-key" in refused(der)


def test_other_kinds_of_keys_do_not_fit() -> None:
    assert refused(csr_der(key=ed25519.Ed25519PrivateKey.generate(), algorithm=None)) == ["key-type"]
    assert refused(csr_der(key=dsa.generate_private_key(2048))) == ["key-type"]
    assert refused(csr_der(key=ec.generate_private_key(ec.SECP256K1()))) == ["key-type"]


def test_a_request_without_a_common_name_is_refused() -> None:
    assert refused(csr_der(common_name=None)) == ["name-empty"]
    assert refused(csr_der(common_name=None, names=[])) == ["name-empty"]


@pytest.mark.parametrize("name", ["server.domain.com", "server1.domain.com", "SERVER2.domain.com", "www.example.com"])
def test_the_placeholders_of_guides_are_recognised(name: str) -> None:
    assert refused(csr_der(common_name=name, names=dns(NAME))) == ["name-placeholder"]
    assert refused(csr_der(names=dns(NAME, name))) == ["name-placeholder"]


def test_a_name_in_a_reserved_domain_is_a_warning() -> None:
    der = csr_der(common_name="zs1.example.com", names=dns("zs1.example.com"))
    assert (refused(der), warned(der)) == ([], ["name-placeholder"])


def test_a_common_name_outside_the_names_is_said_and_added() -> None:
    der = csr_der(names=dns("other.lab.test"))
    assert (refused(der), warned(der)) == ([], ["cn-not-in-san"])
    request, _ = examine_request(der)
    root = self_signed_root(ec_key(1), "Root", NOON)
    assert draft_certificate(request, root, now=NOON).names == ("other.lab.test", NAME)


def test_a_common_name_of_other_case_is_the_same_name() -> None:
    assert findings(csr_der(common_name=NAME.upper())) == {}


def test_a_common_name_that_is_no_host_name_needs_alternative_names() -> None:
    assert warned(csr_der(common_name="Zone Server 1")) == ["cn-not-in-san"]
    assert refused(csr_der(common_name="Zone Server 1", names=[])) == ["san-bad"]


@pytest.mark.parametrize("name", ["a b", "", "x" * 300, "*.*._x", "a_b"])
def test_names_that_the_library_accepts_are_refused(name: str) -> None:
    assert refused(csr_der(names=dns(NAME, name)))[0] in {"san-bad", "san-forbidden"}


@pytest.mark.parametrize("name", [*dns("localhost", "*.lab.test"), ip("127.0.0.1"), x509.RFC822Name("a@b.test")])
def test_names_that_mean_something_else_are_forbidden(name: x509.GeneralName) -> None:
    assert refused(csr_der(names=[*dns(NAME), name])) == ["san-forbidden"]


def test_more_purposes_than_two_are_a_warning_and_not_issued() -> None:
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CODE_SIGNING, x509.ObjectIdentifier("1.2.3.4")]
    found = findings(csr_der(extensions=[x509.ExtendedKeyUsage(purposes)]))
    assert list(found) == ["eku-more"]
    assert found["eku-more"].severity is Severity.WARN
    assert "codeSigning, 1.2.3.4" in str(found["eku-more"].message)


@pytest.mark.parametrize(
    "extension",
    [
        x509.BasicConstraints(ca=True, path_length=None),
        x509.KeyUsage(**{**LEAF_USAGE, "key_cert_sign": True}),
        x509.KeyUsage(**{**LEAF_USAGE, "crl_sign": True}),
    ],
)
def test_a_request_to_become_an_authority_is_refused(extension: x509.ExtensionType) -> None:
    assert refused(csr_der(extensions=[extension])) == ["ca-requested"]


def test_a_challenge_password_appears_nowhere() -> None:
    request, found = examine_request(
        csr_der(attributes=[(AttributeOID.CHALLENGE_PASSWORD, b"correct horse battery")])
    )
    assert found == ()
    said = [str(value) for key, value in vars(request).items() if key != "der"]
    assert not any("battery" in text for text in [*said, request.subject, *request.names])


def test_an_unreadable_extension_is_refused() -> None:
    der = csr_der(extensions=[x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"rubbish")], names=[])
    assert refused(der) == ["attribute-unreadable"]


def test_an_attribute_with_two_values_is_refused() -> None:
    values = tlv(0x31, tlv(0x0C, b"one"), tlv(0x0C, b"two"))
    challenge_password = tlv(SEQUENCE, bytes.fromhex("06092a864886f70d010907"), values)
    assert refused(signed_by_hand(challenge_password)) == ["attribute-unreadable"]


def signed_by_hand(attributes: bytes) -> bytes:
    """Return the DER of a request with these attributes, signed."""
    good = x509.load_der_x509_csr(csr_der())
    spki = spki_of(ec_key().public_key())
    info = tlv(SEQUENCE, b"\x02\x01\x00", good.subject.public_bytes(), spki, tlv(0xA0, attributes))
    signature = ec_key().sign(info, ec.ECDSA(SHA256()))
    return tlv(SEQUENCE, info, bytes.fromhex("300a06082a8648ce3d040302"), tlv(3, b"\0", signature))


@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_an_overlong_part_of_a_subject_is_left_out() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "x" * 200, _validate=False)]
        der = csr_der(subject=attributes)
    request, found = examine_request(der)
    assert found == ()
    root = self_signed_root(ec_key(1), "Root", NOON)
    draft = draft_certificate(request, root, now=NOON)
    assert draft.subject == f"CN={NAME}"
    assert [str(what) for what, _, _ in draft.differences][:1] == ["Subject"]


@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_the_parser_does_not_grumble_into_a_terminal(tmp_path: Path) -> None:
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "x" * 200, _validate=False)]
    (tmp_path / "der").write_bytes(csr_der(subject=subject))
    program = "import sys, pathlib; from tanos.certificates.request import examine_request as examine;"
    program += "examine(pathlib.Path(sys.argv[1]).read_bytes())"
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "der"], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_request_that_does_not_name_the_expected_host_is_noted() -> None:
    _, found = examine_request(csr_der(), fqdn_hint="zs2.lab.test")
    assert [(finding.id, finding.severity) for finding in found] == [("name-unexpected", Severity.NOTE)]
    assert examine_request(csr_der(), fqdn_hint=NAME.upper())[1] == ()


def test_pem_has_64_columns() -> None:
    request: Request
    request, _ = examine_request(csr_der(key=rsa_key()))
    lines = request.pem.splitlines()
    assert {len(line) for line in lines[1:-2]} == {64}
    assert x509.load_pem_x509_csr(request.pem.encode()).public_bytes(Encoding.DER) == request.der
    assert pem_of(b"", "X").count("\n") == 2
