"""Key and request for the console's certificate, made on the appliance (ours): the key never travels.

Invariants: one key waits at a time; another takes its place only by a typed word, since the answer to the first could
then no longer be installed. The pair that is in use is not touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tanos.actor import Call
from tanos.certificates.check_code import check_code
from tanos.certificates.loaded import read_request
from tanos.certificates.names import checked_names, show_names
from tanos.certificates.pair_kinds import SOAP
from tanos.certificates.request import pem_of
from tanos.dropbox import put_outgoing
from tanos.finding import Finding, warn
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import YES, Confirmation, Operation, Plan, Result, Tell
from tanos.report import CopyText, Fact, Facts, Say

REPLACE = Confirmation("REPLACE")


@dataclass(frozen=True)
class NewRequest:
    """What the request names."""

    common_name: str
    names: tuple[str, ...]


async def prepare(call: Call, *, alt_names: Sequence[str] = ()) -> Plan[NewRequest]:
    """Check the names. Raises AnswerRefused `san-bad`, `san-forbidden`."""
    appliance = call.appliance
    wanted = [appliance.identity.fqdn, *alt_names]
    names = show_names(checked_names(wanted))
    waiting = tuple(keeper_of(appliance).waiting(SOAP.name))
    facts = Facts(
        (
            Fact(N_("common name"), appliance.identity.fqdn),
            Fact(N_("names"), ", ".join(names)),
            Fact(N_("key"), "RSA 2048"),
            Fact(N_("purposes"), "serverAuth, clientAuth"),
        )
    )
    return Plan(
        N_("Make a key and a request for the certificate of the console"),
        NewRequest(appliance.identity.fqdn, names),
        (facts, Say(N_("The pair in use stays; the key waits here for the certificate."))),
        tuple(_replaced(code) for code in waiting),
        {"names": list(names), "replaces": list(waiting)},
        REPLACE if waiting else YES,
    )


async def apply(call: Call, plan: Plan[NewRequest], tell: Tell) -> Result:
    """Make both. Raises Damaged `disk-failed`."""
    wanted, appliance = plan.payload, call.appliance
    tell(N_("Making the key …"))
    with appliance.store.change(call, about=SOAP.request) as change:
        change.before = ", ".join(plan.data["replaces"])
        keeper = keeper_of(appliance)
        der = keeper.make_request(SOAP.name, wanted.common_name, list(wanted.names))
        code = check_code(read_request(der).public_key())
        change.after = code
        for earlier in keeper.waiting(SOAP.name):
            if earlier != code:
                keeper.discard(earlier)
    put_outgoing(appliance, SOAP.request, _pem(der).encode())
    text = CopyText(N_("Request for the certificate of the console"), _pem(der), code, f"/outgoing/{SOAP.request}")
    told = Say(N_("Have the authority issue it; the answer finds its key, from /incoming or pasted."))
    return Result(
        N_("The request is made; its key waits here."),
        (text, told),
        data={"csr": _pem(der), "check_code": code, "names": list(wanted.names)},
    )


def _pem(der: bytes) -> str:
    return pem_of(der, "CERTIFICATE REQUEST")


def _replaced(code: str) -> Finding:
    return warn(
        "key-replaced",
        N_("A key waits already, with the check code {code}: it is wiped.", code=code),
        N_("If its certificate is on the way, wait for it instead."),
    )


SOAP_CREATE_CSR = Operation(prepare, apply)
