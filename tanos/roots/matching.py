"""Whether pki.db and the database are of one backup: the keys of the one are those that the other says are in use.

Invariant: while a root is being made or revoked nothing is said, since one of the two is ahead of the other then.

Rule (seed 001): who restores pki.db restores the database that belongs to it.
"""

from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.finding import Finding, refuse, warn
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.roots.kept import State, recorded_roots
from tanos.roots.offers import ROTATED_HERE

_CHANGING = "SELECT 1 FROM begun WHERE kind IN ('make-root-key', 'revoke-root-key')"


def mismatch_refused(appliance: Appliance) -> tuple[Finding, ...]:
    """Return why nothing is done with root keys here. Raises Damaged `pki-damaged`."""
    return (refuse("pki-mismatch", _said(), _remedy()),) if is_mismatched(appliance) else ()


def mismatch_told(appliance: Appliance) -> tuple[Finding, ...]:
    """Return the same as a warning. Raises Damaged `pki-damaged`."""
    return (warn("pki-mismatch", _said(), _remedy()),) if is_mismatched(appliance) else ()


def is_mismatched(appliance: Appliance) -> bool:
    """Say whether they are of two. Raises Damaged `pki-damaged`."""
    if not ROTATED_HERE.holds_for(appliance.identity):
        return False
    before = _recorded(appliance)
    held = {name: fingerprint(x509.load_pem_x509_certificate(pem))
            for name, pem in keeper_of(appliance).root_keys().items()}  # fmt: skip
    return held != before and before == _recorded(appliance) and appliance.store.row(_CHANGING) is None


def _recorded(appliance: Appliance) -> dict[str, str]:
    found = recorded_roots(appliance)
    return {each.server_value: each.fingerprint for each in found if each.state is State.ACTIVE}


def _said() -> Message:
    return N_("pki.db and the database are not of one backup: they name different root keys.")


def _remedy() -> Message:
    return N_("Restore both from one backup, by `tanos restore` with this server stopped.")
