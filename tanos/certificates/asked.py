"""What a request asks for beyond its key: names, usages, the CA flag. Read once, never copied unseen.

Invariant: every attribute of the request is touched here, inside one guard, so that nothing unreadable passes; the
value of a challengePassword is never kept, shown or logged.
"""

import warnings
from typing import NamedTuple

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from tanos.certificates.request_shape import UNREADABLE
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_

warnings.filterwarnings("ignore", "Attribute's length must be", UserWarning)
warnings.filterwarnings("ignore", "(Parsed a|The parsed) ", CryptographyDeprecationWarning)
"""The parser grumbles about what is examined here anyway; its words would land in a terminal."""

ISSUED_PURPOSES = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH})
_USAGES = (
    ("digital_signature", "digitalSignature"),
    ("content_commitment", "nonRepudiation"),
    ("key_encipherment", "keyEncipherment"),
    ("data_encipherment", "dataEncipherment"),
    ("key_agreement", "keyAgreement"),
    ("key_cert_sign", "keyCertSign"),
    ("crl_sign", "cRLSign"),
)
_PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}

_OTHERS = {
    ExtensionOID.SUBJECT_KEY_IDENTIFIER: "subjectKeyIdentifier",
    ExtensionOID.CERTIFICATE_POLICIES: "certificatePolicies",
    ExtensionOID.NAME_CONSTRAINTS: "nameConstraints",
    ExtensionOID.TLS_FEATURE: "tlsFeature",
}


class Asked(NamedTuple):
    """The readable part of a request."""

    attributes: tuple[x509.NameAttribute[str | bytes], ...]
    """Those of the subject, in order."""
    common_names: tuple[str, ...]
    alt_names: tuple[x509.GeneralName, ...]
    key_usage: x509.KeyUsage | None
    purposes: tuple[x509.ObjectIdentifier, ...]
    """extendedKeyUsage."""
    wants_ca: bool
    others: tuple[str, ...]
    """Other extensions, by name or OID."""

    @property
    def usages(self) -> tuple[str, ...]:
        """The keyUsage bits, by their RFC 5280 names."""
        return tuple(word for usage, word in _USAGES if getattr(self.key_usage, usage, False))


def read_asked(csr: x509.CertificateSigningRequest) -> Asked:
    """Read all that a request asks for. Raises AnswerRefused `attribute-unreadable`."""
    try:
        return _read(csr)
    except UNREADABLE as error:
        raise AnswerRefused.because(
            refuse(
                "attribute-unreadable",
                N_("A part of the request (its name, an attribute or an extension) cannot be read."),
                N_("Make the request again with an ordinary tool; `openssl req -new` makes a readable one."),
            )
        ) from error


def purpose_word(oid: x509.ObjectIdentifier) -> str:
    """Return an extended key usage by its RFC 5280 name, or its number."""
    return _PURPOSES.get(oid, oid.dotted_string)


def _read(csr: x509.CertificateSigningRequest) -> Asked:
    len(csr.attributes)
    alt_names: tuple[x509.GeneralName, ...] = ()
    key_usage: x509.KeyUsage | None = None
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    others: tuple[str, ...] = ()
    wants_ca = False
    for extension in csr.extensions:
        value = extension.value
        if type(value) is x509.SubjectAlternativeName:
            alt_names = tuple(value)
        elif type(value) is x509.KeyUsage:
            key_usage = value
            wants_ca = wants_ca or value.key_cert_sign or value.crl_sign
        elif type(value) is x509.ExtendedKeyUsage:
            purposes = tuple(value)
        elif type(value) is x509.BasicConstraints:
            wants_ca = wants_ca or value.ca
        else:
            others = (*others, _OTHERS.get(extension.oid, extension.oid.dotted_string))
    attributes = tuple(csr.subject)
    common_names = tuple(str(attribute.value) for attribute in attributes if attribute.oid == NameOID.COMMON_NAME)
    return Asked(attributes, common_names, alt_names, key_usage, purposes, wants_ca, others)
