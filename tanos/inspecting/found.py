"""One object of a text or file, as far as it could be read.

Invariant: no private key is held here, only its public half and what kind of thing it was; so nothing that is made
of an object can show one.
"""

from dataclasses import dataclass
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from tanos.certificates.check_code import check_code
from tanos.certificates.request_shape import UNREADABLE
from tanos.certificates.root import may_issue
from tanos.finding import Finding
from tanos.message import N_, Message


class What(Enum):
    """What an object is: its word for programs, and for people."""

    CERTIFICATE = ("certificate", N_("certificate"))
    AUTHORITY = ("authority", N_("certificate of an authority"))
    REQUEST = ("request", N_("certificate request"))
    PRIVATE_KEY = ("private-key", N_("private key"))
    LOCKED_KEY = ("locked-private-key", N_("private key with a passphrase"))
    PUBLIC_KEY = ("public-key", N_("public key"))
    SSH_PRIVATE_KEY = ("ssh-private-key", N_("private SSH key"))
    SSH_PUBLIC_KEY = ("ssh-public-key", N_("public SSH key"))
    LOCKED_CONTAINER = ("locked-container", N_("PKCS#12 with a passphrase"))
    REVOCATIONS = ("revocation-list", N_("list of revoked certificates"))
    OTHER = ("other", N_("something else"))

    @property
    def word(self) -> str:
        """For programs."""
        return self.value[0]

    @property
    def label(self) -> Message:
        """For people."""
        return self.value[1]


KEYS = frozenset({What.PRIVATE_KEY, What.LOCKED_KEY, What.SSH_PRIVATE_KEY})
"""Private ones."""


@dataclass(frozen=True)
class Found:
    """One object."""

    what: What
    source: str = ""
    """Name of its file; empty: what was pasted or piped."""
    container: str = ""
    """PKCS#7 or PKCS#12, where it was packed in one."""
    label: str = ""
    """Of its block, where nothing else is known of it."""
    certificate: x509.Certificate | None = None
    request: x509.CertificateSigningRequest | None = None
    revocations: x509.CertificateRevocationList | None = None
    public_key: PublicKeyTypes | None = None
    ssh_fingerprint: str = ""
    findings: tuple[Finding, ...] = ()
    """What was found while it was read."""
    is_broken: bool = False
    """It cannot be read as what it is, for the reason among the findings."""

    @property
    def check_code(self) -> str:
        """The check code of the key in it; empty where there is none that can be read."""
        try:
            return check_code(self.public_key) if self.public_key else ""
        except UNREADABLE:
            return ""


def found_certificate(certificate: x509.Certificate) -> Found:
    """Return a certificate as an object. Raises one of UNREADABLE where a part of it cannot be read."""
    tuple(certificate.extensions)
    certificate.issuer.rfc4514_string()
    what = What.AUTHORITY if may_issue(certificate) else What.CERTIFICATE
    return Found(what, certificate=certificate, public_key=certificate.public_key())
