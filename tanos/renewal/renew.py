"""Renewing: the next key and its request are made beside the pair in use, which serves until the answer is installed.

Invariants: a request that waits already is shown again and never replaced here. What this server's own root issues is
issued and in use at once. Each pair is renewed as it is asked for otherwise, in a change of its own: where one fails,
those before it are done, and that is said.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.x509.oid import NameOID

from tanos import deeds
from tanos.actor import Call
from tanos.certificates.check_code import check_code
from tanos.certificates.loaded import read_request
from tanos.certificates.names import checked_names, examine_short, show_names
from tanos.certificates.pair_kinds import KINDS, REPORTING, PairKind
from tanos.certificates.request import pem_of
from tanos.errors import AnswerRefused, HalfDone, NotYet, TanosError, WrongUse
from tanos.exchange import create_csr
from tanos.exchange.installed import certificate_data
from tanos.exchange.offers import REQUESTER
from tanos.finding import Finding, note
from tanos.https_pairs import create_csr as https
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.renewal import own
from tanos.renewal.due import is_renewable, what_to_do
from tanos.renewal.held import Held, survey
from tanos.renewal.page import find_held
from tanos.report import CopyText, Say, Section

Apply = Callable[[Call, Plan[Any], Tell], Awaitable[Result]]


@dataclass(frozen=True)
class Step:
    """One pair, and what is done about it; without a Plan its request waits already."""

    held: Held
    plan: Plan[Any] | None = None
    apply: Apply | None = None
    lost: tuple[str, ...] = ()
    """Names of the one in use that may not be asked for."""


@dataclass(frozen=True)
class Renewal:
    """What will be renewed, in order."""

    steps: tuple[Step, ...]


async def prepare(call: Call, *, name: str, due: bool, alt_names: Sequence[str]) -> Plan[Renewal]:
    """Plan the renewal of `name`, or of all that are `due`, for the present names and `alt_names`.

    Raises WrongUse `missing-answer`, AnswerRefused `no-such-certificate`, `not-renewed-here`, `san-bad`,
    `san-forbidden`, NotYet `step-missing`, `busy`.
    """
    told = examine_short(alt_names)
    if name.strip():
        held = _named(call, name)
        if not is_renewable(call.appliance, held):
            raise AnswerRefused(
                "not-renewed-here",
                N_("{file} is not renewed on this appliance.", file=held.file),
                what_to_do(call.appliance, held),
            )
        wanted = [held]
    elif due:
        found = survey(call.appliance).due(call.appliance.clock())
        wanted = [each for each in found if is_renewable(call.appliance, each)]
        told += tuple(_left(call, each) for each in found if each not in wanted)
    else:
        raise WrongUse(
            "missing-answer",
            N_("Nothing says which certificate."),
            N_("Name one of those of {list}, or ask for all that are due.", list=deeds.LIST_CERTIFICATES),
        )
    steps = tuple([await _step(call, each, alt_names) for each in wanted])
    return _plan(call, steps, told)


async def apply(call: Call, plan: Plan[Renewal], tell: Tell) -> Result:
    """Do each. Raises as each does; HalfDone `not-all-renewed` where others were done before it."""
    sections: list[Section] = []
    findings: list[Finding] = list(plan.findings) if plan.nothing_to_do else []
    told: list[dict[str, Any]] = []
    for step in plan.payload.steps:
        if step.plan is None or step.apply is None:
            sections += _waiting_sections(call, step.held)
            told.append({**_data(step.held), "state": "waits", **_waiting_data(call, step.held)})
            continue
        try:
            result = await step.apply(call, step.plan, tell)
        except TanosError as error:
            if any(each["state"] != "waits" for each in told):
                raise _half(step.held, error) from error
            raise
        is_only = len(plan.payload.steps) == 1
        sections += result.sections if is_only else (Say(result.title), *result.sections)
        findings += result.findings
        told.append({**_data(step.held), "state": _state(result.data), **result.data})
    return Result(_title(told), tuple(sections), tuple(findings), {"certificates": told})


def _named(call: Call, name: str) -> Held:
    """Return the one of that name. Raises NotYet `step-missing` where its first one was never asked for."""
    try:
        return find_held(call.appliance, name, lambda held: is_renewable(call.appliance, held))
    except AnswerRefused:
        is_reporting = name.strip().casefold() in {REPORTING.name, REPORTING.certificate}
        if not is_reporting or not REQUESTER.holds_for(call.appliance.identity):
            raise
        raise NotYet(
            "step-missing",
            N_("No pair is installed here."),
            N_("{create_csr} comes first.", create_csr=deeds.CREATE_CSR),
        ) from None


async def _step(call: Call, held: Held, more: Sequence[str]) -> Step:
    if held.waiting:
        return Step(held)
    appliance = call.appliance
    data = certificate_data(held.certificate, appliance.clock())
    kept = _allowed(data["names"])
    names, lost = (*kept, *more), tuple(each for each in data["names"] if each not in kept)
    common = next(iter(_allowed(_common_names(held))), "")
    if held.name != REPORTING.name:
        return Step(held, https.plan_request(call, _kind(held), names), https.apply, lost)
    if keeper_of(appliance).holds_root():
        return Step(held, await own.prepare(call, alt_names=names), own.apply, lost)
    return Step(held, await create_csr.prepare(call, common_name=common, alt_names=names), create_csr.apply, lost)


def _plan(call: Call, steps: tuple[Step, ...], told: tuple[Finding, ...]) -> Plan[Renewal]:
    sections: list[Section] = []
    findings: list[Finding] = [*told]
    for step in steps:
        if step.plan is None:
            findings.append(_waits(step.held))
            continue
        sections += (Say(step.plan.title), *step.plan.sections)
        findings += step.plan.findings
        findings += _lost(step) if step.lost else ()
    if not steps:
        findings.append(_nothing(call))
    names = ", ".join(step.held.file for step in steps)
    return Plan(
        N_("Renew {names}", names=names) if steps else N_("Renew what is due"),
        Renewal(steps),
        tuple(sections),
        tuple(findings),
        {"certificates": [_step_data(call, step) for step in steps]},
        YES if any(step.plan for step in steps) else NOTHING_TO_DO,
    )


def _step_data(call: Call, step: Step) -> Mapping[str, Any]:
    if step.plan is None:
        return {**_data(step.held), "state": "waits", **_waiting_data(call, step.held)}
    return {**_data(step.held), "state": "planned", **step.plan.data}


def _data(held: Held) -> dict[str, Any]:
    return {"name": held.file, "pair": held.name}


def _state(data: Mapping[str, Any]) -> str:
    return "requested" if "csr" in data else "issued"


def _title(told: Sequence[Mapping[str, Any]]) -> Any:
    states = {each["state"] for each in told}
    if not states:
        return N_("No certificate is due.")
    if states == {"waits"}:
        return N_("The request waits for its answer already.")
    return N_("Issued anew, and in use.") if states == {"issued"} else N_("The request is made; its key waits here.")


def _kind(held: Held) -> PairKind:
    return next(kind for kind in KINDS if kind.name == held.name)


def _common_names(held: Held) -> list[str]:
    return [str(each.value) for each in held.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def _allowed(names: Sequence[str]) -> tuple[str, ...]:
    """Leave out what may not be asked for, as `localhost` in the certificate that an installation makes."""
    kept: list[str] = []
    for name in names:
        try:
            kept += show_names(checked_names((name,)))
        except AnswerRefused:
            continue
    return tuple(kept)


def _waiting_sections(call: Call, held: Held) -> tuple[Section, ...]:
    requests = keeper_of(call.appliance).waiting(held.name)
    sections: list[Section] = []
    for code in held.waiting:
        if code in requests:
            title = N_("Request for {certificate}", certificate=held.file)
            file = f"/outgoing/{_kind(held).request}"
            sections.append(CopyText(title, pem_of(requests[code], "CERTIFICATE REQUEST"), code, file))
    return (*sections, Say(what_to_do(call.appliance, held)))


def _waiting_data(call: Call, held: Held) -> dict[str, Any]:
    requests = keeper_of(call.appliance).waiting(held.name)
    der = next((requests[code] for code in held.waiting if code in requests), None)
    if der is None:
        raise NotYet("stale", N_("Another session changed the waiting requests in the meantime."),
                     N_("Look at the present state and try again."))  # fmt: skip
    return {"csr": pem_of(der, "CERTIFICATE REQUEST"), "check_code": check_code(read_request(der).public_key())}


def _lost(step: Step) -> tuple[Finding, ...]:
    said = N_(
        "{file} in use has {names} among its names, the next one will not.",
        file=step.held.file,
        names=inert(", ".join(step.lost)),
    )
    return (note("name-left-out", said, N_("No authority issues for such a name; who uses it takes a full one.")),)


def _waits(held: Held) -> Finding:
    return note(
        "already-waiting",
        N_("The request for {file} waits already, check code {code}.", file=held.file, code=", ".join(held.waiting)),
        N_("It is shown again; hand it on, and install what comes back."),
    )


def _nothing(call: Call) -> Finding:
    appliance, nothing_to_do = call.appliance, N_("There is nothing to do.")
    if REQUESTER.holds_for(appliance.identity) and keeper_of(appliance).current(REPORTING.name) is None:
        then = N_("{create_csr} asks for the first one.", create_csr=deeds.CREATE_CSR)
        return note("nothing-due", N_("No pair is installed here."), then)
    if not survey(appliance).held:
        return note("nothing-due", N_("No certificate is installed."), nothing_to_do)
    return note("nothing-due", N_("Each has thirty days and a third of its life left."), nothing_to_do)


def _left(call: Call, held: Held) -> Finding:
    return note(
        "not-renewed-here",
        N_("{file} is not renewed on this appliance.", file=held.file),
        what_to_do(call.appliance, held),
    )


def _half(held: Held, error: TanosError) -> HalfDone:
    return HalfDone(
        "not-all-renewed",
        N_("{file} was not renewed ({problem}); those before it were.", file=held.file, problem=error.message),
        error.remedy,
    )


RENEW: Operation[Renewal] = Operation(prepare, apply)
