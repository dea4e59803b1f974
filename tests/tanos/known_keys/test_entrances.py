"""A key that everybody has is refused at each door by which keys come in."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key
from cryptography.x509.oid import NameOID

from tanos.certificates.key_strength import examine_authority
from tanos.certificates.new_request import key_pem
from tanos.certificates.request import examine_request
from tanos.certificates.root import examine_root, self_signed_root
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refusals
from tanos.https_pairs.requirements import examine_rsa_key
from tanos.keyutility.root_key import open_root
from tanos.registration.presented import examine_shown_key
from tanos.signing_keys.key import read_public_key
from tests.conftest import NOON
from tests.tanos.keyutility.made import requested
from tests.tanos.known_keys.published import EXAMPLES, P256, VAGRANT_RSA

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "zs1.lab.test")])
CERTIFICATE = self_signed_root(P256, "legacy-root", NOON)


def request() -> tuple[Finding, ...]:
    """A request for a certificate."""
    der = x509.CertificateSigningRequestBuilder().subject_name(NAME).sign(P256, SHA256()).public_bytes(Encoding.DER)
    return examine_request(der)[1]


def signing_key() -> tuple[Finding, ...]:
    """A key by which content is signed, Ed25519."""
    pem = EXAMPLES["RFC 8410"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return read_public_key(pem).findings()


def pair() -> Iterator[Finding]:
    """A pair for HTTPS, PEM or PKCS#12: the modulus of an insecure key, with the usual exponent."""
    key = load_ssh_public_key(VAGRANT_RSA.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    return examine_rsa_key(rsa.RSAPublicNumbers(65537, key.public_numbers().n).public_key())


@pytest.mark.parametrize(
    "found",
    [
        request,
        signing_key,
        pair,
        lambda: examine_root(CERTIFICATE, NOON + timedelta(days=1)),
        lambda: examine_authority(CERTIFICATE),
        lambda: examine_shown_key(CERTIFICATE),
    ],
    ids=["a request", "a signing key", "a pair", "a root", "an issuer", "another end"],
)
def test_a_published_key_is_refused_by_its_id(found: object) -> None:
    assert callable(found)
    assert "known-key" in {each.id for each in refusals(tuple(found()))}


def test_no_job_of_key_utility_takes_a_published_key(tmp_path: Path) -> None:
    for name in ("reporting.pvk", "tanium.pvk"):
        (tmp_path / name).write_bytes(key_pem(P256))
    with pytest.raises(AnswerRefused, match="known-key"):
        requested(tmp_path, existing_key=True)
    with pytest.raises(AnswerRefused, match="known-key"):
        open_root(tmp_path / "tanium.pvk", None, NOON)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reporting.pvk", "tanium.pvk"]
