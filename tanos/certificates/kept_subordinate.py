"""What the keeper does with subordinate keys of release 7.4: a pair for each root in use, kept side by side.

Invariants: a pair of one root never takes the place of another's; whoever installs says which of those that are kept
stay. What a root signs here beside certificates of servers is an authority that signs none, or a statement, which
begins as no certificate and no list does.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tanos.appliance import Appliance
from tanos.certificates.check_code import spki_of
from tanos.certificates.kept import KeptCertificates
from tanos.certificates.pair_kinds import SUBORDINATE
from tanos.certificates.pairs import PairStore
from tanos.certificates.signed_words import MESSAGE, STATEMENT
from tanos.certificates.subordinate import message_tbs
from tanos.errors import Damaged


class KeptSubordinate(KeptCertificates):
    """Subordinate keys. A kind is named as in `pair_kinds`, a root by its server value."""

    def __init__(self, appliance: Appliance, *, for_others: bool) -> None:
        super().__init__(appliance, for_others=for_others)
        self._pairs |= {kind.name: PairStore(appliance.certificates, kind) for kind in SUBORDINATE}

    def make_request(self, kind: str, common_name: str, alt_names: Sequence[str]) -> bytes:
        """Make a key and a request, as for every pair; of a subordinate key one waits alone, the latest."""
        before = self.waiting(kind) if self._pairs[kind].kind in SUBORDINATE else {}
        der = super().make_request(kind, common_name, alt_names)
        for code in before:
            self.discard(code)
        return der

    def serving_pairs(self, kind: str) -> list[str]:
        """Return certificate and key of each kept pair that is whole, PEM, the newest first."""
        pairs, found = self._pairs[kind], []
        for version in pairs.versions():
            try:
                key, certificate = pairs.read(version.number)
            except Damaged:
                continue
            found.append((certificate + b"\n" + key).decode())
        return found

    def kept_certificates(self, kind: str) -> list[bytes]:
        """Return the certificates of the kept pairs, PEM, the newest first; one that cannot be read is left out."""
        pairs = self._pairs[kind]
        found = (pairs.certificate(version.number) for version in pairs.versions() if version.intact)
        return [each for each in found if each is not None]

    def keep_pairs(self, kind: str, named: Sequence[str]) -> None:
        """Keep no pair but those whose certificates have the fingerprints `named`. Raises Damaged `disk-failed`."""
        self._pairs[kind].keep_only(named)

    def sign_intermediate(self, tbs: bytes, root: str) -> bytes:
        """Return the certificate of exactly this DER TBSCertificate: of an authority that signs no other.

        Raises NotYet `step-missing`, `stale`, Damaged `root-damaged`, `pki-damaged`; NotToBeAsked for any other.
        """
        return self._open_root(root).sign_intermediate(tbs)

    def sign_statement(self, statement: bytes, root: str) -> bytes:
        """Return the signature of a root over STATEMENT and what is stated.

        Raises NotYet `step-missing`, Damaged `root-damaged`, `pki-damaged`.
        """
        return self._open_root(root).sign_plain(STATEMENT + statement)

    def sign_message(self, root: str, server: str, serial: int, days: int, body: bytes) -> tuple[bytes, bytes]:
        """Have a new message-signing key of `server` sign what is said to clients; return certificate and signature.

        The key signs this and nothing else, and is kept nowhere. Raises NotYet `step-missing`, Damaged
        `root-damaged`, `pki-damaged`; NotToBeAsked for a root that is none of 7.4.
        """
        signer, key = self._open_root(root), ec.generate_private_key(ec.SECP256R1())
        tbs = message_tbs(signer.certificate, spki_of(key.public_key()), server, serial, self._clock(), days)
        return signer.sign_leaf(tbs), key.sign(MESSAGE + body, ec.ECDSA(SHA256()))
