"""The root of a Tanium Server on its disk: its key, and the certificate that others hold, too.

Invariants: a root whose key lies here is replaced by one that was made here alone, both halves of it; the key comes
first, so that whatever dies in between, the next start certifies the same key, or puts the certificate beside it that
was made for it. The key is loaded once, and held as long as both files stay what they are.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from tanos import deeds
from tanos.certificates.new_request import key_pem
from tanos.certificates.next_root import NextRoot
from tanos.certificates.root import self_signed_root
from tanos.certificates.root_names import LEGACY, ROOT_CERTIFICATE, ROOT_KEY
from tanos.certificates.signing import HeldRoot
from tanos.dropbox import LARGEST
from tanos.errors import Damaged, NotToBeAsked, NotYet
from tanos.files import disk_trouble, read_plain, write_whole
from tanos.message import N_
from tanos.store.store import Clock


class RootFiles:
    """The directory `root` of an appliance."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._certificate, self._key = directory / ROOT_CERTIFICATE, directory / ROOT_KEY
        self._next = NextRoot(self._certificate, self._key)
        self._clock = clock
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
            self._finish()
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

    def make_next(self, name: str) -> bytes:
        """Make the root that is to take this one's place; return its certificate, PEM, named `name`.

        Raises NotToBeAsked where no key lies here, Damaged `disk-failed`.
        """
        if not self.has_key:
            raise NotToBeAsked("nothing to be replaced")
        with self._changing():
            return self._next.make(name, self._clock())

    def adopt_next(self, shown: str) -> None:
        """Have the one of that fingerprint take its place; the former key is wiped.

        Raises NotYet `stale` where it does not wait, Damaged `disk-failed`.
        """
        with self._changing():
            self._next.adopt(shown)

    def drop_next(self) -> None:
        """Wipe the one that waits, if any does. Raises Damaged `disk-failed`."""
        with self._changing():
            self._next.drop()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except OSError as error:
                raise disk_trouble(error, ROOT_KEY) from error

    def _finish(self) -> None:
        try:
            self._next.finish()
        except OSError as error:
            raise disk_trouble(error, ROOT_CERTIFICATE) from error

    def certificate(self) -> bytes | None:
        """Return what lies here as the certificate, or None. Raises AnswerRefused `not-a-file`, `too-large`."""
        with self._lock:
            self._finish()
        if not self._certificate.is_symlink() and not self._certificate.exists():
            return None
        return read_plain(self._certificate, LARGEST)

    def _load(self) -> HeldRoot:
        try:
            return open_root(self._certificate.read_bytes(), self._key.read_bytes())
        except FileNotFoundError as error:
            raise NotYet(
                "step-missing",
                N_("This appliance has no root key, so it cannot sign."),
                N_("Sign on the Tanium Server."),
            ) from error
        except OSError as error:
            raise _unreadable() from error

    def both(self) -> dict[str, bytes]:
        """Return certificate and key, by the names of their files. Raises Damaged `root-damaged`."""
        with self._lock:
            self._finish()
            try:
                return {path.name: path.read_bytes() for path in (self._certificate, self._key)}
            except OSError as error:
                raise _unreadable() from error

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
        return self_signed_root(key, LEGACY, self._clock())


def open_root(certificate_pem: bytes, key_pem: bytes) -> HeldRoot:
    """Return a root with its key. Raises Damaged `root-damaged`."""
    try:
        certificate, key = x509.load_pem_x509_certificate(certificate_pem), load_pem_private_key(key_pem, None)
        return HeldRoot(certificate, key)
    except (ValueError, TypeError) as error:
        raise _unreadable() from error


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
