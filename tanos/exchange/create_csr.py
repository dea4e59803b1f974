"""Create CSR: a Zone Server makes a key and asks for its certificate.

Invariant: key, CSR, ledger and `/outgoing` change together or not at all; a key that still waits for its
certificate is wiped only by an operator who typed a word, and only when its successor is safe.
"""

import contextlib
import ipaddress
from dataclasses import dataclass

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.names import checked_names, show_name
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.request import Request, examine_request
from tanos.dropbox import put_outgoing
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.exchange import ledger
from tanos.exchange.file_names import REQUEST, request_name
from tanos.exchange.finish import finish, unfinished
from tanos.exchange.held_root import held_root
from tanos.exchange.ledger import Exchange, Side
from tanos.exchange.waiting import publish_latest, withdraw
from tanos.files import disk_trouble
from tanos.finding import Finding, note, refuse, warn
from tanos.keeper import Keeper, keeper_of
from tanos.message import N_
from tanos.operation import YES, Confirmation, Operation, Plan, Result, Tell
from tanos.report import CopyText, Fact, Facts, Say, Section
from tanos.store.store import Change

REPLACE = Confirmation("REPLACE")
LONGEST_COMMON_NAME = 64


@dataclass(frozen=True)
class Wanted:
    """What the request will ask for."""

    common_name: str
    names: tuple[str, ...]
    """Host names and addresses, the common name first."""
    replaces: tuple[str, ...]
    """Check codes of the open exchanges that it takes the place of, most of them with a waiting key."""
    installed: str = ""
    """The one of these whose pair is live and only lacks its record."""


def default_common_name(appliance: Appliance) -> str:
    """Return the common name to propose."""
    return appliance.identity.fqdn


def default_alt_names(appliance: Appliance) -> str:
    """Return the names to propose: host name and addresses that others can reach, separated by spaces."""
    identity = appliance.identity
    return " ".join((identity.fqdn, *(address for address in identity.addresses if _reachable(address))))


def still_waiting(appliance: Appliance) -> list[Exchange]:
    """Return the open exchanges whose key waits here and is not installed; an interruption may leave others."""
    keeper = keeper_of(appliance)
    left = ledger.open_requests(appliance)
    installed = unfinished(appliance, keeper) if left else ""
    return [one for one in left if one.check_code != installed and keeper.holds(one.check_code)]


async def prepare(call: Call, *, common_name: str = "", alt_names: tuple[str, ...] = ()) -> Plan[Wanted]:
    """Check the names; say which waiting request this one replaces."""
    common_name = common_name.strip() or default_common_name(call.appliance)
    asked = alt_names or tuple(default_alt_names(call.appliance).split())
    names = tuple(dict.fromkeys(show_name(name) for name in checked_names((common_name, *asked))))
    if len(common_name) > LONGEST_COMMON_NAME:
        raise AnswerRefused.because(_too_long())
    left = ledger.open_requests(call.appliance)
    waiting = still_waiting(call.appliance)
    installed = unfinished(call.appliance, keeper_of(call.appliance))
    wanted = Wanted(names[0], names, tuple(exchange.check_code for exchange in left), installed)
    facts = Facts((Fact(N_("common name"), wanted.common_name), Fact(N_("names"), ", ".join(names))))
    return Plan(
        N_("Create a certificate request for {name}", name=wanted.common_name),
        wanted,
        (facts, Say(N_("A new P-256 key is made; it never leaves this appliance."))),
        (*(_replaced(exchange) for exchange in waiting), *_root_missing(call.appliance)),
        {"common_name": wanted.common_name, "names": list(names), "replaces": list(wanted.replaces)},
        REPLACE if waiting else YES,
    )


async def apply(call: Call, plan: Plan[Wanted], tell: Tell) -> Result:
    """Make key and CSR, record the exchange, put the CSR into `/outgoing`, wipe what it replaces."""
    tell(N_("Making the key and the request …"))
    keeper = keeper_of(call.appliance)
    made: list[Request] = []
    try:
        with call.appliance.store.change(call, about=plan.payload.common_name) as change:
            _check_stale(call.appliance, plan.payload)
            wanted = plan.payload
            der = keeper.make_request(REPORTING.name, wanted.common_name, wanted.names)
            request, _ = examine_request(der)
            made.append(request)
            _record(change, call.appliance, request, plan.payload)
            file = request_name(call.appliance, Side.REQUESTER, request.check_code)
            _publish(call.appliance, request, file)
    except BaseException as error:
        _undo(call.appliance, keeper, made)
        if isinstance(error, OSError):
            raise disk_trouble(error, REQUEST) from error
        raise
    left = tuple(finding for code in plan.payload.replaces for finding in _wipe(call.appliance, keeper, code))
    return _report(call.appliance, request, file, left)


def _check_stale(appliance: Appliance, wanted: Wanted) -> None:
    waiting = {exchange.check_code for exchange in ledger.open_requests(appliance)}
    if waiting != set(wanted.replaces) or unfinished(appliance, keeper_of(appliance)) != wanted.installed:
        raise NotYet(
            "stale",
            N_("Another session changed the waiting requests in the meantime."),
            N_("Look at the state of the exchange and try again."),
        )


def _record(change: Change, appliance: Appliance, request: Request, wanted: Wanted) -> None:
    change.about = request.check_code
    change.before = " ".join(wanted.replaces)
    change.after = request.subject
    for check_code in wanted.replaces:
        if check_code == wanted.installed:
            finish(change, appliance, check_code)
            continue
        ledger.move(change, Side.REQUESTER, check_code, "replaced")
    ledger.begin(change, Side.REQUESTER, request.check_code, request.subject, "made")
    ledger.move(change, Side.REQUESTER, request.check_code, "shown")


def _publish(appliance: Appliance, request: Request, file: str) -> None:
    put_outgoing(appliance, file, request.pem.encode())
    put_outgoing(appliance, REQUEST, request.pem.encode())


def _undo(appliance: Appliance, keeper: Keeper, made: list[Request]) -> None:
    """Take back what a failed attempt left; what even this cannot remove, the next start does."""
    if not made:
        return
    with contextlib.suppress(Exception):
        for request in made:
            withdraw(appliance, keeper, request.check_code)
    with contextlib.suppress(Exception):
        publish_latest(appliance, keeper)


def _wipe(appliance: Appliance, keeper: Keeper, check_code: str) -> tuple[Finding, ...]:
    try:
        withdraw(appliance, keeper, check_code)
    except (TanosError, OSError):
        return (
            warn(
                "old-key-left",
                N_("The replaced key {code} could not be wiped yet.", code=check_code),
                N_("It is wiped at the next start."),
            ),
        )
    return ()


def _report(appliance: Appliance, request: Request, file: str, left: tuple[Finding, ...]) -> Result:
    _, findings = examine_request(request.der, appliance.identity.fqdn)
    findings = (*findings, *left, *_root_missing(appliance))
    sections: tuple[Section, ...] = (
        Facts(
            (
                Fact(N_("subject"), request.subject),
                Fact(N_("names"), ", ".join(request.names)),
                Fact(N_("key"), request.key_words),
                Fact(N_("check code"), request.check_code),
            )
        ),
        CopyText(
            N_("Certificate request for {name}", name=request.subject),
            request.pem,
            request.check_code,
            f"/outgoing/{REQUEST}",
        ),
        Say(
            N_(
                "Next: on the Tanium Server, {import_request}; compare the check code there.",
                import_request=deeds.IMPORT_REQUEST,
            )
        ),
    )
    data = {
        "csr": request.pem,
        "check_code": request.check_code,
        "subject": request.subject,
        "names": list(request.names),
        "file": file,
    }
    return Result(N_("Certificate request made"), sections, findings, data)


def _replaced(exchange: Exchange) -> Finding:
    return warn(
        "waiting-replaced",
        N_("The request with check code {code} still waits for its certificate.", code=exchange.check_code),
        N_("If you go on, its key is wiped and a certificate for it can no longer be installed."),
    )


def _root_missing(appliance: Appliance) -> tuple[Finding, ...]:
    if held_root(appliance):
        return ()
    return (
        note(
            "no-root",
            N_("This appliance does not hold the root of the Tanium Server yet."),
            N_("Import it ({import_root:key}) before the certificate comes back.", import_root=deeds.IMPORT_ROOT),
        ),
    )


def _too_long() -> Finding:
    return refuse(
        "san-bad",
        N_("A common name has at most 64 characters."),
        N_("Use a shorter common name and give the long one as a further name."),
    )


def _reachable(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_unspecified or parsed.is_link_local or parsed.is_multicast)


CREATE_CSR = Operation(prepare, apply)
