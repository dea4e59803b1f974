"""Who asked for proof of a host key that is announced and not yet shown: OpenSSH does, to pin it.

Invariant: of one guest, key and host key at most one record a minute.
"""

from functools import partial

from sftp.guest import Guest
from sftp.house import House
from tanos.keys.host_rotation import note_proof
from tanos.keys.public_key import fingerprint_of


def note_proved(house: House, guest: Guest | None, blob: bytes) -> None:
    """Write down that `guest` was given proof of the host key in `blob`, where it is one that follows another."""
    fingerprint = fingerprint_of(blob)
    if guest is None or fingerprint not in {each.fingerprint for each in house.terms.following}:
        return
    if house.sparing.since_last((guest.user, guest.key, fingerprint)) is not None:
        call = guest.call("host-key-proof")
        house.records.note(call, fingerprint, also=partial(note_proof, call, fingerprint))
