"""List the settings, show one as a card, give one a value or its default again, add one that is not in our table.

Invariants: a Plan shows the value it replaces, who would be kept out, and which services read it; it is applied only
where that value still stands and nobody else would be kept out. Where a service does not start with a value the
earlier one holds again. A protected value is never shown, nor recorded.
"""

import contextlib
from dataclasses import dataclass, replace
from itertools import count

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.finding import Finding
from tanos.inert import inert
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Confirmation, Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Table
from tanos.services.control import ask_supervisor
from tanos.services.reloading import restarted
from tanos.settings.catalogue import SETTINGS
from tanos.settings.known import by_hand, check_component, known_setting, settings_here
from tanos.settings.setting import Component, Kind, Setting, Value
from tanos.settings.shut_out import examine_change, shut_out
from tanos.settings.values import MAIN, pair_paths, remove, settings, value_of, write, written
from tanos.settings.windows import refuse_long_window
from tanos.store.store import Change

SHUTS_OUT = Confirmation("REQUIRE")
_WORD_FOR = {"shuts-out", "seen-elsewhere"}


@dataclass(frozen=True)
class Decision:
    """`setting` has the value `before` and gets `after`."""

    setting: Setting
    before: Value | None
    after: Value | None
    shut_out: frozenset[str] = frozenset()
    """Clients that the Plan says are kept out, by id."""
    to_default: bool = False
    """What was written goes."""


async def _list(call: Call, *, component: str = "") -> Result:
    appliance = call.appliance
    numbers = {each: count(1) for each in Component}
    rows = tuple(
        (
            str(next(numbers[each.component])),
            each.component.label,
            each.name,
            each.shortened(value_of(appliance, each)),
        )
        for each in settings_here(appliance, component)
    )
    table = Table((N_("line"), N_("of"), N_("setting"), N_("value")), rows, empty=N_("Nothing is set."))
    return Result(N_("Settings"), (table,), data={"settings": _written(appliance), "all": _data(appliance)})


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


async def _prepare_unset(call: Call, *, name: str, component: str = "") -> Plan[Decision]:
    setting = known_setting(call.appliance, name, component)
    present = value_of(call.appliance, setting)
    return _planned(
        call.appliance, Decision(setting, present, setting.default(call.appliance.identity), to_default=True)
    )


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
    if component:
        check_component(call.appliance, component)
    whose = Component(component or MAIN[call.appliance.identity.role])
    setting = by_hand(name, whose, Kind(kind))
    before = written(call.appliance).get((whose, name))
    return _planned(call.appliance, Decision(setting, before.value if before else None, setting.understood(value)))


def _planned(appliance: Appliance, decision: Decision) -> Plan[Decision]:
    setting, before, after = decision.setting, decision.before, decision.after
    if setting.set_by:
        raise AnswerRefused(
            "set-otherwise",
            N_("{name} is not written down as other settings are.", name=setting.name),
            N_("Set it by {deed}.", deed=setting.set_by),
        )
    if not decision.to_default:
        _refuse_foreign_path(appliance, setting, after)
    refuse_long_window(appliance, setting, after)
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
    shut = shut_out(appliance, setting, after) if before != after else []
    return Plan(
        N_("Set {name}", name=setting.name),
        replace(decision, shut_out=frozenset(each.id for each in shut)),
        (facts, *sections),
        findings,
        {
            "name": setting.name,
            "component": setting.component.value,
            "before": _public(setting, before),
            "after": _public(setting, after),
            "shuts_out": len(shut),
            "who": [each.name for each in shut],
        },
        confirmation=_confirmation(decision, findings),
    )


def _confirmation(decision: Decision, findings: tuple[Finding, ...]) -> Confirmation:
    if decision.before == decision.after:
        return NOTHING_TO_DO
    return SHUTS_OUT if any(finding.id in _WORD_FOR for finding in findings) else YES


async def _apply(call: Call, plan: Plan[Decision], tell: Tell) -> Result:
    decision = plan.payload
    setting, before, after = decision.setting, decision.before, decision.after
    with call.appliance.store.change(call, about=_about(setting)) as change:
        earlier = written(call.appliance).get((setting.component, setting.name))
        _refuse_stale(call.appliance, decision)
        refuse_long_window(call.appliance, setting, after)
        change.before, change.after = str(_public(setting, before)), str(_public(setting, after))
        change.quiet = before == after
        _write(change, decision)
    data = {"name": setting.name, "component": setting.component.value, "value": _public(setting, after)}
    facts = Facts((Fact(N_("setting"), setting.name), Fact(N_("value"), setting.shown(after))))
    if before == after:
        return Result(N_("It was so already."), (facts,), data=data)
    told, findings = await restarted(call, setting.restarts, tell)
    if any(finding.id == "service-failed" for finding in findings):
        await _go_back(call, decision, earlier.value if earlier else None, tell)
        raise NotYet(
            "setting-went-back",
            N_("A service does not start with this value of {name}: the earlier one holds again.", name=setting.name),
            findings[0].message,
        )
    return Result(N_("Set."), (facts, *told), findings, data)


def _refuse_stale(appliance: Appliance, decision: Decision) -> None:
    setting = decision.setting
    if value_of(appliance, setting) != decision.before:
        raise NotYet(
            "stale",
            N_("Another session changed {name} in the meantime.", name=setting.name),
            N_("Look at it again and decide anew."),
        )
    if decision.before == decision.after:
        return
    others = [each for each in shut_out(appliance, setting, decision.after) if each.id not in decision.shut_out]
    if others:
        raise NotYet(
            "stale",
            N_("{name} came in the meantime, and would be kept out, too.", name=inert(others[0].name)),
            N_("Look at it again and decide anew."),
        )


def _write(change: Change, decision: Decision) -> None:
    if decision.to_default or decision.after is None:
        remove(change, decision.setting)
    elif decision.before != decision.after:
        write(change, decision.setting, decision.after)


async def _go_back(call: Call, decision: Decision, earlier: Value | None, tell: Tell) -> None:
    setting = decision.setting
    tell(N_("It goes back …"))
    with call.appliance.store.change(call, about=_about(setting)) as change:
        change.before, change.after = str(_public(setting, decision.after)), str(_public(setting, decision.before))
        if earlier is None:
            remove(change, setting)
        else:
            write(change, setting, earlier)
    for name in setting.restarts:
        with contextlib.suppress(TanosError):
            await ask_supervisor(call.appliance, "restart", name=name)


def _about(setting: Setting) -> str:
    return f"{setting.component} {setting.name}"


def _refuse_foreign_path(appliance: Appliance, setting: Setting, after: Value | None) -> None:
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


def _written(appliance: Appliance) -> dict[str, Value | None]:
    known = {each.name: each for each in settings_here(appliance, MAIN[appliance.identity.role])}
    return {
        name: _public(known[name], value) if name in known else value for name, value in settings(appliance).items()
    }


def _public(setting: Setting, value: Value | None) -> Value | None:
    return "(protected)" if setting.kind is Kind.PROTECTED and value is not None else value


LIST_SETTINGS = Inquiry(_list)
SHOW_SETTING = Inquiry(_show)
UNSET_SETTING: Operation[Decision] = Operation(_prepare_unset, _apply)
SET_SETTING: Operation[Decision] = Operation(_prepare_set, _apply)
ADD_SETTING: Operation[Decision] = Operation(_prepare_add, _apply)
