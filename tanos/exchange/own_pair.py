"""A server's exchange with itself: its own reporting pair, issued by its own root.

Invariant: its serial is durable before the root signs, as with every other.
"""

from collections.abc import Sequence

from tanos.actor import Call
from tanos.certificates.check_code import check_code
from tanos.certificates.issue import draft_certificate
from tanos.certificates.issued import keep_certificate, take_serial
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.request import examine_request, pem_of
from tanos.exchange.held_root import needed_root
from tanos.keeper import Keeper


def issue_own_pair(call: Call, keeper: Keeper) -> str:
    """Issue and install this server's own pair; return its check code.

    Raises NotYet `step-missing` without a root, Damaged `root-damaged` or `disk-failed`.
    """
    code, certificate_pem = issue_own_certificate(call, keeper, ())
    keeper.install(REPORTING.name, code, certificate_pem, "system")
    return code


def issue_own_certificate(call: Call, keeper: Keeper, names: Sequence[str]) -> tuple[str, str]:
    """Make a key and issue its certificate; return the check code by which it waits, and the certificate, PEM.

    Raises as `issue_own_pair` does, and AnswerRefused `san-bad`, `san-forbidden` for `names`.
    """
    appliance, root = call.appliance, needed_root(call.appliance)
    request, _ = examine_request(keeper.make_request(REPORTING.name, appliance.identity.fqdn, names))
    draft = draft_certificate(request, root, now=appliance.clock())
    with appliance.store.change(call, about=REPORTING.name) as change:
        take_serial(change, check_code(root.public_key()), request, draft)
    certificate_pem = pem_of(keeper.sign_certificate(draft.tbs), "CERTIFICATE")
    with appliance.store.change(call, about=REPORTING.name) as change:
        keep_certificate(change, draft, certificate_pem)
        change.after = request.check_code
    return request.check_code, certificate_pem
