"""Whether `pki.db` is sealed, and the setting that says so: `PKIDatabasePassword` (seed 001).

Invariants: what the setting holds is which seal it is, never the password, nor anything that opens what is sealed. It
is told by the keeper alone whether pki.db is sealed; the setting follows, in the transaction of the step.
"""

from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.keeper import keeper_of
from tanos.settings.catalogue import PKI_PASSWORD, setting_named
from tanos.settings.setting import Component
from tanos.settings.values import write
from tanos.store.begun import Step
from tanos.store.store import Change


def is_sealed(appliance: Appliance) -> bool:
    """Say whether it is. Raises Damaged `pki-damaged`."""
    return bool(keeper_of(appliance).root_seal())


def _lies_there(appliance: Appliance, place: str, mark: str) -> bool:
    del place
    try:
        return keeper_of(appliance).root_seal() == mark
    except TanosError:
        return False


def _write_setting(change: Change, appliance: Appliance, mark: str) -> None:
    write(change, setting_named(appliance.identity, PKI_PASSWORD, Component.SERVER), mark)


SEALING = Step("seal-roots", _lies_there, _write_setting)
"""`pki.db` is sealed: its mark tells that seal from any other."""
