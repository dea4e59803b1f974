"""What the keeper does with certificates: the root, waiting requests, installed pairs.

Invariant: a waiting key is removed only after the pair that holds it is durably installed. A private key leaves in
two answers alone: `serving_pair`, since TLS is spoken by the process that presents a pair, which has no other way to
it, and `pair_shown`, of a pair for HTTPS, where an administrator wants a copy, or tells who knows it of another.
"""

from collections.abc import Callable, Sequence

from cryptography import x509

from tanos.appliance import Appliance
from tanos.at_once import at_once
from tanos.certificates.check_code import fingerprint
from tanos.certificates.former_root import FormerRoot
from tanos.certificates.handshake import Handshake, served_name, shake_hands
from tanos.certificates.kept_roots import KeptRoots
from tanos.certificates.new_request import new_request
from tanos.certificates.pair_files import Version
from tanos.certificates.pair_kinds import KINDS, REPORTING
from tanos.certificates.pairs import PairStore
from tanos.certificates.root_names import LEGACY
from tanos.certificates.self_signed import self_signed
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.errors import AnswerRefused, NotToBeAsked, NotYet, TanosError
from tanos.message import N_, Message
from tanos.moments import moment_text


class KeptCertificates(KeptRoots):
    """The keys of one appliance that certificates are for. A pair's kind is named as in `pair_kinds`."""

    def __init__(self, appliance: Appliance, *, for_others: bool) -> None:
        super().__init__(appliance)
        self.appliance = appliance
        self._for_others = for_others
        self._pairs = {kind.name: PairStore(appliance.certificates, kind) for kind in KINDS}
        self._waiting = WaitingKeys(appliance.requests)
        self._former = FormerRoot(appliance.root)

    def sign_certificate(self, tbs: bytes, root: str = LEGACY) -> bytes:
        """Return the certificate of exactly this DER TBSCertificate, DER, signed by the root of that server value.

        Raises NotYet `step-missing`, Damaged `root-damaged`, `pki-damaged`; ValueError where another process asks
        for what is no certificate of a server.
        """
        signer = self._open_root(root)
        return signer.sign_leaf(tbs) if self._for_others else signer.sign(tbs)

    def sign_certificates(self, each: Sequence[bytes]) -> list[bytes]:
        """Return what `sign_certificate` does, of several, by the root in use as tanium.pub. Raises as that does."""
        signer = self._open_root(LEGACY)
        return at_once(signer.sign_leaf if self._for_others else signer.sign, each)

    def sign_revocations(self, tbs: bytes, root: str = LEGACY) -> bytes:
        """Return the revocation list of exactly this DER TBSCertList, DER, signed by the root of that server value.

        Raises NotYet `step-missing`, Damaged `root-damaged`, `pki-damaged`; NotToBeAsked for what is no list of
        this root.
        """
        return self._open_root(root).sign_list(tbs)

    def trust_root(self, certificate: bytes | None) -> None:
        """Put another server's root certificate here, PEM, or with None remove it; the present one is kept beside it
        while the live pair is of that.

        Raises NotToBeAsked where a root key lies here, Damaged `disk-failed`.
        """
        if not self.holds_root():
            self._former.keep(self._present_root(), self._live())
        super().trust_root(certificate)

    def former_root(self) -> bytes | None:
        """Return the root before the present one, PEM, as long as the live pair is of it; else None."""
        return self._former.counts(self._present_root(), self._live()) if self._former.lies_there else None

    def make_request(self, kind: str, common_name: str, alt_names: Sequence[str]) -> bytes:
        """Make a key for a pair and a request for its certificate, and keep both waiting; return the request, DER.

        Raises AnswerRefused `name-empty`, `san-bad`, `san-forbidden`; Damaged `disk-failed`.
        """
        pair = self._pairs[kind].kind
        key_pem, request = new_request(pair, common_name, alt_names)
        self._waiting.put(pair, key_pem, request)
        return request.der

    def waiting(self, kind: str) -> dict[str, bytes]:
        """Return the requests, DER, that wait for the certificate of such a pair, by check code."""
        return self._waiting.requests(self._pairs[kind].kind)

    def holds(self, check_code: str) -> bool:
        """Say whether a key waits under that check code, even if its request is damaged."""
        return self._waiting.holds(check_code)

    def discard(self, check_code: str) -> None:
        """Wipe a waiting key and its request. Raises NotYet `step-missing`."""
        self._waiting.remove(check_code)

    def install(
        self,
        kind: str,
        check_code: str,
        certificate_pem: str,
        installed_by: str,
        named: Sequence[str] = (),
        waits_on: bool = False,
    ) -> int:
        """Install the waiting key with its certificate as the live pair; return the version number.

        Of earlier pairs the last three stay, and those whose certificates have the fingerprints `named`. The key
        `waits_on` where it has another certificate to come.

        Raises NotYet `step-missing`, AnswerRefused `key-mismatch`, Damaged `disk-failed`; then the earlier pair
        stays live and the key stays waiting.
        """
        key_pem = self._waiting.key(self._pairs[kind].kind, check_code)
        number = self.install_pair(kind, key_pem, certificate_pem.encode(), installed_by, named)
        if not waits_on:
            self._waiting.remove(check_code)
        return number

    def restore(self, kind: str, version: int) -> None:
        """Make an earlier pair live again. Raises AnswerRefused `no-such-version`, Damaged `pair-damaged`."""
        self._pairs[kind].restore(version)

    def make_self_signed(self, kind: str, names: Sequence[str]) -> None:
        """Make a pair that signs itself, for this appliance and `names`, unless one is live already.

        Raises AnswerRefused `san-bad`, `san-forbidden`, Damaged `disk-failed`.
        """
        pairs = self._pairs[kind]
        if pairs.current() is not None:
            return
        now = self.appliance.clock()
        key_pem, certificate_pem = self_signed(pairs.kind, self.appliance.identity.fqdn, names, now)
        pairs.install(key_pem, certificate_pem, {"installed_by": "", "installed_at": moment_text(now)})

    def install_pair(
        self, kind: str, key_pem: bytes, certificate_pem: bytes, installed_by: str, named: Sequence[str] = ()
    ) -> int:
        """Install a pair that was made elsewhere as the live one; return the version number.

        Of earlier pairs the last three stay, and those whose certificates have the fingerprints `named`.

        Raises AnswerRefused `key-mismatch`, Damaged `disk-failed`; then the earlier pair stays live.
        """
        said = {"installed_by": installed_by, "installed_at": moment_text(self.appliance.clock())}
        number = self._pairs[kind].install(key_pem, certificate_pem, said, named)
        _told(self._recover_former)
        return number

    def serving_pair(self, kind: str) -> str | None:
        """Return certificates and key of the live pair, PEM, both of one version; None where there is none.

        Raises Damaged `pair-damaged`.
        """
        pair = self._pairs[kind].read_current()
        return (pair[1] + b"\n" + pair[0]).decode() if pair else None

    def pair_shown(self, kind: str, shown: str) -> tuple[bytes, bytes] | None:
        """Return key and certificates of the kept pair for HTTPS whose certificate has that fingerprint.

        None where it is kept no more. Raises NotToBeAsked for any other pair, Damaged `pair-damaged`.
        """
        if kind == REPORTING.name:
            raise NotToBeAsked(kind)
        for version in self._pairs[kind].versions():
            pair = self._pairs[kind].read(version.number) if version.intact else None
            if pair and fingerprint(x509.load_pem_x509_certificate(pair[1])) == shown:
                return pair
        return None

    def current(self, kind: str) -> int | None:
        """Return the version that is live, or None where none was ever installed."""
        return self._pairs[kind].current()

    def versions(self, kind: str) -> list[Version]:
        """Return the kept versions, newest first, without reading a private key."""
        return self._pairs[kind].versions()

    def live_certificate(self, kind: str) -> bytes | None:
        """Return the certificate of the live pair, PEM, or None where there is no live pair.

        Raises AnswerRefused `missing-file`, `not-a-file`, `too-large` where it is damaged.
        """
        return self._pairs[kind].live_certificate()

    def kept_certificate(self, kind: str, version: int) -> bytes | None:
        """Return the certificate of a kept version, PEM; None where it cannot be read."""
        return self._pairs[kind].certificate(version)

    def is_intact(self, kind: str) -> bool:
        """Say whether the live pair is what was installed; reads its key."""
        return self._pairs[kind].is_intact()

    def handshake(self) -> Handshake:
        """Shake hands in memory with the live pair. Raises NotYet `step-missing` or AnswerRefused."""
        root_pem, now = self._root_files.trusted_pem(), self.appliance.clock()
        with self._pairs[REPORTING.name].open_current() as directory:
            if directory is None:
                raise NotYet(
                    "step-missing", N_("No pair is installed here."), N_("Import the signed certificate first.")
                )
            file, key = directory / REPORTING.certificate, directory / REPORTING.key
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            return shake_hands(file, key, root_pem, served_name(certificate, self.appliance.identity.fqdn), now)

    def recover(self) -> list[Message]:
        """Heal what a crash left behind and say what was found, damage too; called at start."""
        healed = [said for pairs in self._pairs.values() for said in _told(pairs.recover)]
        steps = (self._waiting.recover, self._recover_installed, self._recover_roots, self._recover_former)
        return [*healed, *(said for step in steps for said in _told(step))]

    def _recover_installed(self) -> list[Message]:
        """Wipe each waiting key that is installed; while its live pair is damaged, none is."""
        found = []
        for pairs in self._pairs.values():
            code = pairs.live_check_code()
            if code in self._waiting.requests(pairs.kind):
                self._waiting.remove(code)
                found.append(N_("The waiting key {code} is removed: it is installed already.", code=code))
        return found

    def _recover_former(self) -> list[Message]:
        """Keep no root any longer of which there is no pair."""
        if self._former.lies_there and self.former_root() is None:
            self._former.forget()
        return []

    def _present_root(self) -> bytes | None:
        try:
            return self.root_certificate()
        except AnswerRefused:
            return None

    def _live(self) -> bytes | None:
        try:
            return self.live_certificate(REPORTING.name)
        except AnswerRefused:
            return None


def _told(step: Callable[[], list[Message]]) -> list[Message]:
    """Do a step of the recovery; what stops it is told and stops nothing else."""
    try:
        return step()
    except TanosError as error:
        return [error.message]
