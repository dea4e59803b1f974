"""Subordinate keys in the register of what is issued.

Invariant: a certificate is written down in the transaction in which it is signed, and is given to nobody before; so
no serial is ever seen that the register does not know.
"""

import json

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.check_code import check_code
from tanos.certificates.issued import serial_text
from tanos.moments import moment_text
from tanos.store.store import Change
from tanos.subordinate_keys import SubordinateKind


def write_issued(change: Change, kind: SubordinateKind, issuer_key: str, certificate: x509.Certificate) -> None:
    """Write one down that the root of that check code signed."""
    change.execute(
        "INSERT INTO issued (serial, check_code, request_hash, issuer_key, subject, names, not_before, not_after,"
        " certificate, issued_at, kind) VALUES (?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?)",
        serial_text(certificate.serial_number),
        check_code(certificate.public_key()),
        issuer_key,
        certificate.subject.rfc4514_string(),
        json.dumps([]),
        moment_text(certificate.not_valid_before_utc),
        moment_text(certificate.not_valid_after_utc),
        certificate.public_bytes(Encoding.PEM).decode(),
        change.now,
        kind.name,
    )
