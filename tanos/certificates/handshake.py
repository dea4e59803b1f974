"""A real TLS handshake with an installed pair, in memory: the evidence that what was installed is what is served.

TLS 1.2 with the ten suites of the platform's release 7.2; both ends verify as the servers would.
"""

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from tanos.certificates.check_code import check_code
from tanos.certificates.dates import examine_dates
from tanos.certificates.names import show_name
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_

SUITES = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
)
_MOST_TURNS = 12
_NO_CHECK_TIME = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME; the ssl module has no name for it."""


@dataclass(frozen=True)
class Handshake:
    """What two ends agreed on."""

    protocol: str
    cipher: str
    check_code: str
    """Of the certificate that was served."""
    ok: bool


def served_name(certificate: x509.Certificate, fqdn: str) -> str:
    """Return the name by which a client asks for this certificate: `fqdn` where it stands in it, else its first."""
    names = [
        show_name(name) for name in certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    ]
    return fqdn.lower() if fqdn.lower() in names or not names else names[0]


def shake_hands(
    certificate: Path, key: Path, root_pem: str, server_name: str, now: datetime | None = None
) -> Handshake:
    """Serve the pair to a client that trusts `root_pem` and expects `server_name`; both sides show the certificate.

    With `now`, dates are judged by that clock and not by the machine's. Raises AnswerRefused `key-mismatch` where the
    two files are no pair, `not-yet-valid`, `expired`, or `handshake-failed` with the reason.
    """
    server = _context(ssl.PROTOCOL_TLS_SERVER, certificate, key, root_pem)
    client = _context(ssl.PROTOCOL_TLS_CLIENT, certificate, key, root_pem)
    if now:
        server.verify_flags |= _NO_CHECK_TIME
        client.verify_flags |= _NO_CHECK_TIME
    server.verify_mode = ssl.CERT_REQUIRED
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    served = server.wrap_bio(to_server, to_client, server_side=True)
    asked = client.wrap_bio(to_client, to_server, server_hostname=server_name)
    try:
        _exchange(asked, served)
    except ssl.SSLError as error:
        raise _failed(getattr(error, "verify_message", "") or error.reason or str(error)) from error
    der = asked.getpeercert(binary_form=True) or b""
    cipher = asked.cipher()
    seen = x509.load_der_x509_certificate(der)
    dates = examine_dates(seen, now) if now else ()
    if dates:
        raise AnswerRefused.because(*dates)
    return Handshake(asked.version() or "", cipher[0] if cipher else "", check_code(seen.public_key()), ok=True)


def _context(protocol: int, certificate: Path, key: Path, root_pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(SUITES))
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")
        context.load_verify_locations(cadata=root_pem)
    except (ssl.SSLError, OSError, ValueError) as error:
        if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            raise AnswerRefused.because(
                refuse(
                    "key-mismatch",
                    N_("The certificate and the private key do not belong together."),
                    N_("Restore an earlier pair, or make the request again."),
                )
            ) from error
        raise _failed(getattr(error, "reason", None) or str(error)) from error
    return context


def _exchange(client: ssl.SSLObject, server: ssl.SSLObject) -> None:
    waiting = [client, server]
    for _ in range(_MOST_TURNS):
        for side in tuple(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
        if not waiting:
            return
    raise _failed("no end after many turns")


def _failed(reason: str) -> AnswerRefused:
    return AnswerRefused.because(
        refuse(
            "handshake-failed",
            N_("A TLS handshake with this pair failed: {reason}.", reason=reason.rstrip(".")),
            N_("Check that the certificate names this server and that tanium.pub is its root."),
        )
    )
