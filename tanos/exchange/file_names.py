"""The names under which requests, certificates and the root travel.

Invariant: the plain name is always the latest; the name with the check code's first group is never taken over by
another key. Where two keys share that group, the later one has its second group in the name, too.
"""

from tanos.appliance import Appliance
from tanos.exchange.ledger import Side

REQUEST = "reporting.csr"
CERTIFICATE = "reporting.crt"
KEY = "reporting.pvk"
ROOT = "tanium.pub"


def request_name(appliance: Appliance, side: Side, check_code: str) -> str:
    """Return `reporting-1A2B.csr`."""
    return f"reporting-{_part(appliance, side, check_code)}.csr"


def certificate_name(appliance: Appliance, side: Side, check_code: str) -> str:
    """Return `reporting-1A2B.crt`."""
    return f"reporting-{_part(appliance, side, check_code)}.crt"


def _part(appliance: Appliance, side: Side, check_code: str) -> str:
    groups = check_code.split("-")
    first = appliance.store.row(
        "SELECT check_code FROM exchanges WHERE side = ? AND check_code LIKE ? ORDER BY id LIMIT 1",
        side.value,
        groups[0] + "-%",
    )
    taken = first is not None and first["check_code"] != check_code
    return "-".join(groups[:2]) if taken else groups[0]
