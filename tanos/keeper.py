"""The one keeper: everything that touches a private key of this appliance goes through these few methods.

Invariant: no other module asks for a private key. A key is never returned, but for the SSH key that signs in
elsewhere; it lies only in files of mode 0600 below the home. A waiting key is removed only after the pair that holds
it is durably installed.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.handshake import Handshake, shake_hands
from tanos.certificates.issue import Draft, draft_certificate
from tanos.certificates.issued import keep_certificate, take_serial
from tanos.certificates.names import checked_names, show_name
from tanos.certificates.pair_files import Version, pair_facts
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.pairs import PairStore
from tanos.certificates.request import Request, examine_request
from tanos.certificates.root import root_name, self_signed_root
from tanos.certificates.signing import HeldRoot
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.errors import AnswerRefused, Damaged, NotYet, TanosError
from tanos.files import disk_trouble, write_whole
from tanos.finding import refuse
from tanos.message import N_, Message
from tanos.secret import Secret

if TYPE_CHECKING:
    from tanos.keys.own_pair import NewPair

ROOT_CERTIFICATE, ROOT_KEY = "tanium.pub", "tanium.pvk"


class Keeper:
    """The private keys of one appliance."""

    def __init__(self, appliance: Appliance) -> None:
        self.appliance = appliance
        self._pairs = PairStore(appliance.certificates, REPORTING)
        self._waiting = WaitingKeys(appliance.requests, REPORTING)

    def make_root(self) -> x509.Certificate:
        """Make the root key and its certificate; what is there already is never replaced.

        Raises NotYet `step-missing` where a certificate lies here without its key, Damaged `disk-failed`.
        """
        directory = self.appliance.root
        if (directory / ROOT_CERTIFICATE).exists():
            return self._root.certificate
        try:
            if not (directory / ROOT_KEY).exists():
                write_whole(directory / ROOT_KEY, _key_pem(ec.generate_private_key(ec.SECP384R1())))
            certificate = self._certify_own_root((directory / ROOT_KEY).read_bytes())
            write_whole(directory / ROOT_CERTIFICATE, certificate.public_bytes(Encoding.PEM))
        except OSError as error:
            raise disk_trouble(error, ROOT_KEY) from error
        return certificate

    def issue_own_pair(self, call: Call) -> str:
        """Issue and install this server's own reporting pair; return its check code.

        Its serial is durable before the root signs, as with every other.

        Raises NotYet `step-missing` without a root, Damaged `root-damaged` or `disk-failed`.
        """
        store, root = self.appliance.store, self._root.certificate
        key, request = _new_request(self.appliance.identity.fqdn, ())
        draft = draft_certificate(request, root, now=self.appliance.clock())
        with store.change(call, about="reporting") as change:
            take_serial(change, check_code(root.public_key()), request, draft)
        certificate_pem = self.sign(draft).public_bytes(Encoding.PEM)
        with store.change(call, about="reporting") as change:
            keep_certificate(change, draft, certificate_pem.decode())
            self._pairs.install(_key_pem(key), certificate_pem, self._manifest("system"))
            change.after = request.check_code
        return request.check_code

    def make_request(self, common_name: str, alt_names: Sequence[str]) -> Request:
        """Make a key and a request for it, and keep both waiting. Raises AnswerRefused `san-bad`, `san-forbidden`."""
        key, request = _new_request(common_name, alt_names)
        self._waiting.put(_key_pem(key), request)
        return request

    def waiting(self) -> dict[str, Request]:
        """Return the requests that wait for their certificate, by check code."""
        return self._waiting.requests()

    def holds(self, code: str) -> bool:
        """Say whether a key waits under that check code, even if its request is damaged."""
        return self._waiting.holds(code)

    def discard(self, code: str) -> None:
        """Wipe a waiting key and its request. Raises NotYet `step-missing`."""
        self._waiting.remove(code)

    def sign(self, draft: Draft) -> x509.Certificate:
        """Sign exactly the bytes of `draft` with the root. Raises NotYet `step-missing`, Damaged `root-damaged`."""
        return self._root.sign(draft)

    def install(self, check_code: str, certificate_pem: str, installed_by: str) -> int:
        """Install the waiting key with its certificate as the live pair; return the version number.

        Raises NotYet `step-missing`, AnswerRefused `key-mismatch`, Damaged `disk-failed`; then the earlier pair
        stays live and the key stays waiting.
        """
        key_pem = self._waiting.key(check_code)
        number = self._pairs.install(key_pem, certificate_pem.encode(), self._manifest(installed_by))
        self._waiting.remove(check_code)
        return number

    def restore(self, version: int) -> None:
        """Make an earlier pair live again. Raises AnswerRefused `no-such-version`, Damaged `pair-damaged`."""
        self._pairs.restore(version)

    def current(self) -> int | None:
        """Return the version that is live, or None where none was ever installed."""
        return self._pairs.current()

    def versions(self) -> list[Version]:
        """Return the kept versions, newest first, without reading a private key."""
        return self._pairs.versions()

    def is_intact(self) -> bool:
        """Say whether the live pair is what was installed; reads its key."""
        return self._pairs.is_intact()

    def handshake(self) -> Handshake:
        """Shake hands in memory with the live pair. Raises NotYet `step-missing` or AnswerRefused."""
        root_pem = self._root_pem()
        with self._pairs.open_current() as directory:
            if directory is None:
                raise _step_missing(N_("No pair is installed here."), N_("Import the signed certificate first."))
            certificate = x509.load_pem_x509_certificate((directory / REPORTING.certificate).read_bytes())
            name = _served_name(certificate, self.appliance.identity.fqdn)
            return shake_hands(
                directory / REPORTING.certificate, directory / REPORTING.key, root_pem, name, self.appliance.clock()
            )

    def recover(self) -> list[Message]:
        """Heal what a crash left behind and say what was found, damage too; called at start."""
        return [*_told(self._pairs.recover), *_told(self._waiting.recover), *_told(self._recover_installed)]

    def _recover_installed(self) -> list[Message]:
        """Wipe a waiting key that is installed; while the live pair is damaged, none is."""
        live = self._pairs.read_current() if self._pairs.is_intact() else None
        code = pair_facts(REPORTING, *live)["check_code"] if live else ""
        if code not in self._waiting.requests():
            return []
        self._waiting.remove(code)
        return [N_("The waiting key {code} is removed: it is installed already.", code=code)]

    def make_ssh_pair(self, user: str) -> str:
        """Make the SSH key pair of `user`; return its public line."""
        from tanos.keys.own_pair import make_pair

        return make_pair(self.appliance, user)

    def new_ssh_pair(self, user: str) -> "NewPair":
        """Make a key pair for `user` and write it nowhere yet; its private half is a Secret."""
        from tanos.keys.own_pair import new_pair

        return new_pair(self.appliance, user)

    def keep_ssh_pair(self, user: str, pair: "NewPair") -> None:
        """Put a pair in the place of an earlier one of `user`. Raises Damaged `disk-failed`."""
        from tanos.keys.own_pair import keep_pair

        try:
            keep_pair(self.appliance, user, pair)
        except OSError as error:
            raise disk_trouble(error, "ssh") from error

    def ssh_private_key(self, user: str) -> Secret:
        """Return the SSH private key of `user`, OpenSSH PEM, to sign in to a peer."""
        from tanos.keys.own_pair import private_key

        return private_key(self.appliance, user)

    @cached_property
    def _root(self) -> HeldRoot:
        try:
            certificate = x509.load_pem_x509_certificate((self.appliance.root / ROOT_CERTIFICATE).read_bytes())
            key = load_pem_private_key((self.appliance.root / ROOT_KEY).read_bytes(), None)
        except FileNotFoundError as error:
            raise _step_missing(
                N_("This appliance has no root key, so it cannot sign."), N_("Sign on the Tanium Server.")
            ) from error
        except (OSError, ValueError, TypeError) as error:
            raise _root_unreadable() from error
        return HeldRoot(certificate, key)

    def _certify_own_root(self, key_pem: bytes) -> x509.Certificate:
        try:
            key = load_pem_private_key(key_pem, None)
        except (ValueError, TypeError) as error:
            raise _root_unreadable() from error
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise _root_unreadable()
        return self_signed_root(key, root_name(self.appliance.identity), self.appliance.clock())

    def _root_pem(self) -> str:
        try:
            return (self.appliance.root / ROOT_CERTIFICATE).read_text("ascii")
        except (OSError, ValueError) as error:
            raise _step_missing(
                N_("The root certificate tanium.pub is not here, so that nothing can be verified."),
                N_("Do {import_root} first.", import_root=deeds.IMPORT_ROOT),
            ) from error

    def _manifest(self, by: str) -> dict[str, str]:
        return {"installed_by": by, "installed_at": self.appliance.store.now()}


def _told(step: Callable[[], list[Message]]) -> list[Message]:
    """Do a step of the recovery; what stops it is told and stops nothing else."""
    try:
        return step()
    except TanosError as error:
        return [error.message]


def _new_request(common_name: str, alt_names: Sequence[str]) -> tuple[ec.EllipticCurvePrivateKey, Request]:
    key = ec.generate_private_key(ec.SECP256R1())
    common_name = common_name.strip()
    if not 1 <= len(common_name) <= 64:
        raise AnswerRefused.because(
            refuse(
                "name-empty",
                N_("A common name has 1 to 64 characters."),
                N_("Use a short name there; long host names belong to the alternative names."),
            )
        )
    names = checked_names([common_name, *alt_names])
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_DIGITAL_SIGNATURE, critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, SHA256())
    )
    request, findings = examine_request(csr.public_bytes(Encoding.DER))
    if any(finding.severity == "refuse" for finding in findings):
        raise AnswerRefused.because(*findings)
    return key, request


_DIGITAL_SIGNATURE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _served_name(certificate: x509.Certificate, fqdn: str) -> str:
    names = [
        show_name(name) for name in certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    ]
    return fqdn.lower() if fqdn.lower() in names or not names else names[0]


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _root_unreadable() -> Damaged:
    return Damaged(
        "root-damaged",
        N_("The root key or certificate of this appliance cannot be read."),
        N_("Restore both from one backup; nothing was signed."),
    )


def _step_missing(message: Message, remedy: Message) -> NotYet:
    return NotYet("step-missing", message, remedy)
