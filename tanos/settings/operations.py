"""List the settings, show one as a card, give one a value, add one that is not in our table.

Invariants: a Plan shows the value it replaces, who would be kept out, and which services read it; it is applied only
where that value still stands. A protected value is never shown, nor recorded.
"""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding
from tanos.inert import inert
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Confirmation, Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Section, Table
from tanos.services.reloading import restarted
from tanos.settings.catalogue import SETTINGS
from tanos.settings.known import by_hand, known_setting, settings_here
from tanos.settings.setting import Component, Kind, Setting, Value
from tanos.settings.shut_out import examine_change
from tanos.settings.values import MAIN, pair_paths, settings, value_of, write, written

SHUTS_OUT = Confirmation("REQUIRE")


@dataclass(frozen=True)
class Decision:
    """`setting` has the value `before` and gets `after`."""

    setting: Setting
    before: Value | None
    after: Value


async def _list(call: Call, *, component: str = "") -> Result:
    appliance = call.appliance
    rows = tuple(
        (each.component.label, each.name, each.shortened(value_of(appliance, each)))
        for each in settings_here(appliance, component)
    )
    table = Table((N_("of"), N_("setting"), N_("value")), rows, empty=N_("Nothing is set."))
    return Result(N_("Settings"), (table,), data={"settings": settings(appliance), "all": _data(appliance)})


async def _show(call: Call, *, name: str, component: str = "") -> Result:
    setting = known_setting(call.appliance, name, component)
    value = value_of(call.appliance, setting)
    data = {
        "name": setting.name,
        "component": setting.component.value,
        "value": _public(setting, value),
        "allowed": str(setting.allowed),
        "default": _public(setting, setting.default(call.appliance.identity)),
    }
    return Result(N_("Setting {name}", name=setting.name), (_card(call.appliance, setting, value),), data=data)


def _card(appliance: Appliance, setting: Setting, value: Value | None) -> Facts:
    default = setting.default(appliance.identity)
    facts = [
        Fact(N_("value"), setting.shown(value)),
        Fact(N_("means"), setting.told),
        Fact(N_("of"), setting.component.label),
        Fact(N_("allowed"), setting.allowed),
        Fact(N_("default"), setting.shown(default)),
        Fact(N_("read by"), ", ".join(setting.restarts) or setting.reader or N_("nothing here")),
        Fact(N_("on Windows"), f"{setting.component.windows_key} {setting.kind.windows_type}".strip()),
    ]
    return Facts(tuple(facts))


async def _prepare_set(call: Call, *, name: str, value: str, component: str = "") -> Plan[Decision]:
    setting = known_setting(call.appliance, name, component)
    after = setting.understood(value)
    return _planned(call.appliance, Decision(setting, value_of(call.appliance, setting), after))


async def _prepare_add(call: Call, *, name: str, value: str, kind: str, component: str = "") -> Plan[Decision]:
    name = name.strip()
    if not name or inert(name) != name or not name.replace("_", "").isalnum() or len(name) > 64:
        raise AnswerRefused(
            "bad-setting-name",
            N_("{name} is no name of a setting.", name=inert(name)),
            N_("Use letters, digits and underlines, 64 at most."),
        )
    known = {each.name.casefold() for each in SETTINGS}
    if name.casefold() in known:
        return await _prepare_set(call, name=name, value=value, component=component)
    whose = Component(component or MAIN[call.appliance.identity.role])
    setting = by_hand(name, whose, Kind(kind))
    before = written(call.appliance).get((whose, name))
    return _planned(call.appliance, Decision(setting, before.value if before else None, setting.understood(value)))


def _planned(appliance: Appliance, decision: Decision) -> Plan[Decision]:
    setting, before, after = decision.setting, decision.before, decision.after
    _refuse_foreign_path(appliance, setting, after)
    facts = Facts(
        (
            Fact(N_("setting"), setting.name),
            Fact(N_("of"), setting.component.label),
            Fact(N_("now"), setting.shown(before)),
            Fact(N_("then"), setting.shown(after)),
            Fact(N_("restarted then"), ", ".join(setting.restarts) or N_("nothing")),
        )
    )
    sections, findings = examine_change(appliance, setting, before, after)
    return Plan(
        N_("Set {name}", name=setting.name),
        decision,
        (facts, *sections),
        findings,
        {"name": setting.name, "component": setting.component.value, "before": _public(setting, before)},
        confirmation=_confirmation(decision, findings),
    )


def _confirmation(decision: Decision, findings: tuple[Finding, ...]) -> Confirmation:
    if decision.before == decision.after:
        return NOTHING_TO_DO
    return SHUTS_OUT if any(finding.id == "shuts-out" for finding in findings) else YES


async def _apply(call: Call, plan: Plan[Decision], tell: Tell) -> Result:
    setting, before, after = plan.payload.setting, plan.payload.before, plan.payload.after
    about = f"{setting.component} {setting.name}"
    with call.appliance.store.change(call, about=about) as change:
        present = written(call.appliance).get((setting.component, setting.name))
        if (present.value if present else setting.default(call.appliance.identity)) != before:
            raise NotYet(
                "stale",
                N_("Another session changed {name} in the meantime.", name=setting.name),
                N_("Look at it again and decide anew."),
            )
        change.before, change.after = str(_public(setting, before)), str(_public(setting, after))
        change.quiet = before == after
        if before != after:
            write(change, setting, after)
    sections: list[Section] = [Facts((Fact(N_("setting"), setting.name), Fact(N_("value"), setting.shown(after))))]
    findings: tuple[Finding, ...] = ()
    if before != after:
        told, findings = await restarted(call, setting.restarts, tell)
        sections += told
    data = {"name": setting.name, "component": setting.component.value, "value": _public(setting, after)}
    return Result(N_("Set."), tuple(sections), findings, data)


def _refuse_foreign_path(appliance: Appliance, setting: Setting, after: Value) -> None:
    if setting.path_of and after not in pair_paths(appliance, setting.path_of):
        raise AnswerRefused(
            "not-a-pair",
            N_("{path} is not a file of the pair that is installed here.", path=inert(str(after))),
            N_("Install a pair: the path follows it by itself."),
        )


def _data(appliance: Appliance) -> dict[str, dict[str, Value | None]]:
    found: dict[str, dict[str, Value | None]] = {}
    for each in settings_here(appliance):
        found.setdefault(each.component.value, {})[each.name] = _public(each, value_of(appliance, each))
    return found


def _public(setting: Setting, value: Value | None) -> Value | None:
    return "(protected)" if setting.kind is Kind.PROTECTED and value is not None else value


LIST_SETTINGS = Inquiry(_list)
SHOW_SETTING = Inquiry(_show)
SET_SETTING: Operation[Decision] = Operation(_prepare_set, _apply)
ADD_SETTING: Operation[Decision] = Operation(_prepare_add, _apply)
