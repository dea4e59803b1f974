"""What holds here of a key that another SSH server let in.

Invariants: what is revoked comes in nowhere, whoever let it in, and neither does a certificate that cannot be read,
since nobody can say whether it is. A key or authority that is authorised here keeps its limits: until when, from
where, for which directory. Of any other one the other server judged, and this appliance knows nothing more.
"""

from dataclasses import dataclass, replace

from tanos.appliance import Appliance
from tanos.keys.authorized import Admission, TurnedAway, admit
from tanos.keys.by_certificate import admit_certificate, came_by
from tanos.keys.certificate import is_certificate, read_certificate
from tanos.keys.public_key import fingerprint_of
from tanos.keys.standing import CameBy, is_revoked_proof
from tanos.ssh_wire import BadBlob, Reader


@dataclass(frozen=True)
class LetIn:
    """A key that may be here."""

    came_by: CameBy
    direction: str = ""
    """The one directory of the drop box that it is for, or empty."""


def judge_let_in(appliance: Appliance, user: str, blob: bytes, address: str) -> LetIn | TurnedAway:
    """Say whether the key or certificate in `blob`, whose signature the other server verified, may be here now."""
    try:
        proof, verdict = _known(appliance, user, blob, address)
    except (BadBlob, UnicodeDecodeError):
        return TurnedAway(fingerprint_of(blob), "certificate-unread")
    if is_revoked_proof(appliance, proof):
        return TurnedAway(proof.key, "key-revoked")
    if isinstance(verdict, TurnedAway):
        return verdict
    if verdict is None:
        return LetIn(replace(proof, is_known=False))
    return LetIn(proof, verdict.options.direction)


def _known(
    appliance: Appliance, user: str, blob: bytes, address: str
) -> tuple[CameBy, Admission | TurnedAway | None]:
    """Return what proves who it is, and what this appliance would say at its own door. Raises BadBlob."""
    word, now = Reader(blob).string().decode("ascii"), appliance.clock()
    if is_certificate(word):
        certificate = read_certificate(blob)
        verdict = admit_certificate(appliance, user, certificate, address, now)
        return came_by(certificate, certificate.authority), verdict
    fingerprint = fingerprint_of(blob)
    return CameBy(fingerprint, fingerprint), admit(appliance, user, word, blob, address, now)
