"""The names under which requests, certificates and the root travel.

Invariant: the plain name is always the latest; the name with the check code's first group is never taken over by
another key. Where two keys share that group, the later one has its second group in the name, too.
"""

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import REPORTING, with_part
from tanos.certificates.root_names import ROOT_CERTIFICATE
from tanos.exchange.ledger import Side

REQUEST = REPORTING.request
CERTIFICATE = REPORTING.certificate
ROOT = ROOT_CERTIFICATE


def request_name(appliance: Appliance, side: Side, check_code: str) -> str:
    """Return `reporting-1A2B.csr`."""
    return with_part(REQUEST, _part(appliance, side, check_code))


def certificate_name(appliance: Appliance, side: Side, check_code: str) -> str:
    """Return `reporting-1A2B.crt`."""
    return with_part(CERTIFICATE, _part(appliance, side, check_code))


def _part(appliance: Appliance, side: Side, check_code: str) -> str:
    groups = check_code.split("-")
    first = appliance.store.row(
        "SELECT check_code FROM exchanges WHERE side = ? AND check_code LIKE ? ORDER BY id LIMIT 1",
        side.value,
        groups[0] + "-%",
    )
    taken = first is not None and first["check_code"] != check_code
    return "-".join(groups[:2]) if taken else groups[0]
