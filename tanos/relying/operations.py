"""Give a relying service the certificate of the appliance, or an earlier one again, and see it served.

Invariants: an operator chooses a name, and a version that is kept; all else is root's. What is done is recorded
as begun before the hand is asked, and as done or abandoned with what it answers; where who asked died, the next to
look records what is in place. Nobody holds the store while the hand is asked: it may hang.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.certificates.dates import shown_time
from tanos.certificates.names import show_names
from tanos.errors import HalfDone, NotYet, TanosError
from tanos.finding import Finding, note, warn
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.relying.asking import Lost, ask, ask_again, ask_soon
from tanos.relying.refusals import refusal
from tanos.relying.standing import Standing, live_certificate, live_fingerprint, stand_one
from tanos.relying.stopped import Stopped
from tanos.report import Fact, Facts, Mark, Say
from tanos.store.begun import Doing, Step, abandon, settle
from tanos.store.store import Change

KIND = "relying"
_OPEN = "SELECT place, audit FROM begun WHERE kind = ?"


@dataclass(frozen=True)
class Giving:
    """What will be in use."""

    name: str
    version: int
    """That is put back; 0 for the certificate of the appliance."""
    fingerprint: str
    earlier: str
    """The fingerprint in use now."""


async def prepare_install(call: Call, *, name: str) -> Plan[Giving]:
    """Compare what the appliance has with what the service has. Raises `relying-no-pair`, and as `stand_one`."""
    standing = await stand_one(call.appliance, name)
    certificate = live_certificate(call.appliance, standing.told["certificate"])
    if certificate is None:
        raise refusal(Stopped("no-pair"))
    _must_be_usable(standing)
    facts = Facts(
        (
            Fact(N_("service"), standing.told["name"]),
            Fact(N_("will be given"), standing.live),
            Fact(N_("valid until"), shown_time(certificate.not_valid_after_utc)),
            Fact(N_("has now"), standing.installed or "-"),
            Fact(N_("serves now"), standing.served or "-"),
            *_commands(standing.told),
        )
    )
    findings = (*_examine(call.appliance, certificate, standing.told["server_name"]), *_already(standing))
    return Plan(
        N_("Give {name} the certificate of the appliance", name=standing.told["name"]),
        Giving(standing.told["name"], 0, standing.live, standing.installed),
        (facts, _TOLD),
        findings,
        {"name": standing.told["name"], "fingerprint": standing.live, "state": standing.state[0]},
        NOTHING_TO_DO if standing.is_whole else YES,
    )


async def prepare_put_back(call: Call, *, name: str, version: str = "") -> Plan[Giving]:
    """Choose what is put back: `version`, or else the newest below the present. Raises `no-such-version`."""
    standing = await stand_one(call.appliance, name)
    _must_be_usable(standing)
    chosen = _chosen(standing.told, version)
    is_present = chosen["number"] == (standing.told["installed"] or {}).get("number")
    facts = Facts(
        (
            Fact(N_("service"), standing.told["name"]),
            Fact(N_("will be put back"), N_("version {number}", number=chosen["number"])),
            Fact(N_("check code"), str(chosen.get("check_code", "-"))),
            Fact(N_("valid until"), str(chosen.get("not_after", "-"))),
            Fact(N_("serves now"), standing.served or "-"),
            *_commands(standing.told),
        )
    )
    findings = (_in_use(),) if is_present else _ended(str(chosen.get("not_after", "")), call.appliance.store.now())
    return Plan(
        N_("Put an earlier certificate of {name} back", name=standing.told["name"]),
        Giving(standing.told["name"], chosen["number"], str(chosen.get("fingerprint", "")), standing.installed),
        (facts, _TOLD),
        findings,
        {"name": standing.told["name"], "version": chosen["number"], "fingerprint": chosen.get("fingerprint", "")},
        NOTHING_TO_DO if is_present else YES,
    )


async def apply(call: Call, plan: Plan[Giving], tell: Tell) -> Result:
    """Have it done. Raises by the ids of `refusals`, HalfDone `not-recorded`."""
    wanted = plan.payload
    if plan.nothing_to_do:
        return _report(await stand_one(call.appliance, wanted.name), plan.findings)
    doing = Doing(wanted.name, f"{wanted.name} {wanted.fingerprint}", wanted.name, wanted.earlier, wanted.fingerprint)
    before = left_open(call.appliance)
    kept = await ask_soon(call.appliance, "kept")
    given = _given_by(kept)
    with call.appliance.store.change(call) as change:
        if kept.get(wanted.name, {}).get("busy") or not set(_left_open(change)) <= set(before):
            raise refusal(Stopped("busy"))
        settle(change, call.appliance, (given,), wanted.name)
        change.about, change.before, change.after = doing.about, doing.before, doing.after
        change.begin(KIND, doing.place, doing.mark)
    try:
        told = await _given(call, wanted, tell)
    except TanosError:
        abandon(given, call, doing)
        raise
    try:
        with call.appliance.store.change(call, about=doing.about) as change:
            change.before, change.after = doing.before, doing.after
            change.end(KIND, doing.mark)
    except TanosError as error:
        raise HalfDone(
            "not-recorded",
            N_("It is done ({after}), but its record could not be written.", after=doing.after),
            N_("Check free space; the next start completes the record."),
        ) from error
    return _report(Standing(told, live_fingerprint(call.appliance, told["certificate"])), ())


async def _given(call: Call, wanted: Giving, tell: Tell) -> Mapping[str, Any]:
    """Have the hand do it, and return how the service stands then."""

    def step(word: str) -> None:
        if word in _STEPS:
            tell(_STEPS[word])

    do, words = ("put-back", {"version": wanted.version}) if wanted.version else ("install", {"by": call.actor.user})
    try:
        told: Mapping[str, Any] = await ask_soon(
            call.appliance, do, step, name=wanted.name, fingerprint=wanted.fingerprint, **words
        )
    except Lost:
        tell(N_("The program that does it was interrupted: waiting for what it finds …"))
        again = await asyncio.to_thread(ask_again, call.appliance)
        told = next((each for each in again if each["name"] == wanted.name), {"installed": None})
        if (told["installed"] or {}).get("fingerprint") != wanted.fingerprint:
            raise _interrupted() from None
    return told


def _given_by(kept: Mapping[str, Any]) -> Step:
    """Return how to judge what had begun, by what the hand said is kept.

    Its place is the service's name, its mark that and the fingerprint of the certificate.
    """

    def lies_there(_: Appliance, place: str, mark: str) -> bool:
        installed = kept.get(place, {}).get("installed") or {}
        return mark == f"{place} {installed.get('fingerprint', '')}"

    return Step(KIND, lies_there)


def left_open(appliance: Appliance) -> list[tuple[str, int]]:
    """Return what had begun and has no end: the service, and the record of its beginning."""
    return [(str(row["place"]), int(row["audit"])) for row in appliance.store.rows(_OPEN, KIND)]


def _left_open(change: Change) -> list[tuple[str, int]]:
    return [(str(row["place"]), int(row["audit"])) for row in change.execute(_OPEN, KIND)]


def settle_left(appliance: Appliance, left: list[tuple[str, int]]) -> list[Message]:
    """Record the end of what was left open at the start, once the hand answers; return what was found.

    Raises NotYet `no-relying-hand`.
    """
    found: list[Message] = []
    if left:
        ask_again(appliance)
    given = _given_by(ask(appliance, "kept") if left else {})
    for each in left:
        with appliance.store.change(system_call(appliance, "recover"), about=each[0]) as change:
            change.quiet = True
            found += settle(change, appliance, (given,), each[0]) if each in _left_open(change) else []
    return found


def _must_be_usable(standing: Standing) -> None:
    problem = standing.told.get("problem")
    if problem:
        raise refusal(Stopped(problem["stopped"], **problem["fields"]))


def _chosen(told: Mapping[str, Any], asked: str) -> Mapping[str, Any]:
    present = (told["installed"] or {}).get("number", 0)
    kept: list[dict[str, Any]] = told["versions"]
    if asked.strip():
        found = [each for each in kept if str(each["number"]) == asked.strip().lstrip("v0")]
        if not found:
            raise refusal(Stopped("no-such-version", version=asked.strip()[:20]))
        return found[0]
    below = [each for each in kept if each["number"] < present]
    if not below:
        raise NotYet(
            "step-missing",
            N_("No earlier certificate is kept for this service."),
            N_("One is kept once it was given a second one."),
        )
    return below[0]


def _commands(told: Mapping[str, Any]) -> tuple[Fact, ...]:
    return (Fact(N_("check"), " ".join(told["check"])), Fact(N_("reload"), " ".join(told["reload"])))


def _examine(appliance: Appliance, certificate: x509.Certificate, name: str) -> tuple[Finding, ...]:
    try:
        names = show_names(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (x509.ExtensionNotFound, ValueError):
        names = ()
    found = _ended(moment_text(certificate.not_valid_after_utc), appliance.store.now())
    if name.lower() in names:
        return found
    missing = warn(
        "server-name-missing",
        N_("The certificate does not name {name}, as which the service is asked for.", name=name),
        N_("Clients that ask for that name refuse it: have one issued that names it."),
    )
    return (*found, missing)


def _ended(not_after: str, now: str) -> tuple[Finding, ...]:
    if not not_after or not_after >= now:
        return ()
    return (warn("expired", N_("Its certificate has ended."), N_("Install a new one instead.")),)


def _already(standing: Standing) -> tuple[Finding, ...]:
    return (_in_use(),) if standing.is_whole else ()


def _in_use() -> Finding:
    return note("already-installed", N_("This certificate is in use."), N_("There is nothing to do."))


def _interrupted() -> TanosError:
    return refusal(Stopped("interrupted-back"))


def _report(standing: Standing, findings: tuple[Finding, ...]) -> Result:
    told, served = standing.told, standing.told["served"]
    _, state, mark = standing.state
    facts = [
        Fact(N_("service"), told["name"]),
        Fact(N_("version"), str((told["installed"] or {}).get("number", "-"))),
        Fact(N_("fingerprint"), standing.served or "-"),
        Fact(N_("state"), state, mark),
    ]
    if served:
        agreed = f"{served['protocol']} {served['cipher']}"
        words = N_("{agreed} at {address}", agreed=agreed, address=told["address"])
        facts.append(Fact(N_("handshake"), words, Mark.OK))
    return Result(N_("{name} serves it.", name=told["name"]), (Facts(tuple(facts)),), findings, standing.data)


_TOLD = Say(N_("Checked, swapped, reloaded, and looked at within seconds; where a step fails, everything goes back."))
_STEPS: Mapping[str, Message] = {
    "stage": N_("Writing the files …"),
    "check": N_("Having them checked …"),
    "swap": N_("Putting them in place …"),
    "reload": N_("Reloading the service …"),
    "look": N_("Looking at what it serves …"),
    "back": N_("It failed: putting the earlier ones back …"),
}
INSTALL_RELYING = Operation(prepare_install, apply)
PUT_BACK_RELYING = Operation(prepare_put_back, apply)
