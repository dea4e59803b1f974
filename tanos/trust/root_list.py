"""Root Key Management tells of the other server's root keys, too, once it is trusted (seed 001)."""

from dataclasses import replace

from tanos.actor import Call
from tanos.certificates.check_code import check_code, fingerprint
from tanos.inert import inert
from tanos.message import N_
from tanos.operation import Inquiry, Result
from tanos.report import Facts, Table
from tanos.roots.page import LIST_ROOTS
from tanos.trust.kept import trusted_others


async def _list(call: Call) -> Result:
    """Raises what listing the roots of this server raises."""
    own = await LIST_ROOTS.read(call)
    found = [
        {
            "fqdn": other.fqdn,
            "server_value": inert(root.subject.rfc4514_string().removeprefix("CN=")),
            "fingerprint": fingerprint(root),
            "check_code": check_code(root.public_key()),
        }
        for other in trusted_others(call.appliance)
        for root in other.roots
    ]
    if not found:
        return own
    rows = tuple((each["fqdn"], each["server_value"], each["check_code"]) for each in found)
    table = Table((N_("trusted server"), N_("root key"), N_("check code")), rows, N_("None."))
    at = next((at for at, each in enumerate(own.sections) if isinstance(each, Facts)), len(own.sections))
    sections = (*own.sections[:at], table, *own.sections[at:])
    return replace(own, sections=sections, data={**own.data, "trusted": found})


LIST_ROOTS_OF_BOTH = Inquiry(_list)
