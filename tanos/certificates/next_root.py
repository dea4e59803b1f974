"""Another root takes the place of tanium.pub and tanium.pvk: made beside them, then put there by two renames.

Invariant: a key is in its place first. Whoever finds the next certificate beside a key that it belongs to does the
second rename, before anything else is read, so that nobody ever signs with halves of two roots. The key that goes is
overwritten once both stand.
"""

import os
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from tanos.certificates.check_code import fingerprint, spki_of
from tanos.certificates.new_request import key_pem
from tanos.certificates.root import self_signed_root
from tanos.certificates.root_names import NEXT
from tanos.errors import NotYet
from tanos.files import sync_directory, wipe, write_whole
from tanos.message import N_


class NextRoot:
    """What waits to take the place of a certificate and its key."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate, self._key = certificate, key
        self._next_certificate = certificate.with_name(certificate.name + NEXT)
        self._next_key = key.with_name(key.name + NEXT)

    def make(self, name: str, now: datetime) -> bytes:
        """Make both halves, in the place of others that wait; return the certificate, PEM. Raises OSError."""
        self.drop()
        key = ec.generate_private_key(ec.SECP384R1())
        pem = self_signed_root(key, name, now).public_bytes(Encoding.PEM)
        write_whole(self._next_key, key_pem(key))
        write_whole(self._next_certificate, pem)
        return pem

    def adopt(self, shown: str) -> None:
        """Put both in place. Raises NotYet `stale` where what waits has another fingerprint, OSError."""
        pem = self._next_certificate.read_bytes() if self._next_certificate.exists() else b""
        if not pem or fingerprint(x509.load_pem_x509_certificate(pem)) != shown or not self._next_key.exists():
            raise NotYet(
                "stale",
                N_("The root that was to take this place is gone, or another one."),
                N_("Look at the present state and try again."),
            )
        former = os.open(self._key, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self._next_key.rename(self._key)
            sync_directory(self._key.parent)
            self._next_certificate.rename(self._certificate)
            sync_directory(self._key.parent)
            os.write(former, b"\0" * os.fstat(former).st_size)
            os.fsync(former)
        finally:
            os.close(former)

    def finish(self) -> None:
        """Do the second rename where a crash prevented it. Raises OSError."""
        if self._next_certificate.exists() and not self._next_key.exists() and self._fits():
            self._next_certificate.rename(self._certificate)
            sync_directory(self._certificate.parent)

    def drop(self) -> None:
        """Wipe what waits, if anything does. Raises OSError."""
        self.finish()
        self._next_certificate.unlink(missing_ok=True)
        if self._next_key.exists():
            wipe(self._next_key)

    def _fits(self) -> bool:
        try:
            certificate = x509.load_pem_x509_certificate(self._next_certificate.read_bytes())
            key = load_pem_private_key(self._key.read_bytes(), None)
        except (OSError, ValueError, TypeError):
            return False
        return spki_of(certificate.public_key()) == spki_of(key.public_key())
