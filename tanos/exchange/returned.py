"""A certificate was fetched from `/outgoing`: its exchange is on its way back.

Invariant: tells only of a file that this server issued, and never moves an exchange that is not `issued`.
"""

from tanos.appliance import Appliance
from tanos.exchange import ledger
from tanos.exchange.file_names import CERTIFICATE, certificate_name
from tanos.exchange.ledger import Side
from tanos.store.store import Change


def mark_returned(change: Change, appliance: Appliance, file: str) -> str:
    """Record that somebody fetched `file` (`reporting-1A2B.crt`, or the plain name: the latest).

    Returns the check code of the exchange that moved on; empty where none did.
    """
    issued = [exchange for exchange in ledger.open_exchanges(appliance) if exchange.state == "issued"]
    for exchange in issued:
        names = {certificate_name(appliance, Side.ISSUER, exchange.check_code)}
        if exchange is issued[0]:
            names.add(CERTIFICATE)
        if file.rpartition("/")[2] in names:
            ledger.move(change, Side.ISSUER, exchange.check_code, "returned")
            return exchange.check_code
    return ""
