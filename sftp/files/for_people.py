"""What is between people and the appliance alone, although it lies in the drop box for a while: private keys, which
are sent to be installed or copied out of use, the audit, the register of what was issued.

Invariants: a private key that was sent is read by the menu alone, and given back to nobody. The keys by which other
appliances sign in, some of which stand where strangers reach them, neither send nor fetch what is for people. That is
read from the database when it is asked: a connection may be older than the pairing.
"""

from collections.abc import Callable
from pathlib import Path

from asyncssh.sftp import SFTPPermissionDenied

from sftp.client import OWN_KEY_USER
from sftp.files.places import INCOMING, OUTGOING, Place
from tanos.appliance import Appliance
from tanos.audit.records import EXPORTED as AUDIT
from tanos.certificates.pair_kinds import KINDS
from tanos.keys.authorized import authorized_key
from tanos.platform import DROP_BOX_USER
from tanos.receipts.wanted import AWAITED_KEYS
from tanos.revocation.register import EXPORTED as REGISTER

FOR_PEOPLE = {
    INCOMING: frozenset(AWAITED_KEYS),
    OUTGOING: frozenset({*(kind.copied_key for kind in KINDS), AUDIT, REGISTER}),
}
"""Names, by directory."""
IsPerson = Callable[[], bool]
"""Says whether who is connected came by the key of a person."""


def is_for_people(place: Place) -> bool:
    """Say whether something for people lies there, if anything does."""
    return place.name in FOR_PEOPLE.get(place.directory, ())


def check_person(place: Place, is_person: IsPerson) -> None:
    """Raise SFTPPermissionDenied where that place is for people, and who is connected is none."""
    if is_for_people(place) and not is_person():
        raise SFTPPermissionDenied("This is for people: the key of another appliance neither sends nor fetches it.")


def not_given_back() -> SFTPPermissionDenied:
    """Return the refusal of a private key that was sent."""
    return SFTPPermissionDenied("A private key is not given back: it is here for the menu alone.")


def is_persons(home: Path, key: str) -> bool:
    """Say whether a key (`SHA256:…`; empty: nobody knows which) is none by which an appliance signs in.

    Raises Damaged where the database cannot be read.
    """
    appliance = Appliance.open(home)
    try:
        return bool(key) and not _is_of_an_appliance(appliance, key)
    finally:
        appliance.store.close()


def _is_of_an_appliance(appliance: Appliance, key: str) -> bool:
    if appliance.store.row("SELECT 1 FROM peers WHERE key = ?", key):
        return True
    known = authorized_key(appliance, DROP_BOX_USER, key)
    return known is not None and known.comment.casefold().startswith(f"{OWN_KEY_USER}@")
