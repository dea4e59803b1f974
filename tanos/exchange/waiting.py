"""Requests that wait for their certificate: what lies about them in `/outgoing` and beside their keys."""

import contextlib

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.request import Request, examine_request
from tanos.dropbox import put_outgoing, remove_outgoing
from tanos.errors import NotYet
from tanos.exchange import ledger
from tanos.exchange.file_names import REQUEST, request_name
from tanos.exchange.ledger import Side
from tanos.keeper import Keeper


def waiting_requests(keeper: Keeper) -> dict[str, Request]:
    """Return the requests that wait for their certificate, by check code."""
    return {code: examine_request(der)[0] for code, der in keeper.waiting(REPORTING.name).items()}


def withdraw(appliance: Appliance, keeper: Keeper, check_code: str) -> None:
    """Take the CSR of a key that waits no longer out of `/outgoing`, then wipe the key.

    In this order: a key that is left is found at the next start, a file alone would be nobody's.
    """
    remove_outgoing(appliance, request_name(appliance, Side.REQUESTER, check_code))
    with contextlib.suppress(NotYet):
        keeper.discard(check_code)


def publish_latest(appliance: Appliance, keeper: Keeper) -> None:
    """Let `/outgoing/reporting.csr` be the latest waiting request, or nothing."""
    waiting = waiting_requests(keeper)
    for exchange in ledger.open_requests(appliance):
        if exchange.check_code in waiting:
            put_outgoing(appliance, REQUEST, waiting[exchange.check_code].pem.encode())
            return
    remove_outgoing(appliance, REQUEST)
