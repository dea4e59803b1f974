"""The one profile of the certificates issued here, written as DER (RFC 5280; judged by linters in the tests).

X.509 v3, serverAuth and clientAuth, digitalSignature, CA:FALSE, key identifiers of issuer and subject, names that
passed the validator. A subject keeps the attributes that RFC 5280 knows for a host, re-encoded as UTF-8.
"""

import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tanos.certificates.asked import Asked
from tanos.certificates.check_code import spki_of
from tanos.certificates.der import OCTET_STRING, OID, SEQUENCE, TRUE, bits_of_key, integer, moment, tlv
from tanos.errors import Damaged
from tanos.message import N_

USAGES_ISSUED = ("digitalSignature", "serverAuth", "clientAuth")
_KEPT = {
    NameOID.COUNTRY_NAME: 2,
    NameOID.STATE_OR_PROVINCE_NAME: 128,
    NameOID.LOCALITY_NAME: 128,
    NameOID.ORGANIZATION_NAME: 64,
    NameOID.ORGANIZATIONAL_UNIT_NAME: 64,
    NameOID.COMMON_NAME: 64,
}
_VERSION_3 = b"\xa0\x03\x02\x01\x02"
_SHA256_RSA = tlv(SEQUENCE, bytes.fromhex("06092a864886f70d01010b0500"))
_ECDSA: dict[str, tuple[type[SHA256 | SHA384 | SHA512], bytes]] = {
    "secp256r1": (SHA256, bytes.fromhex("300a06082a8648ce3d040302")),
    "secp384r1": (SHA384, bytes.fromhex("300a06082a8648ce3d040303")),
    "secp521r1": (SHA512, bytes.fromhex("300a06082a8648ce3d040304")),
}
_ID_CE = b"\x55\x1d"
_SKI, _KEY_USAGE, _SAN, _BASIC, _AKI, _EKU = 14, 15, 17, 19, 35, 37


def _extension(number: int, value: bytes, critical: bool = False) -> bytes:
    return tlv(SEQUENCE, tlv(OID, _ID_CE, bytes((number,))), TRUE if critical else b"", tlv(OCTET_STRING, value))


_FIXED = (
    _extension(_BASIC, tlv(SEQUENCE), critical=True)
    + _extension(_KEY_USAGE, b"\x03\x02\x07\x80", critical=True)
    + _extension(
        _EKU,
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]).public_bytes(),
    )
)


def key_identifier(spki: bytes) -> bytes:
    """Return the first 160 bits of SHA-256 over the key's bits (RFC 7093 section 2, method 1)."""
    return hashlib.sha256(bits_of_key(spki)).digest()[:20]


def signing_algorithm(issuer_key: PublicKeyTypes) -> tuple[bytes, SHA256 | SHA384 | SHA512]:
    """Return the AlgorithmIdentifier and hash with which a root of that kind signs."""
    if isinstance(issuer_key, rsa.RSAPublicKey):
        return _SHA256_RSA, SHA256()
    if isinstance(issuer_key, ec.EllipticCurvePublicKey) and issuer_key.curve.name in _ECDSA:
        hash_type, identifier = _ECDSA[issuer_key.curve.name]
        return identifier, hash_type()
    raise Damaged(
        "root-unusable",
        N_("The root key is neither RSA nor on one of the curves P-256, P-384 and P-521."),
        N_("Restore the root key from a backup; nothing was changed."),
    )


def issued_subject(asked: Asked) -> x509.Name:
    """Return the subject as it is issued: known attributes of lawful length, in the order asked."""
    kept = [
        x509.NameAttribute(attribute.oid, attribute.value)
        for attribute in asked.name
        if isinstance(attribute.value, str) and _lawful(attribute.oid, attribute.value)
    ]
    return x509.Name(kept)


def encode_tbs(
    *,
    root: x509.Certificate,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    subject: x509.Name,
    spki: bytes,
    names: tuple[x509.GeneralName, ...],
) -> bytes:
    """Return the DER TBSCertificate of a leaf under `root`."""
    issuer_key = root.public_key()
    algorithm, _ = signing_algorithm(issuer_key)
    extensions = (
        _FIXED
        + _extension(_SAN, x509.SubjectAlternativeName(names).public_bytes())
        + _extension(_SKI, tlv(OCTET_STRING, key_identifier(spki)))
        + _extension(_AKI, tlv(SEQUENCE, tlv(0x80, issuer_identifier(root))))
    )
    return tlv(
        SEQUENCE,
        _VERSION_3,
        integer(serial),
        algorithm,
        root.subject.public_bytes(),
        tlv(SEQUENCE, moment(not_before), moment(not_after)),
        subject.public_bytes(),
        spki,
        tlv(0xA3, tlv(SEQUENCE, extensions)),
    )


def issuer_identifier(root: x509.Certificate) -> bytes:
    """Return the root's own key identifier, computed where it carries none."""
    try:
        return root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return key_identifier(spki_of(root.public_key()))


def _lawful(oid: x509.ObjectIdentifier, value: str) -> bool:
    longest = _KEPT.get(oid, 0)
    if not 1 <= len(value) <= longest or not value.isprintable() or not value.strip():
        return False
    return oid != NameOID.COUNTRY_NAME or (
        len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()
    )
