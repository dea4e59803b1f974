"""Who shows a certificate of a root that is trusted no more, when a service's roots change.

Invariant: only what such a root itself signed is meant, so that nobody else is let go for its sake.
"""

from collections.abc import Callable

from cryptography import x509

from tanos.certificates.loaded import read_certificate
from tanos.certificates.root import is_issued_by
from tanos.errors import AnswerRefused


def of_ended_roots(before: str, now: str) -> Callable[[bytes | None], bool]:
    """Return what says of a certificate, DER, whether a root signed it that was trusted `before` and is not `now`."""
    kept = set(_roots(now))
    ended = [root for root in _roots(before) if root not in kept]

    def is_meant(shown: bytes | None) -> bool:
        if shown is None or not ended:
            return False
        try:
            certificate = read_certificate(shown)
        except AnswerRefused:
            return True
        return any(is_issued_by(certificate, root) for root in ended)

    return is_meant


def _roots(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode()) if pem else []
