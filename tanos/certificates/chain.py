"""What came back: does it fit a waiting key, does the root held here vouch for it, is it valid now.

Invariant: an Answer without refusing findings has a leaf whose key waits here and an unbroken chain to the root held
here. The order in which certificates were given never matters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID

from tanos import deeds
from tanos.certificates.asked import purpose_word
from tanos.certificates.check_code import code_of_spki, spki_of
from tanos.certificates.dates import examine_dates
from tanos.certificates.key_strength import examine_authority
from tanos.certificates.loaded import no_certificate
from tanos.certificates.request_shape import UNREADABLE, check_shape
from tanos.certificates.root import examine_root, is_issued_by, is_self_signed, may_issue
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse, warn
from tanos.inert import inert
from tanos.message import N_

LONGEST_CHAIN = 5


@dataclass(frozen=True)
class Answer:
    """A certificate for a key that waits here, and what was found in it."""

    leaf: x509.Certificate
    check_code: str
    intermediates: tuple[x509.Certificate, ...]
    """From the leaf's issuer towards the root, the root not among them."""
    findings: tuple[Finding, ...]


def examine_answer(
    ders: Sequence[bytes],
    *,
    waiting_public_keys: Mapping[str, PublicKeyTypes],
    root: x509.Certificate | None,
    now: datetime,
) -> Answer:
    """Find among `ders` the certificate for a waiting key and judge it.

    Raises AnswerRefused `key-mismatch` where none fits, `not-a-certificate` where one cannot be read. Findings:
    `no-root`, `wrong-issuer`, `not-yet-valid`, `expired`, `weak-key`, `broken-key`, `eku-missing` (warn).
    """
    certificates = tuple(dict.fromkeys(_load(der) for der in ders))
    leaf, code = _leaf(certificates, waiting_public_keys)
    chain = _chain(leaf, certificates, root) if root else None
    findings = (*_examine_chain(leaf, chain, root), *examine_dates(leaf, now), *_examine_purposes(leaf))
    if chain:
        findings += tuple(
            finding for issuer in chain for finding in (*examine_dates(issuer, now), *examine_authority(issuer))
        )
    return Answer(leaf, code, chain or (), findings)


def read_root(der: bytes, now: datetime | None = None) -> tuple[x509.Certificate, tuple[Finding, ...]]:
    """Read a root certificate to import; raises AnswerRefused `not-a-certificate`. Without `now`: the clock here."""
    certificate = _load(der)
    return certificate, examine_root(certificate, now or datetime.now(UTC))


def _load(der: bytes) -> x509.Certificate:
    check_shape(der)
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.public_key()
        certificate.subject.rfc4514_string()
        certificate.issuer.rfc4514_string()
        tuple(certificate.extensions)
    except UNREADABLE as error:
        raise no_certificate() from error
    return certificate


def _leaf(
    certificates: Sequence[x509.Certificate], waiting: Mapping[str, PublicKeyTypes]
) -> tuple[x509.Certificate, str]:
    keys = {spki_of(key): code for code, key in waiting.items()}
    fitting = [certificate for certificate in certificates if spki_of(certificate.public_key()) in keys]
    if fitting:
        newest = max(fitting, key=lambda certificate: certificate.not_valid_before_utc)
        return newest, keys[spki_of(newest.public_key())]
    if not waiting:
        message = N_("No request waits here, so no certificate can be installed.")
        raise AnswerRefused.because(
            refuse("key-mismatch", message, N_("{create_csr} comes first.", create_csr=deeds.CREATE_CSR))
        )
    codes = ", ".join(code_of_spki(spki_of(certificate.public_key())) for certificate in certificates)
    raise AnswerRefused.because(
        refuse(
            "key-mismatch",
            N_(
                "It belongs to another key: its check code is {theirs}; waiting is {ours}.",
                theirs=codes,
                ours=", ".join(waiting),
            ),
            N_("Take the certificate with the check code that waits here, or create the request again."),
        )
    )


def _chain(
    leaf: x509.Certificate, certificates: Sequence[x509.Certificate], root: x509.Certificate
) -> tuple[x509.Certificate, ...] | None:
    """Return the issuers between `leaf` and `root`, or None where no unbroken chain exists."""
    between = [
        certificate for certificate in certificates if not is_self_signed(certificate) and may_issue(certificate)
    ]

    def upwards(below: x509.Certificate, so_far: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...] | None:
        if is_issued_by(below, root) and may_issue(root) and _length_allowed(root, len(so_far)):
            return so_far
        for issuer in between:
            fits = issuer not in so_far and len(so_far) < LONGEST_CHAIN and _length_allowed(issuer, len(so_far))
            if fits and is_issued_by(below, issuer):
                found = upwards(issuer, (*so_far, issuer))
                if found is not None:
                    return found
        return None

    return upwards(leaf, ())


def _length_allowed(issuer: x509.Certificate, below: int) -> bool:
    longest = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    return longest is None or below <= longest


def _examine_chain(
    leaf: x509.Certificate, chain: tuple[x509.Certificate, ...] | None, root: x509.Certificate | None
) -> tuple[Finding, ...]:
    if root is None:
        message = N_("The root certificate tanium.pub is not here, so that nothing can be verified.")
        return (refuse("no-root", message, N_("{import_root} comes first.", import_root=deeds.IMPORT_ROOT)),)
    if chain is not None:
        return ()
    return (
        refuse(
            "wrong-issuer",
            N_(
                "The root held here ({root}) did not issue it; it names {issuer}.",
                root=inert(root.subject.rfc4514_string()),
                issuer=inert(leaf.issuer.rfc4514_string()),
            ),
            N_("Import the tanium.pub of the server that issued it, or take the certificate of the right server."),
        ),
    )


def _examine_purposes(leaf: x509.Certificate) -> tuple[Finding, ...]:
    try:
        purposes = set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return ()
    missing = [
        purpose_word(oid)
        for oid in (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
        if oid not in purposes
    ]
    if not missing:
        return ()
    message = N_("The certificate lacks the purpose {missing}.", missing=", ".join(missing))
    return (
        warn("eku-missing", message, N_("Ask your own authority for both; public ones no longer give clientAuth.")),
    )
