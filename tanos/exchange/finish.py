"""The record of an installation, written with it or completed later: at the next start, or by importing again."""

import contextlib

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code as check_code_of
from tanos.certificates.pair_kinds import REPORTING
from tanos.errors import Damaged
from tanos.exchange import ledger
from tanos.exchange.installed import NAME, current_version, installed_certificate
from tanos.exchange.ledger import Side
from tanos.exchange.waiting import publish_latest, withdraw
from tanos.keeper import Keeper
from tanos.settings.values import write_defaults
from tanos.store.begun import Step
from tanos.store.store import Change


def finish(change: Change, appliance: Appliance, check_code: str) -> None:
    """Write the TLS defaults and the last steps of the exchange; a pair of unknown origin has no exchange."""
    write_defaults(change, appliance)
    if ledger.find(appliance, Side.REQUESTER, check_code):
        ledger.move(change, Side.REQUESTER, check_code, "returned")
        ledger.move(change, Side.REQUESTER, check_code, "installed")


def unfinished(appliance: Appliance, keeper: Keeper) -> str:
    """Return the check code of the live pair whose installation was never recorded; empty where all is recorded.

    A damaged pair is never taken for an installed one.
    """
    waiting = {exchange.check_code for exchange in ledger.open_requests(appliance)}
    try:
        certificate = installed_certificate(appliance) if waiting else None
    except Damaged:
        return ""
    code = check_code_of(certificate.public_key()) if certificate else ""
    return code if code in waiting and keeper.is_intact(REPORTING.name) else ""


def tidy(appliance: Appliance, keeper: Keeper, check_code: str) -> None:
    """Take the answered CSR out of `/outgoing`; what fails here is done at the next start."""
    with contextlib.suppress(Exception):
        withdraw(appliance, keeper, check_code)
        publish_latest(appliance, keeper)


def _is_live(appliance: Appliance, place: str, mark: str) -> bool:
    assert place == NAME
    return str(current_version(appliance)) == mark


def _write_defaults(change: Change, appliance: Appliance, mark: str) -> None:
    del mark
    write_defaults(change, appliance)


RESTORING = Step("restore", _is_live, _write_defaults)
"""An earlier version becomes the live one; its place is the pair's name, its mark the version."""
