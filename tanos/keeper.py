"""The one keeper: everything that touches a private key of this appliance goes through these few methods.

Invariant: no other module asks for a private key, and none ever leaves: methods take and return plain data (text,
bytes, numbers, records of these), and who needs a signature has it made here. A private key lies only in files of
mode 0600 below the home. A waiting key is removed only after the pair that holds it is durably installed. Nothing
here reads or writes the database.

Where the appliance is served, the keeper is a process of its own, and no other can open what lies in its directories,
certificates neither; `keeper_of` gives who asks it. Everywhere else it is this object, in the process that needs it.
"""

from collections.abc import Callable, Sequence
from copy import copy

from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.handshake import Handshake, served_name, shake_hands
from tanos.certificates.issued import moment_text
from tanos.certificates.new_request import new_request
from tanos.certificates.pair_files import Version
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.pairs import PairStore
from tanos.certificates.root_files import RootFiles
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.errors import NotYet, TanosError
from tanos.files import disk_trouble
from tanos.keys import own_pair
from tanos.keys.host_pairs import HostPairs
from tanos.message import N_, Message


class Keeper:
    """The private keys of one appliance."""

    def __init__(self, appliance: Appliance, *, for_others: bool = False) -> None:
        """Open nothing yet; `for_others` looks at what other processes would have signed."""
        self.appliance = appliance
        self._for_others = for_others
        self._pairs = PairStore(appliance.certificates, REPORTING)
        self._waiting = WaitingKeys(appliance.requests, REPORTING)
        self._root_files = RootFiles(appliance.root, appliance.identity, appliance.clock)
        self._hosts = HostPairs(appliance)
        self._made: dict[str, own_pair.NewPair] = {}

    def make_root(self) -> None:
        """Make the root key and its certificate; what is there already is never replaced.

        Raises NotYet `step-missing` where a certificate lies here without its key, Damaged `root-damaged`,
        `disk-failed`.
        """
        self._root_files.make()

    def holds_root(self) -> bool:
        """Say whether a root key lies here, its own."""
        return self._root_files.has_key

    def sign_certificate(self, tbs: bytes) -> bytes:
        """Return the certificate of exactly this DER TBSCertificate, DER, signed by the root.

        Raises NotYet `step-missing`, Damaged `root-damaged`; ValueError where another process asks for what is no
        certificate of a server.
        """
        root = self._root_files.open()
        return root.sign_leaf(tbs) if self._for_others else root.sign(tbs)

    def root_certificate(self) -> bytes | None:
        """Return what lies here as `tanium.pub`, or None. Raises AnswerRefused `not-a-file`, `too-large`."""
        return self._root_files.certificate()

    def trust_root(self, certificate: bytes | None) -> None:
        """Put another server's root certificate here, PEM, or with None remove it.

        Raises ValueError where a root key lies here, Damaged `disk-failed`.
        """
        self._root_files.trust(certificate)

    def make_request(self, common_name: str, alt_names: Sequence[str]) -> bytes:
        """Make a key and a request for it, and keep both waiting; return the request, DER.

        Raises AnswerRefused `name-empty`, `san-bad`, `san-forbidden`; Damaged `disk-failed`.
        """
        key_pem, request = new_request(REPORTING, common_name, alt_names)
        self._waiting.put(key_pem, request)
        return request.der

    def waiting(self) -> dict[str, bytes]:
        """Return the requests, DER, that wait for their certificate, by check code."""
        return self._waiting.requests()

    def holds(self, check_code: str) -> bool:
        """Say whether a key waits under that check code, even if its request is damaged."""
        return self._waiting.holds(check_code)

    def discard(self, check_code: str) -> None:
        """Wipe a waiting key and its request. Raises NotYet `step-missing`."""
        self._waiting.remove(check_code)

    def install(self, check_code: str, certificate_pem: str, installed_by: str) -> int:
        """Install the waiting key with its certificate as the live pair; return the version number.

        Raises NotYet `step-missing`, AnswerRefused `key-mismatch`, Damaged `disk-failed`; then the earlier pair
        stays live and the key stays waiting.
        """
        key_pem = self._waiting.key(check_code)
        said = {"installed_by": installed_by, "installed_at": moment_text(self.appliance.clock())}
        number = self._pairs.install(key_pem, certificate_pem.encode(), said)
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

    def live_certificate(self) -> bytes | None:
        """Return the certificate of the live pair, PEM, or None where there is no live pair.

        Raises AnswerRefused `missing-file`, `not-a-file`, `too-large` where it is damaged.
        """
        return self._pairs.live_certificate()

    def is_intact(self) -> bool:
        """Say whether the live pair is what was installed; reads its key."""
        return self._pairs.is_intact()

    def handshake(self) -> Handshake:
        """Shake hands in memory with the live pair. Raises NotYet `step-missing` or AnswerRefused."""
        root_pem, now = self._root_files.trusted_pem(), self.appliance.clock()
        with self._pairs.open_current() as directory:
            if directory is None:
                raise NotYet(
                    "step-missing", N_("No pair is installed here."), N_("Import the signed certificate first.")
                )
            file, key = directory / REPORTING.certificate, directory / REPORTING.key
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            return shake_hands(file, key, root_pem, served_name(certificate, self.appliance.identity.fqdn), now)

    def recover(self) -> list[Message]:
        """Heal what a crash left behind and say what was found, damage too; called at start."""
        return [*_told(self._pairs.recover), *_told(self._waiting.recover), *_told(self._recover_installed)]

    def make_host_keys(self) -> None:
        """Make the host keys that are missing. Raises Damaged `disk-failed`."""
        try:
            self._hosts.make()
        except OSError as error:
            raise disk_trouble(error, "ssh") from error

    def make_next_host_key(self, kind: str) -> str:
        """Make the host key that follows the one of that kind, beside it; return its public line.

        It counts only where the store says so: one that lies there already is replaced. Raises Damaged `disk-failed`,
        KeyError where there is no such kind.
        """
        try:
            return self._hosts.make_next(kind).line
        except OSError as error:
            raise disk_trouble(error, "ssh") from error

    def adopt_host_key(self, kind: str, line: str) -> None:
        """Put the next host key, that of `line`, in the place of the present one for good, and wipe that.

        May be asked again after a death. Raises Damaged `disk-failed`, `damaged-key`.
        """
        try:
            self._hosts.adopt_next(kind, line)
        except OSError as error:
            raise disk_trouble(error, "ssh") from error

    def host_public_keys(self) -> list[str]:
        """Return the lines of the host keys that can sign, the preferred first, then those that follow them.

        Raises Damaged `damaged-key`.
        """
        return [key.line for key in self._hosts.public_keys()]

    def host_lines(self) -> list[str]:
        """Return the public lines of the host keys for others to pin, the preferred first; none is opened."""
        return self._hosts.lines()

    def sign_exchange(self, fingerprint: str, algorithm: str, data: bytes) -> bytes:
        """Return the SSH signature of a key exchange by the host key of that fingerprint (`SHA256:…`).

        Raises Damaged `damaged-key`; KeyError, ValueError for a key or algorithm that is not offered, and for data
        that is no exchange hash.
        """
        return self._hosts.sign(fingerprint, algorithm, data)

    def prove_host_key(self, fingerprint: str, algorithm: str, session: bytes) -> bytes:
        """Return the SSH signature by which a host key is proved to a signed-in client; `session` is its session id.

        Raises as `sign_exchange` does.
        """
        return self._hosts.prove(fingerprint, algorithm, session)

    def new_ssh_pair(self, user: str) -> str:
        """Make a key pair for `user`, write it nowhere yet, and return its public line. Raises AnswerRefused."""
        made = own_pair.new_pair(self.appliance, user)
        self._made[user] = made
        return made.line

    def keep_ssh_pair(self, user: str, line: str) -> None:
        """Put the pair that was made here in the place of an earlier one of `user`.

        Raises NotYet `stale` where this keeper made none such, Damaged `disk-failed`.
        """
        made = self._made.get(user)
        if made is None or made.line != line:
            raise NotYet(
                "stale",
                N_("The new pair of {user} is no longer there: the keeper of the keys was started again.", user=user),
                N_("Generate it once more; the earlier pair holds."),
            )
        try:
            own_pair.keep_pair(self.appliance, user, made)
        except OSError as error:
            raise disk_trouble(error, "ssh") from error
        del self._made[user]

    def forget_ssh_pair(self, user: str) -> None:
        """Remove the pair of `user`, if there is one. Raises Damaged `disk-failed`."""
        try:
            own_pair.forget_pair(self.appliance, user)
        except OSError as error:
            raise disk_trouble(error, "ssh") from error

    def ssh_public_line(self, user: str) -> str:
        """Return `type base64 user@appliance`. Raises NotYet `step-missing`, Damaged `damaged-key`."""
        return own_pair.public_line(self.appliance, user)

    def sign_in(self, user: str, algorithm: str, data: bytes) -> bytes:
        """Return the SSH signature by which `user` signs in to a peer.

        Raises NotYet `step-missing`, Damaged `damaged-key`; ValueError for an algorithm that is not the key's, and
        where the data is not his sign-in as tancopy.
        """
        return own_pair.signature(self.appliance, user, algorithm, data)

    def _recover_installed(self) -> list[Message]:
        """Wipe a waiting key that is installed; while the live pair is damaged, none is."""
        code = self._pairs.live_check_code()
        if code not in self._waiting.requests():
            return []
        self._waiting.remove(code)
        return [N_("The waiting key {code} is removed: it is installed already.", code=code)]


def _told(step: Callable[[], list[Message]]) -> list[Message]:
    """Do a step of the recovery; what stops it is told and stops nothing else."""
    try:
        return step()
    except TanosError as error:
        return [error.message]


def for_another(keeper: Keeper) -> Keeper:
    """Return the same keeper, with what it holds open, but for the pairs that were made and not kept."""
    other = copy(keeper)
    other._made = {}
    return other


Reach = Callable[[Appliance], Keeper]


class _Process:
    """By what this process reaches a keeper: by itself, unless it was told another way."""

    reach: Reach = Keeper


def keeper_of(appliance: Appliance) -> Keeper:
    """Return the keeper of an appliance, as this process reaches it.

    Where it is a process of its own, each method also raises NotYet `busy` while it is started again.
    """
    return _Process.reach(appliance)


def ask_by(reach: Reach) -> None:
    """Have this process reach its keeper in another way from now on."""
    _Process.reach = staticmethod(reach)
