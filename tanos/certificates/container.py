"""A PKCS#12 that somebody sends is opened.

Invariant: what would take minutes is not opened (`tanos.certificates.rounds`); how it is encoded is nobody's concern.
"""

import warnings

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from tanos.certificates.rounds import check_rounds

Opened = tuple[PrivateKeyTypes | None, x509.Certificate | None, list[x509.Certificate]]


def open_container(data: bytes, passphrase: bytes | None) -> Opened:
    """Return its key, the certificate of that, and the others.

    Raises AnswerRefused `too-many-rounds`, `wrong-passphrase`; ValueError, TypeError and UnsupportedAlgorithm as the
    library does.
    """
    check_rounds(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return load_key_and_certificates(data, passphrase)
