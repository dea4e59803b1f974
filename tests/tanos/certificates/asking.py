"""Certificate requests as other tools would make them: good ones by default, odd ones by argument."""

import ipaddress
from collections.abc import Sequence
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA224, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tanos.certificates.issue import Draft
from tanos.certificates.request import Request, examine_request
from tanos.certificates.signing import HeldRoot

NAME = "zs1.lab.test"
LEAF_USAGE = {
    "digital_signature": True,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}


@cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    """Return a P-256 key, the same for the same number in one run."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return an RSA key, the same for the same size in one run."""
    return rsa.generate_private_key(65537, bits)


def dns(*names: str) -> list[x509.GeneralName]:
    """Return DNS names."""
    return [x509.DNSName(name) for name in names]


def ip(address: str) -> x509.IPAddress:
    """Return an address."""
    return x509.IPAddress(ipaddress.ip_address(address))


def csr_der(
    *,
    key: CertificateIssuerPrivateKeyTypes | None = None,
    common_name: str | None = NAME,
    names: Sequence[x509.GeneralName] | None = None,
    extensions: Sequence[x509.ExtensionType] = (),
    subject: Sequence[x509.NameAttribute[str]] = (),
    attributes: Sequence[tuple[x509.ObjectIdentifier, bytes]] = (),
    algorithm: SHA224 | SHA256 | None = SHA256(),  # noqa: B008 - a value, not a state
) -> bytes:
    """Return the DER of a request signed with `key`."""
    own = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name is not None else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([*subject, *own]))
    asked = dns(NAME) if names is None else list(names)
    if asked:
        builder = builder.add_extension(x509.SubjectAlternativeName(asked), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    for oid, value in attributes:
        builder = builder.add_attribute(oid, value)
    return builder.sign(key or ec_key(), algorithm).public_bytes(Encoding.DER)


def good_request(**asked: object) -> Request:
    """Return a request without findings that refuse."""
    request, _ = examine_request(csr_der(**asked))  # type: ignore[arg-type]  # passed through
    return request


def signed(root: HeldRoot, draft: Draft) -> x509.Certificate:
    """Return the certificate that a root makes of a draft."""
    return x509.load_der_x509_certificate(root.sign(draft.tbs))
