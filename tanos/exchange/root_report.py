"""What an operator compares before a root is trusted."""

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos import deeds
from tanos.certificates.check_code import fingerprint as fingerprint_of
from tanos.certificates.check_code import is_demanded
from tanos.exchange.held_root import root_code
from tanos.finding import Finding, refuse
from tanos.inert import inert
from tanos.message import N_
from tanos.moments import moment_text
from tanos.report import Fact, Facts


def root_facts(root: x509.Certificate) -> Facts:
    """Return what both operators compare."""
    return Facts(
        (
            Fact(N_("root"), root.subject.rfc4514_string()),
            Fact(N_("check code"), root_code(root)),
            Fact(N_("SHA-256"), fingerprint_of(root)),
            Fact(N_("valid until"), moment_text(root.not_valid_after_utc)),
        )
    )


def root_data(root: x509.Certificate) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "public_key": root.public_bytes(Encoding.PEM).decode(),
        "check_code": root_code(root),
        "fingerprint": fingerprint_of(root),
        "subject": root.subject.rfc4514_string(),
        "not_after": moment_text(root.not_valid_after_utc),
    }


def examine_fingerprint(root: x509.Certificate, demanded: str) -> tuple[Finding, ...]:
    """Compare with what the operator was told: a check code, or the SHA-256 of the certificate."""
    if not demanded.strip():
        return ()
    return () if is_demanded(demanded, root_code(root), fingerprint_of(root)) else (_other(root, demanded),)


def _other(root: x509.Certificate, demanded: str) -> Finding:
    return refuse(
        "fingerprint-mismatch",
        N_(
            "Demanded was {demanded}, but this root has the check code {code}.",
            demanded=inert(demanded),
            code=root_code(root),
        ),
        N_(
            "Compare with the Tanium Server itself ({export_root:key} there); if it still differs, someone may stand "
            "in between.",
            export_root=deeds.EXPORT_ROOT,
        ),
    )
