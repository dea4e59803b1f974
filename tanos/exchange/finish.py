"""The record of an installation, written with it or completed at the next start."""

import contextlib

from tanos.appliance import Appliance
from tanos.exchange import ledger
from tanos.exchange.ledger import Side
from tanos.exchange.waiting import publish_latest, withdraw
from tanos.keeper import Keeper
from tanos.settings import write_defaults
from tanos.store.store import Change


def finish(change: Change, appliance: Appliance, check_code: str) -> None:
    """Write the TLS defaults and the last steps of the exchange; a pair of unknown origin has no exchange."""
    write_defaults(change, appliance)
    if ledger.find(appliance, Side.REQUESTER, check_code):
        ledger.move(change, Side.REQUESTER, check_code, "returned")
        ledger.move(change, Side.REQUESTER, check_code, "installed")


def tidy(appliance: Appliance, keeper: Keeper, check_code: str) -> None:
    """Take the answered CSR out of `/outgoing`; what fails here is done at the next start."""
    with contextlib.suppress(Exception):
        withdraw(appliance, keeper, check_code)
        publish_latest(appliance, keeper)
