"""List the services of the appliance; start, stop and restart one; decide whether it starts with the appliance.

Invariant: a Result tells what the supervisor says afterwards, and never what was only asked for. What was done is
audited with how the service stood before and after; where the supervisor cannot do it, that is refused and audited.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.dates import shown_time
from tanos.errors import AnswerRefused, Damaged
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Section, Table
from tanos.services.catalogue import Service, services_of
from tanos.services.control import ask_supervisor
from tanos.services.enabled import disabled, set_enabled
from tanos.services.unconfined import unconfined

Standing = dict[str, Any]
"""What the supervisor tells of one service."""


@dataclass(frozen=True)
class Order:
    """What to do with one service; `do` is the supervisor's word."""

    service: Service
    do: str
    before: str


def service_named(appliance: Appliance, name: str) -> Service:
    """Return a service of this appliance. Raises AnswerRefused `no-such-service`."""
    here = services_of(appliance.identity)
    for service in here:
        if service.name == name.strip().casefold():
            return service
    raise AnswerRefused(
        "no-such-service",
        N_("There is no service {name} here.", name=inert(name)),
        N_("They are: {names}.", names=", ".join(service.name for service in here)),
    )


async def standings(appliance: Appliance) -> dict[str, Standing]:
    """Return how each service stands, by name. Raises NotYet `not-served`."""
    return (await _looked(appliance))[0]


async def _looked(appliance: Appliance) -> tuple[dict[str, Standing], tuple[Finding, ...]]:
    """Return the same, and what is to be said of all."""
    answer = await ask_supervisor(appliance, "list")
    return {each["name"]: each for each in answer["services"]}, unconfined(answer)


async def _list(call: Call) -> Result:
    (now, findings), off = await _looked(call.appliance), disabled(call.appliance)
    here = services_of(call.appliance.identity)
    rows = tuple((each.name, state_of(now[each.name]), _ports(now[each.name]), _start(each, off)) for each in here)
    table = Table(
        (N_("service"), N_("state"), N_("listens on"), N_("starts")), rows, empty=N_("No service runs on this role.")
    )
    data = [{**now[each.name], "enabled": each.name not in off} for each in here]
    return Result(N_("Services"), (table,), findings, {"services": data})


async def _status(call: Call, *, name: str) -> Result:
    service = service_named(call.appliance, name)
    now, findings = await _looked(call.appliance)
    standing, off = now[service.name], disabled(call.appliance)
    findings = (*findings, *_failed(service, standing))
    return Result(service.label, (_facts(service, standing, off),), findings, _data(service, standing, off))


def _asking(do: str) -> Operation[Order]:
    async def prepare(call: Call, *, name: str) -> Plan[Order]:
        service = service_named(call.appliance, name)
        standing = (await standings(call.appliance))[service.name]
        told: tuple[Section, ...] = ()
        if do != "start" and standing["running"]:
            told = (Say(N_("Its connections end.")), *await _connected(call.appliance, service))
        done = standing["running"] == (do == "start") and do != "restart"
        facts = Facts((Fact(N_("service"), service.name), Fact(N_("now"), state_of(standing))))
        return Plan(
            _TITLES[do],
            Order(service, do, _word(standing)),
            (facts, *told),
            data={"name": service.name, "running": standing["running"]},
            confirmation=NOTHING_TO_DO if done else YES,
        )

    async def apply(call: Call, plan: Plan[Order], tell: Tell) -> Result:
        return await carry_out(call, plan.payload)

    return Operation(prepare, apply)


async def carry_out(call: Call, order: Order) -> Result:
    """Have the supervisor do it. Raises NotYet `not-served`, Damaged `service-failed`."""
    service, appliance = order.service, call.appliance
    answer = await ask_supervisor(appliance, order.do, name=service.name)
    standing = next(each for each in answer["services"] if each["name"] == service.name)
    if order.do != "stop" and not standing["running"]:
        raise Damaged(
            "service-failed",
            N_("{service} did not start ({problem}).", service=service.name, problem=inert(standing["problem"])),
            N_("Its log says more: log/{service}.log. It is tried again by itself.", service=service.name),
        )
    with appliance.store.change(call, about=service.name) as change:
        change.before, change.after = order.before, _word(standing)
        change.quiet = change.before == change.after and order.do != "restart"
    off = disabled(appliance)
    return Result(state_of(standing), (_facts(service, standing, off),), data=_data(service, standing, off))


async def _connected(appliance: Appliance, service: Service) -> tuple[Section, ...]:
    """Return how many are connected to one that knows."""
    state = await ask_supervisor(appliance, "ask", name=service.name, what="state")
    counts = (
        (N_("clients connected"), state.get("clients")),
        (N_("signed in to the console"), state.get("sessions")),
    )
    facts = tuple(Fact(label, str(count)) for label, count in counts if type(count) is int)
    return (Facts(facts),) if facts else ()


def _deciding(enabled: bool) -> Operation[Order]:
    async def prepare(call: Call, *, name: str) -> Plan[Order]:
        service = service_named(call.appliance, name)
        was = service.name not in disabled(call.appliance)
        facts = Facts((Fact(N_("service"), service.name), Fact(N_("starts with the appliance"), _yes(was))))
        return Plan(
            N_("Start it with the appliance") if enabled else N_("Do not start it with the appliance"),
            Order(service, "", _yes(was).template),
            (facts, Say(N_("Whether it runs now does not change: {start}, {stop}.", start=deeds.START_SERVICE,
                           stop=deeds.STOP_SERVICE))),
            data={"name": service.name, "enabled": was},
            confirmation=NOTHING_TO_DO if was == enabled else YES,
        )  # fmt: skip

    async def apply(call: Call, plan: Plan[Order], tell: Tell) -> Result:
        service = plan.payload.service
        with call.appliance.store.change(call, about=service.name) as change:
            change.before, change.after = plan.payload.before, _yes(enabled).template
            change.quiet = change.before == change.after
            set_enabled(change, service.name, enabled)
        facts = Facts((Fact(N_("service"), service.name), Fact(N_("starts with the appliance"), _yes(enabled))))
        return Result(N_("Decided."), (facts,), data={"name": service.name, "enabled": enabled})

    return Operation(prepare, apply)


def _facts(service: Service, standing: Standing, off: frozenset[str]) -> Facts:
    return Facts(
        (
            Fact(N_("service"), service.name),
            Fact(N_("state"), state_of(standing)),
            *_why_down(standing),
            Fact(N_("listens on"), _ports(standing)),
            *(
                Fact(N_("serves ({port})", port=port), f"{seen['check_code']}, {seen['protocol']}")
                for port, seen in standing["served"].items()
            ),
            Fact(N_("starts"), _start(service, off)),
            Fact(N_("restarts by itself"), str(standing["restarts"])),
        )
    )


def _why_down(standing: Standing) -> tuple[Fact, ...]:
    reason, again_at = inert(str(standing.get("reason") or "")), standing.get("again_at")
    facts = (Fact(N_("because"), reason),) if reason else ()
    if again_at is None:
        return facts
    return (*facts, Fact(N_("tried again"), shown_time(datetime.fromtimestamp(again_at, UTC))))


def _failed(service: Service, standing: Standing) -> tuple[Finding, ...]:
    if standing["running"] or not standing["problem"]:
        return ()
    message = N_("{service} does not start ({problem}).", service=service.name, problem=inert(standing["problem"]))
    restart = deeds.RESTART_SERVICE.of(service.name)
    remedy = N_("Mend what is said above; it is tried again by itself, and at once by {restart}.", restart=restart)
    return (warn("service-down", message, remedy),)


def _data(service: Service, standing: Standing, off: frozenset[str]) -> Standing:
    return {**standing, "enabled": service.name not in off}


def state_of(standing: Standing) -> Message:
    """Return whether a service runs, since when, or why not."""
    if standing["running"]:
        return N_("running since {when}", when=shown_time(datetime.fromtimestamp(standing["since"], UTC)))
    if standing["problem"]:
        return N_("failed ({problem})", problem=inert(standing["problem"]))
    return N_("stopped")


def _ports(standing: Standing) -> str:
    return ", ".join(f"{number} {name}" for name, number in standing["ports"].items()) or "-"


def _start(service: Service, off: frozenset[str]) -> Message:
    return N_("by hand") if service.name in off else N_("with the appliance")


def _word(standing: Standing) -> str:
    return "running" if standing["running"] else "stopped"


def _yes(yes: bool) -> Message:
    return N_("yes") if yes else N_("no")


_TITLES = {"start": N_("Start a service"), "stop": N_("Stop a service"), "restart": N_("Restart a service")}
LIST_SERVICES = Inquiry(_list)
SERVICE_STATUS = Inquiry(_status)
START_SERVICE, STOP_SERVICE, RESTART_SERVICE = _asking("start"), _asking("stop"), _asking("restart")
ENABLE_SERVICE, DISABLE_SERVICE = _deciding(True), _deciding(False)
