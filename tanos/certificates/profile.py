"""The one profile of the certificates issued here, written as DER (RFC 5280; judged by linters in the tests).

X.509 v3, serverAuth and clientAuth, digitalSignature, CA:FALSE, key identifiers of issuer and subject, names that
passed the validator. A subject keeps the attributes that RFC 5280 knows for a host, re-encoded as UTF-8; where none
remains it is made of the names, and where none of these fits, the names are critical (RFC 5280 4.1.2.6).
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tanos.certificates.asked import Asked
from tanos.certificates.check_code import spki_of
from tanos.certificates.names import show_names
from tanos.der import (
    OCTET_STRING,
    OID,
    PRINTABLE_STRING,
    SEQUENCE,
    SET,
    TRUE,
    UTF8_STRING,
    bits_of_key,
    integer,
    moment,
    tlv,
)
from tanos.errors import Damaged
from tanos.message import N_

USAGES_ISSUED = ("digitalSignature", "serverAuth", "clientAuth")
_KEPT = {
    NameOID.COUNTRY_NAME: (6, 2),
    NameOID.STATE_OR_PROVINCE_NAME: (8, 128),
    NameOID.LOCALITY_NAME: (7, 128),
    NameOID.ORGANIZATION_NAME: (10, 64),
    NameOID.ORGANIZATIONAL_UNIT_NAME: (11, 64),
    NameOID.COMMON_NAME: (3, 64),
}
"""Last arc of the OID below 2.5.4, and the most characters (RFC 5280 appendix A.1)."""
_ENCODED = {
    oid: (
        bytes((OID, 3, 0x55, 0x04, arc)),
        PRINTABLE_STRING if oid == NameOID.COUNTRY_NAME else UTF8_STRING,
    )
    for oid, (arc, _) in _KEPT.items()
}
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_VERSION_3 = b"\xa0\x03\x02\x01\x02"
_SHA256_RSA = tlv(SEQUENCE, bytes.fromhex("06092a864886f70d01010b0500"))
_ECDSA: dict[str, tuple[type[SHA256 | SHA384 | SHA512], bytes]] = {
    "secp256r1": (SHA256, bytes.fromhex("300a06082a8648ce3d040302")),
    "secp384r1": (SHA384, bytes.fromhex("300a06082a8648ce3d040303")),
    "secp521r1": (SHA512, bytes.fromhex("300a06082a8648ce3d040304")),
}
_SKI, _KEY_USAGE, _SAN, _BASIC, _AKI, _EKU = (bytes((OID, 3, 0x55, 0x1D, arc)) for arc in (14, 15, 17, 19, 35, 37))


def _extension(oid: bytes, value: bytes, critical: bool = False) -> bytes:
    return tlv(SEQUENCE, oid, TRUE if critical else b"", tlv(OCTET_STRING, value))


PURPOSES_ISSUED = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
USAGE_ISSUED = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
USAGE_AND_PURPOSES = (
    _extension(_BASIC, tlv(SEQUENCE), critical=True)
    + _extension(_KEY_USAGE, USAGE_ISSUED.public_bytes(), critical=True)
    + _extension(_EKU, x509.ExtendedKeyUsage(PURPOSES_ISSUED).public_bytes())
)
"""CA:FALSE, what the key is for, and what the certificate is for, as three extensions."""
_SKI_PREFIX = _extension(_SKI, tlv(OCTET_STRING, bytes(20)))[:-20]


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


def issued_subject(asked: Asked, names: Sequence[x509.GeneralName]) -> tuple[x509.NameAttribute[str | bytes], ...]:
    """Return the attributes of the subject as it is issued: known ones of lawful length, in the order asked.

    Where nothing remains, the first of `names` that is short enough stands as common name.
    """
    kept = tuple(attribute for attribute in asked.attributes if _lawful(attribute))
    if kept:
        return kept
    _, longest = _KEPT[NameOID.COMMON_NAME]
    short = [text for text in show_names(names) if 1 <= len(text.encode()) <= longest]
    return tuple(x509.NameAttribute[str | bytes](NameOID.COMMON_NAME, text) for text in short[:1])


def subject_text(attributes: Sequence[x509.NameAttribute[str | bytes]]) -> str:
    """Return a subject in the form of RFC 4514."""
    return x509.Name(list(attributes)).rfc4514_string()


@dataclass(frozen=True)
class IssuerFacts:
    """What every certificate of one root has in common, encoded."""

    algorithm: bytes
    name: bytes
    authority: bytes
    """The authorityKeyIdentifier extension."""
    identifier: bytes
    """What it says of the issuer's key."""
    not_before: datetime
    not_after: datetime


@lru_cache(maxsize=8)
def issuer_facts(root: x509.Certificate) -> IssuerFacts:
    """Return what every certificate of `root` has in common; encoded once a root."""
    issuer_key = root.public_key()
    algorithm, _ = signing_algorithm(issuer_key)
    try:
        identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        identifier = key_identifier(spki_of(issuer_key))
    authority = _extension(_AKI, tlv(SEQUENCE, tlv(0x80, identifier)))
    dates = root.not_valid_before_utc, root.not_valid_after_utc
    return IssuerFacts(algorithm, root.subject.public_bytes(), authority, identifier, *dates)


def encode_tbs(
    *,
    issuer: IssuerFacts,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    subject: Sequence[x509.NameAttribute[str | bytes]],
    spki: bytes,
    names: tuple[x509.GeneralName, ...],
) -> bytes:
    """Return the DER TBSCertificate of a leaf of that issuer."""
    alternative = encode_alt_names(names, critical=not subject)
    extensions = tlv(SEQUENCE, USAGE_AND_PURPOSES, alternative, _SKI_PREFIX, key_identifier(spki), issuer.authority)
    return tlv(
        SEQUENCE,
        _VERSION_3,
        integer(serial),
        issuer.algorithm,
        issuer.name,
        tlv(SEQUENCE, moment(not_before), moment(not_after)),
        tlv(SEQUENCE, *map(_attribute, subject)),
        spki,
        tlv(0xA3, extensions),
    )


def encode_alt_names(names: Sequence[x509.GeneralName], *, critical: bool = False) -> bytes:
    """Return the subjectAltName extension of host names and addresses."""
    return _extension(_SAN, tlv(SEQUENCE, *map(_name, names)), critical)


def _attribute(attribute: x509.NameAttribute[str | bytes]) -> bytes:
    prefix, tag = _ENCODED[attribute.oid]
    return tlv(SET, tlv(SEQUENCE, prefix, tlv(tag, str(attribute.value).encode())))


def _name(name: x509.GeneralName) -> bytes:
    if type(name) is x509.DNSName:
        return tlv(0x82, name.value.encode("ascii"))
    if type(name) is x509.IPAddress:
        return tlv(0x87, name.value.packed)  # type: ignore[union-attr]  # the validator lets no network through
    raise TypeError(type(name).__name__)


def _lawful(attribute: x509.NameAttribute[str | bytes]) -> bool:
    value = attribute.value
    _, longest = _KEPT.get(attribute.oid, (0, 0))
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable() or value.isspace():
        return False
    return attribute.oid != NameOID.COUNTRY_NAME or _COUNTRY.match(value) is not None
