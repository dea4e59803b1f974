"""The steps of root keys that happen outside the database, and how it is seen that one was done.

Invariant: a root of `pki.db` is known by its server value, which no other ever has; tanium.pub by its fingerprint.
"""

from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.errors import Damaged, TanosError
from tanos.exchange.held_root import held_root
from tanos.keeper import keeper_of
from tanos.roots.kept import Root, State, find_root, write_revoked, write_root
from tanos.roots.sealed import SEALING
from tanos.store.begun import Step
from tanos.store.store import Change


def _is_made(appliance: Appliance, place: str, mark: str) -> bool:
    del place
    try:
        return mark in keeper_of(appliance).root_keys()
    except TanosError:
        return False


def _write_made(change: Change, appliance: Appliance, mark: str) -> None:
    certificate = x509.load_pem_x509_certificate(keeper_of(appliance).root_keys()[mark])
    write_root(change, Root(mark, certificate, _who(change, mark), change.now, State.ACTIVE))


def _is_dropped(appliance: Appliance, place: str, mark: str) -> bool:
    del place
    try:
        return mark not in keeper_of(appliance).root_keys()
    except TanosError:
        return False


def _write_dropped(change: Change, appliance: Appliance, mark: str) -> None:
    write_revoked(change, find_root(appliance, mark).check_code, _who(change, mark))


def _who(change: Change, mark: str) -> str:
    """Return who began it."""
    row = change.execute("SELECT user FROM audit WHERE object = ? ORDER BY id DESC LIMIT 1", mark).fetchone()
    return str(row["user"]) if row else ""


def _is_adopted(appliance: Appliance, place: str, mark: str) -> bool:
    del place
    try:
        root = held_root(appliance)
    except Damaged:
        return False
    return root is not None and fingerprint(root) == mark


MAKING = Step("make-root-key", _is_made, _write_made)
"""A root of `pki.db` is made: its mark is its server value."""
DROPPING = Step("revoke-root-key", _is_dropped, _write_dropped)
"""Its key is kept no longer: its mark is its server value."""
REPLACING = Step("replace-root", _is_adopted)
"""Another pair takes the place of tanium.pub and tanium.pvk: its mark is the certificate's fingerprint."""
STEPS = (MAKING, DROPPING, REPLACING, SEALING)
