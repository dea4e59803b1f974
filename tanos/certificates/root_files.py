"""The root of a Tanium Server on its disk: its key, and the certificate that others hold, too.

Invariants: a root whose key lies here is never replaced; the key comes first, so that whatever dies in between, the
next start certifies the same key. The key is loaded once, and held as long as both files stay what they are.
"""

import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from tanos import deeds
from tanos.certificates.new_request import key_pem
from tanos.certificates.root import root_name, self_signed_root
from tanos.certificates.root_names import ROOT_CERTIFICATE, ROOT_KEY
from tanos.certificates.signing import HeldRoot
from tanos.dropbox import LARGEST
from tanos.errors import Damaged, NotToBeAsked, NotYet
from tanos.files import disk_trouble, read_plain, write_whole
from tanos.message import N_
from tanos.platform import Identity
from tanos.store.store import Clock


class RootFiles:
    """The directory `root` of an appliance."""

    def __init__(self, directory: Path, identity: Identity, clock: Clock) -> None:
        self._certificate, self._key = directory / ROOT_CERTIFICATE, directory / ROOT_KEY
        self._identity, self._clock = identity, clock
        self._lock = threading.Lock()
        self._held: tuple[object, HeldRoot] | None = None

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
        """Open both, or return what is held.

        Raises NotYet `step-missing` where one is not here, Damaged `root-damaged`.
        """
        with self._lock:
            stamp = _stamp(self._certificate), _stamp(self._key)
            if self._held is None or self._held[0] != stamp:
                self._held = None
                self._held = stamp, self._load()
            return self._held[1]

    def trust(self, certificate: bytes | None) -> None:
        """Put the certificate of another server's root here, PEM, or with None remove it.

        Raises NotToBeAsked where a key lies here: then the certificate is its own. Raises Damaged `disk-failed`.
        """
        if self.has_key or len(certificate or b"") > LARGEST:
            raise NotToBeAsked("not to be replaced")
        try:
            if certificate is None:
                self._certificate.unlink(missing_ok=True)
            else:
                write_whole(self._certificate, certificate)
        except OSError as error:
            raise disk_trouble(error, ROOT_CERTIFICATE) from error

    def certificate(self) -> bytes | None:
        """Return what lies here as the certificate, or None. Raises AnswerRefused `not-a-file`, `too-large`."""
        if not self._certificate.is_symlink() and not self._certificate.exists():
            return None
        return read_plain(self._certificate, LARGEST)

    def _load(self) -> HeldRoot:
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


def _stamp(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _unreadable() -> Damaged:
    return Damaged(
        "root-damaged",
        N_("The root key or certificate of this appliance cannot be read."),
        N_("Restore both from one backup; nothing was signed."),
    )
