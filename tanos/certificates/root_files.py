"""The root of a Tanium Server on its disk: its key, and the certificate that others hold, too.

Invariant: what is there already is never replaced; the key comes first, so that whatever dies in between, the next
start certifies the same key.
"""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from tanos import deeds
from tanos.certificates.new_request import key_pem
from tanos.certificates.root import root_name, self_signed_root
from tanos.certificates.root_names import ROOT_CERTIFICATE, ROOT_KEY
from tanos.certificates.signing import HeldRoot
from tanos.errors import Damaged, NotYet
from tanos.files import disk_trouble, write_whole
from tanos.message import N_
from tanos.platform import Identity
from tanos.store.store import Clock


class RootFiles:
    """The directory `root` of an appliance."""

    def __init__(self, directory: Path, identity: Identity, clock: Clock) -> None:
        self._certificate, self._key = directory / ROOT_CERTIFICATE, directory / ROOT_KEY
        self._identity, self._clock = identity, clock

    @property
    def has_key(self) -> bool:
        """Whether a root key lies here."""
        return self._key.exists()

    def make(self) -> None:
        """Make what is missing of both. Raises NotYet `step-missing`, Damaged `root-damaged`, `disk-failed`."""
        if self._certificate.exists():
            self.open()
            return
        try:
            if not self.has_key:
                write_whole(self._key, key_pem(ec.generate_private_key(ec.SECP384R1())))
            certificate = self._certify(self._key.read_bytes())
            write_whole(self._certificate, certificate.public_bytes(Encoding.PEM))
        except OSError as error:
            raise disk_trouble(error, ROOT_KEY) from error

    def open(self) -> HeldRoot:
        """Open both. Raises NotYet `step-missing` where one is not here, Damaged `root-damaged`."""
        try:
            certificate = x509.load_pem_x509_certificate(self._certificate.read_bytes())
            key = load_pem_private_key(self._key.read_bytes(), None)
        except FileNotFoundError as error:
            raise NotYet(
                "step-missing",
                N_("This appliance has no root key, so it cannot sign."),
                N_("Sign on the Tanium Server."),
            ) from error
        except (OSError, ValueError, TypeError) as error:
            raise _unreadable() from error
        return HeldRoot(certificate, key)

    def trusted_pem(self) -> str:
        """Return the certificate, which may be another server's. Raises NotYet `step-missing`."""
        try:
            return self._certificate.read_text("ascii")
        except (OSError, ValueError) as error:
            raise NotYet(
                "step-missing",
                N_("The root certificate tanium.pub is not here, so that nothing can be verified."),
                N_("{import_root} comes first.", import_root=deeds.IMPORT_ROOT),
            ) from error

    def _certify(self, pem: bytes) -> x509.Certificate:
        try:
            key = load_pem_private_key(pem, None)
        except (ValueError, TypeError) as error:
            raise _unreadable() from error
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise _unreadable()
        return self_signed_root(key, root_name(self._identity), self._clock())


def _unreadable() -> Damaged:
    return Damaged(
        "root-damaged",
        N_("The root key or certificate of this appliance cannot be read."),
        N_("Restore both from one backup; nothing was signed."),
    )
