"""A certificate was fetched from `/outgoing`: its exchange is on its way back.

Invariant: tells only of a certificate that this server issued, recognised by what lies under the fetched name and not
by the name, and never moves an exchange that is not `issued`.
"""

from tanos.appliance import Appliance
from tanos.certificates.loaded import certificate_code
from tanos.dropbox import LARGEST
from tanos.errors import AnswerRefused
from tanos.exchange import ledger
from tanos.exchange.ledger import Side
from tanos.files import one_component, read_plain
from tanos.store.store import Change


def mark_returned(change: Change, appliance: Appliance, file: str) -> str:
    """Record that somebody fetched `file` (`/outgoing/reporting-1A2B.crt`, or its last component).

    Returns the check code of the exchange that moved on; empty where none did.
    """
    code = _code_of(appliance, file.rpartition("/")[2])
    exchange = ledger.find(appliance, Side.ISSUER, code) if code else None
    if exchange is None or exchange.state != "issued":
        return ""
    ledger.move(change, Side.ISSUER, code, "returned")
    return code


def _code_of(appliance: Appliance, name: str) -> str:
    """Return the check code of the certificate that lies there; empty where it is none."""
    try:
        data = read_plain(appliance.outgoing / one_component(name), LARGEST)
        return certificate_code(data)
    except (AnswerRefused, OSError):
        return ""
