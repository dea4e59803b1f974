"""Key and request for a certificate for HTTPS, made on the appliance (ours): the key never travels.

Invariants: one key of a pair waits at a time; another takes its place only by a typed word, since the answer to the
first could then no longer be installed. The pair that is in use is not touched. While a key is made no change waits.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.loaded import read_request
from tanos.certificates.names import checked_names, examine_short, show_names
from tanos.certificates.pair_kinds import SOAP, PairKind
from tanos.certificates.request import pem_of
from tanos.dropbox import put_outgoing, remove_outgoing
from tanos.errors import NotYet
from tanos.finding import Finding, warn
from tanos.keeper import Keeper, keeper_of
from tanos.message import N_
from tanos.operation import YES, Confirmation, Operation, Plan, Result, Tell
from tanos.report import CopyText, Fact, Facts, Say, Section

REPLACE = Confirmation("REPLACE")


@dataclass(frozen=True)
class NewRequest:
    """What the request names, and the pair that it is for."""

    kind: PairKind
    common_name: str
    names: tuple[str, ...]


def plan_request(call: Call, kind: PairKind, alt_names: Sequence[str]) -> Plan[NewRequest]:
    """Check the names. Raises AnswerRefused `san-bad`, `san-forbidden`."""
    fqdn = call.appliance.identity.fqdn
    names = show_names(checked_names([fqdn, *alt_names]))
    waiting = tuple(keeper_of(call.appliance).waiting(kind.name))
    facts = Facts(
        (
            Fact(N_("common name"), fqdn),
            Fact(N_("names"), ", ".join(names)),
            Fact(N_("key"), "RSA 2048"),
            Fact(N_("purposes"), "serverAuth, clientAuth"),
        )
    )
    return Plan(
        N_("Make a key and a request for {certificate}", certificate=kind.certificate),
        NewRequest(kind, fqdn, names),
        (facts, Say(N_("The pair in use stays; the key waits here for the certificate."))),
        tuple(_replaced(code) for code in waiting),
        {"names": list(names), "replaces": list(waiting)},
        REPLACE if waiting else YES,
    )


async def apply(call: Call, plan: Plan[NewRequest], tell: Tell) -> Result:
    """Make both. Raises NotYet `stale`, Damaged `disk-failed`."""
    wanted, appliance = plan.payload, call.appliance
    kind, keeper = wanted.kind, keeper_of(appliance)
    tell(N_("Making the key …"))
    _refuse_stale(keeper.waiting(kind.name), plan)
    der = keeper.make_request(kind.name, wanted.common_name, list(wanted.names))
    code = check_code(read_request(der).public_key())
    with _discarded_if_it_fails(keeper, code), appliance.store.change(call, about=kind.request) as change:
        earlier = set(keeper.waiting(kind.name)) - {code}
        _refuse_stale(earlier, plan)
        change.before, change.after = ", ".join(plan.data["replaces"]), code
        for each in earlier:
            keeper.discard(each)
    put_outgoing(appliance, kind.request, _pem(der).encode())
    return Result(
        N_("The request is made; its key waits here."),
        request_sections(kind, der, code),
        data={"csr": _pem(der), "check_code": code, "names": list(wanted.names)},
    )


def take_back_request(appliance: Appliance, kind: PairKind) -> None:
    """Take the request out of `/outgoing` once no key waits for its answer; one that stays there does no harm."""
    if not keeper_of(appliance).waiting(kind.name):
        with suppress(OSError):
            remove_outgoing(appliance, kind.request)


def request_sections(kind: PairKind, der: bytes, code: str) -> tuple[Section, ...]:
    """Return a request as it is handed on, and what comes next."""
    title = N_("Request for {certificate}", certificate=kind.certificate)
    told = N_("Have the authority issue it; {install} finds its key.", install=deeds.INSTALL_ANSWER)
    return CopyText(title, _pem(der), code, f"/outgoing/{kind.request}"), Say(told)


def _pem(der: bytes) -> str:
    return pem_of(der, "CERTIFICATE REQUEST")


def _refuse_stale(waiting: Collection[str], plan: Plan[NewRequest]) -> None:
    if sorted(waiting) != sorted(plan.data["replaces"]):
        raise NotYet(
            "stale",
            N_("Another session changed the waiting requests in the meantime."),
            N_("Look at the present state and try again."),
        )


@contextmanager
def _discarded_if_it_fails(keeper: Keeper, code: str) -> Iterator[None]:
    """Leave no key of a request that is not handed out."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            keeper.discard(code)
        raise


def _replaced(code: str) -> Finding:
    return warn(
        "key-replaced",
        N_("A key waits already, with the check code {code}: it is wiped.", code=code),
        N_("If its certificate is on the way, wait for it instead."),
    )


async def _prepare(call: Call, *, alt_names: Sequence[str] = ()) -> Plan[NewRequest]:
    plan = plan_request(call, SOAP, alt_names)
    return replace(plan, findings=(*plan.findings, *examine_short(alt_names)))


SOAP_CREATE_CSR = Operation(_prepare, apply)
