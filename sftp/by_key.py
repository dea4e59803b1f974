"""Which key may sign in, and what the one that did may do.

Invariants: a key counts as used only once its signature was verified; SHA-1 signatures verify nothing. Why a known
key is turned away is for the audit; who offers it learns only that it is. A hardware key must have been touched, as
the library checks; that it knew its user is checked here, for keys whose line wants it.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace

import asyncssh

from sftp.clerk import Clerk
from sftp.guest import Guest
from tanos.appliance import Appliance
from tanos.keys.authorized import Admission, TurnedAway, admit, used
from tanos.keys.by_certificate import admit_certificate, came_by, told
from tanos.keys.certificate import SshCertificate, read_certificate
from tanos.keys.options import KeyOptions
from tanos.keys.public_key import fingerprint_of
from tanos.keys.standing import CameBy
from tanos.ssh_wire import BadBlob, Reader

_USER_VERIFIED = 0x04
"""Of the flags that a hardware key signs: it asked for a PIN or a finger (CTAP 2)."""
_FLAGS_AND_COUNTER = 5
"""Bytes."""
_WEAK_SIGNATURES = {b"ssh-rsa", b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com"}
"""SHA-1, and a form that browsers make and no SSH client does."""
Tell = Callable[[str, str, str], None]
"""Records why a known key was turned away: user, fingerprint, finding id."""


@dataclass(frozen=True)
class Proof:
    """A key that may sign in, whose signature is still to be verified."""

    user: str
    key: str
    """`SHA256:…` of the key that signs."""
    by: str
    """`SHA256:…` of the authorised key that it came in by."""
    options: KeyOptions
    said: str = "key"
    """How the audit tells it."""
    certificate: SshCertificate | None = None

    @property
    def came_by(self) -> CameBy:
        """What has to hold for as long as he stays."""
        return came_by(self.certificate, self.by) if self.certificate else CameBy(self.key, self.by)


class ByKey:
    """The keys that one connection offers."""

    def __init__(self, appliance: Appliance, address: str, tell: Tell) -> None:
        self._appliance = appliance
        self._address = address
        self._tell = tell
        self._told: set[tuple[str, str]] = set()
        self.refused = 0
        """Keys and certificates so far that did not sign in."""
        self._unknown: set[str] = set()
        self._certified: set[str] = set()
        self.proof: Proof | None = None
        """The last key that was asked for, if it may sign in."""

    @property
    def saw_strange(self) -> bool:
        """Whether a key was offered that nobody here knows, and of which no authority that is known here said whose.

        Who holds a certificate that ended, or is for others, does not guess; nor does his client, which offers the
        key in it too.
        """
        return bool(self._unknown - self._certified)

    def admits(self, username: str, key: asyncssh.SSHKey) -> str | None:
        """Return the fingerprint of a key that may sign in, its signature still to be verified; else None."""
        type_word, blob = key.algorithm.decode("ascii"), key.public_data
        now = self._appliance.clock()
        found = self._known(username, admit(self._appliance, username, type_word, blob, self._address, now))
        if found is None:
            self.refused += 1
            self._unknown.add(fingerprint_of(blob))
        self.proof = Proof(username, found.fingerprint, found.fingerprint, found.options) if found else None
        if found:
            _be_strict(key, found.options)
        return found.fingerprint if found else None

    def certified(self, username: str, blob: bytes) -> asyncssh.SSHKey | None:
        """Return the key of a certificate that may sign in, its own signature still to be verified; else None."""
        self.proof = None
        self.refused += 1
        self._unknown.add(about := fingerprint_of(blob))
        try:
            certificate = read_certificate(blob)
            verdict = admit_certificate(
                self._appliance, username, certificate, self._address, self._appliance.clock()
            )
            if verdict is None or not _is_signed(certificate):
                return None
            key = _key(certificate.key)
        except (BadBlob, asyncssh.KeyImportError, UnicodeDecodeError):
            return None
        self._certified |= {about, certificate.fingerprint}
        found = self._known(username, verdict)
        if found is None:
            return None
        self.refused -= 1
        _be_strict(key, found.options)
        key.set_touch_required(True)
        said = told(certificate)
        self.proof = Proof(username, certificate.fingerprint, found.fingerprint, found.options, said, certificate)
        return key

    def _known(self, username: str, verdict: Admission | TurnedAway | None) -> Admission | None:
        if not isinstance(verdict, TurnedAway):
            return verdict
        if (username, verdict.about) not in self._told:
            self._told.add((username, verdict.about))
            self._tell(username, verdict.about, verdict.id)
        return None

    def welcome(self, guest: Guest, records: Clerk) -> Guest:
        """Record a completed sign-in; return the guest with the limits of the key that he came by.

        Raises PermissionDenied where that is not the key that was asked about: nobody knows its limits.
        """
        if not guest.key:
            records.note(guest.call("sign-in"), after="password")
            return guest
        proof = self.proof
        if proof is None or (proof.user, proof.key) != (guest.user, guest.key):
            raise asyncssh.PermissionDenied("Not signed in.")
        address = self._address
        records.note(
            guest.call("sign-in"),
            after=proof.said,
            also=lambda change, _: used(change, proof.user, proof.by, address),
        )
        options = proof.options
        return replace(
            guest, direction=options.direction, may_have_terminal=options.has_terminal, came_by=proof.came_by
        )


def judge_certificates(
    conn: asyncssh.SSHServerConnection, certified: Callable[[str, bytes], asyncssh.SSHKey | None]
) -> None:
    """Have certificates judged by `certified` alone: the library's own way asks for less than a whole certificate."""

    async def judge(username: str, blob: bytes) -> asyncssh.SSHKey | None:
        return certified(username, blob)

    name = "_validate_client_certificate"
    assert callable(getattr(conn, name))
    vars(conn)[name] = judge


def _is_signed(certificate: SshCertificate) -> bool:
    return _key(certificate.authority_key).verify(certificate.signed, certificate.signature)


def _key(blob: bytes) -> asyncssh.SSHKey:
    word = Reader(blob).string().decode("ascii")
    return asyncssh.import_public_key(f"{word} {b64encode(blob).decode()}")


def _be_strict(key: asyncssh.SSHKey, options: KeyOptions) -> None:
    key.all_sig_algorithms = {name for name in key.all_sig_algorithms if name not in _WEAK_SIGNATURES}
    if options.is_verified:
        _want_user_verified(key)


def _want_user_verified(key: asyncssh.SSHKey) -> None:
    """Let signatures verify only where a hardware key says in them, signed, that it knew its user."""
    verify = key.verify

    def verify_both(data: bytes, signature: bytes) -> bool:
        return bool(_flags(signature) & _USER_VERIFIED) and verify(data, signature)

    vars(key)["verify"] = verify_both


def _flags(signature: bytes) -> int:
    """Return the flags of a hardware key's signature (OpenSSH PROTOCOL.u2f); of anything else, none."""
    reader = Reader(signature)
    try:
        word = reader.string()
        reader.string()
    except BadBlob:
        return 0
    rest = signature[reader.at :]
    return rest[0] if word.startswith(b"sk-") and len(rest) == _FLAGS_AND_COUNTER else 0
