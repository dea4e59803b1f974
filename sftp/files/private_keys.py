"""Private keys that lie in the drop box for a while: one that was sent to be installed, and the copy of one in use.

Invariants: one that was sent is read by the menu alone, and given back to nobody. A copy is fetched by people: the
keys by which other appliances sign in, some of which stand where strangers reach them, fetch none. That is read from
the database when it is asked: a connection may be older than the pairing.
"""

from collections.abc import Callable
from pathlib import Path

from asyncssh.sftp import SFTPPermissionDenied

from sftp.client import OWN_KEY_USER
from sftp.files.places import INCOMING, OUTGOING, Place
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import KINDS
from tanos.keys.authorized import authorized_key
from tanos.platform import DROP_BOX_USER
from tanos.receipts.wanted import AWAITED_KEYS

COPIES = frozenset(kind.copied_key for kind in KINDS)
"""Names in `/outgoing`."""
_WHERE = {INCOMING: frozenset(AWAITED_KEYS), OUTGOING: COPIES}


def is_private(place: Place) -> bool:
    """Say whether a private key lies there, if anything does."""
    return place.name in _WHERE.get(place.directory, ())


def check_fetch(place: Place, *, complete: bool, fetches: Callable[[], bool]) -> None:
    """Raise SFTPPermissionDenied where the private key at a place is not handed out."""
    if place.directory == INCOMING and complete:
        raise not_given_back()
    if place.directory == OUTGOING and not fetches():
        raise SFTPPermissionDenied("A private key is handed to people by their own keys, and to no appliance.")


def not_given_back() -> SFTPPermissionDenied:
    """Return the refusal of one that was sent."""
    return SFTPPermissionDenied("A private key is not given back: it is here for the menu alone.")


def may_fetch_keys(home: Path, key: str) -> bool:
    """Say whether who signed in by a key (`SHA256:…`; empty: nobody knows which) may fetch the copy of a private one.

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
