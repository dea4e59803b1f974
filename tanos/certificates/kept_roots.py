"""What the keeper does with roots: the pair tanium.pub and tanium.pvk, and the keys in `pki.db`.

Invariant: no private root leaves, in no form; what is given are certificates. One is wiped when it is replaced, and
written down no longer when it is revoked.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.new_request import key_pem
from tanos.certificates.pki_file import PkiFile
from tanos.certificates.root import self_signed_root
from tanos.certificates.root_backup import closed, opened
from tanos.certificates.root_files import RootFiles, open_root
from tanos.certificates.root_names import LEGACY
from tanos.certificates.seal import Seal
from tanos.certificates.signing import HeldRoot
from tanos.errors import AnswerRefused, NotToBeAsked, NotYet
from tanos.message import N_, Message

_LONGEST_NAME = 64


class KeptRoots:
    """The roots of one appliance."""

    _for_others = False
    """Whether another process asks."""

    def __init__(self, appliance: Appliance) -> None:
        self._clock = appliance.clock
        self._root_files = RootFiles(appliance.root, appliance.clock)
        self._pki = PkiFile(appliance.root)
        self._open_roots: dict[str, tuple[tuple[bytes, bytes], HeldRoot]] = {}

    def make_root(self) -> None:
        """Make the root key and its certificate; what is there already is never replaced.

        Raises NotYet `step-missing` where a certificate lies here without its key, Damaged `root-damaged`,
        `disk-failed`.
        """
        self._root_files.make()

    def holds_root(self) -> bool:
        """Say whether a root key lies here, its own."""
        return self._root_files.has_key

    def root_certificate(self) -> bytes | None:
        """Return what lies here as `tanium.pub`, or None. Raises AnswerRefused `not-a-file`, `too-large`."""
        return self._root_files.certificate()

    def trust_root(self, certificate: bytes | None) -> None:
        """Put another server's root certificate here, PEM, or with None remove it.

        Raises NotToBeAsked where a root key lies here, Damaged `disk-failed`.
        """
        self._root_files.trust(certificate)

    def make_next_root(self, name: str) -> bytes:
        """Make the pair that is to take the place of tanium.pub and tanium.pvk; return its certificate, PEM.

        Raises NotToBeAsked where no root key lies here, Damaged `disk-failed`.
        """
        return self._root_files.make_next(_checked(name))

    def adopt_next_root(self, shown: str) -> None:
        """Put it there, if its fingerprint is that; the former private key is wiped.

        Raises NotYet `stale`, Damaged `disk-failed`.
        """
        self._root_files.adopt_next(shown)

    def drop_next_root(self) -> None:
        """Wipe the pair that was to take that place, if one waits. Raises Damaged `disk-failed`."""
        self._root_files.drop_next()

    def make_root_key(self, name: str) -> bytes:
        """Make a root of that name in `pki.db`; return its certificate, PEM.

        Raises NotToBeAsked where that name is there, or where no root key lies here; Damaged `pki-damaged`,
        `disk-failed`.
        """
        if not self.holds_root():
            raise NotToBeAsked("no root is made here")
        key = ec.generate_private_key(ec.SECP384R1())
        pem = self_signed_root(key, _checked(name), self._clock(), path_length=1).public_bytes(Encoding.PEM)
        self._pki.add(name, key_pem(key), pem)
        return pem

    def root_keys(self) -> dict[str, bytes]:
        """Return the certificates, PEM, of the roots in `pki.db`, by name. Raises Damaged `pki-damaged`."""
        return self._pki.certificates()

    def drop_root_key(self, name: str) -> None:
        """Have no root of that name in `pki.db` from now on. Raises Damaged `pki-damaged`, `disk-failed`."""
        self._open_roots.pop(name, None)
        self._pki.drop(name)

    def root_seal(self) -> str:
        """Return what tells the seal of `pki.db` from any other, empty where it lies open. Raises `pki-damaged`."""
        seal = self._pki.seal()
        return seal.salt.hex() if seal else ""

    def seal_roots(self, password: bytes, former: bytes, salt: bytes) -> None:
        """Seal `pki.db`, and its copies, by a password; takes a while.

        Raises AnswerRefused `wrong-password` where it is sealed and another process does not say by which password;
        Damaged `pki-damaged`, `disk-failed`; ValueError for what is no password or salt.
        """
        present = self._pki.seal()
        if present and self._for_others and not present.is_of(former):
            raise wrong_password()
        self._pki.seal_by(Seal.of(password, salt))

    def sealed_backup(self, password: bytes, said: bytes) -> bytes:
        """Return all root keys, sealed as `pki.db` is, and with them `said`; takes a while.

        Raises NotYet `not-sealed`, AnswerRefused `wrong-password`; Damaged `pki-damaged`, `root-damaged`.
        """
        seal = self._pki.seal()
        if seal is None:
            raise not_sealed()
        if not seal.is_of(password):
            raise wrong_password()
        return closed(seal, self._pki.roots(), self._root_files.both(), said)

    def open_backup(self, sealed: bytes, password: bytes, place: str) -> bytes:
        """Write what lies in `root` after that backup into `place`, unless that is empty; return `said`.

        Raises AnswerRefused `wrong-password`, `backup-damaged`, OSError.
        """
        found = opened(sealed, password)
        if place:
            found.write(Path(place))
        return found.said

    def _open_root(self, name: str) -> HeldRoot:
        """Return the root of that server value, which signs.

        Raises NotYet `step-missing` where it is not here, Damaged `root-damaged`, `pki-damaged`.
        """
        if name == LEGACY:
            return self._root_files.open()
        pair, held = self._pki.roots().get(name), self._open_roots.get(name)
        if pair is None:
            self._open_roots.pop(name, None)
            raise NotYet(
                "step-missing",
                N_("The key of {root} is not here, so that it cannot sign.", root=name),
                N_("Look at the root keys that there are: {list}.", list=deeds.LIST_ROOTS),
            )
        if held is None or held[0] != pair:
            held = self._open_roots[name] = pair, open_root(*pair)
        return held[1]

    def _recover_roots(self) -> list[Message]:
        self._root_files.drop_next()
        return self._pki.recover()


def _checked(name: str) -> str:
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise NotToBeAsked("no name of a root")
    return name


def not_sealed() -> NotYet:
    """Return what is said where a backup could be opened by anybody."""
    return NotYet(
        "not-sealed",
        N_("pki.db lies open, so that a backup of it could be opened by anybody."),
        N_("First {seal}.", seal=deeds.SEAL_ROOTS),
    )


def wrong_password() -> AnswerRefused:
    """Return what is said where `pki.db` is sealed by another password."""
    return AnswerRefused(
        "wrong-password",
        N_("This is not the password by which pki.db is sealed."),
        N_("Type it again; who has forgotten it seals pki.db anew at the machine itself (docs/roots.md)."),
    )
