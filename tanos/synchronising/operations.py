"""Finding the other Tanium Server by its address, and how it goes with keeping both alike.

Invariant: who is found is trusted by nobody for it: its public root keys are learned, and where it stands is told.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.dates import shown_time
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding, note, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Section, Table
from tanos.services.catalogue import TANIUM_SERVER
from tanos.services.connecting import Target
from tanos.services.control import ask_supervisor
from tanos.services.partner.words import LIST, targets
from tanos.services.troubles import in_words
from tanos.settings.catalogue import setting_named
from tanos.settings.setting import Component
from tanos.settings.values import value_of, write
from tanos.trust.kept import others
from tanos.trust.machine import State
from tanos.trust.page import tile

HOW = N_("By mutual TLS, where the documents use IPsec; each server goes by the roots that it trusts of the other.")


@dataclass(frozen=True)
class Found:
    """Where the other server is looked for."""

    target: Target


async def _prepare(call: Call, *, address: str) -> Plan[Found]:
    """Raises AnswerRefused `bad-address`, `own-record`."""
    try:
        target = Target.read(address)
    except ValueError:
        raise AnswerRefused(
            "bad-address",
            N_("{text} is no address of a Tanium Server.", text=inert(address)),
            N_("Give its host, with :PORT where that is not 17472."),
        ) from None
    if target.name.casefold() == call.appliance.identity.fqdn.casefold():
        raise AnswerRefused(
            "own-record",
            N_("That address is this server's own."),
            N_("Give the address of the other Tanium Server."),
        )
    facts = Facts((Fact(N_("goes to"), f"{target.host}:{target.port}"), Fact(N_("setting"), LIST)))
    told = (
        Say(N_("Once it was reached, it is added to {setting}, and gone to from now on.", setting=LIST)),
        Say(
            N_("Public root keys are exchanged, and nothing is trusted yet: you compare them first, on both servers.")
        ),
    )
    return Plan(N_("Find the other Tanium Server"), Found(target), (facts, *told), data={"address": str(target)})


async def _apply(call: Call, plan: Plan[Found], tell: Tell) -> Result:
    """Look there, and keep the address where somebody is. Raises Damaged."""
    appliance, target = call.appliance, plan.payload.target
    tell(N_("Looking there …"))
    data: dict[str, Any] = {"address": str(target), "found": False}
    try:
        visit = await ask_supervisor(
            appliance, "ask", name=TANIUM_SERVER.name, what="visit", words={"target": str(target)}
        )
    except NotYet as error:
        return Result(_NOBODY, (), (note(error.id, error.message, error.remedy),), data)
    fqdn, key = str(visit.get("fqdn", "")), str(visit.get("key", ""))
    found = next((each for each in others(appliance) if visit.get("reached") and each.key == key), None)
    if found is None:
        return Result(_NOBODY, (), (_unreached(target, str(visit.get("problem") or "-")),), data)
    _name(call, target)
    data |= {"found": True, "server": found.as_data()}
    following = deeds.LIST_SERVERS if found.waits_for_us else None
    return Result(N_("{fqdn} is there", fqdn=fqdn), tile(found), data=data, leads_to=following)


def _name(call: Call, target: Target) -> None:
    """Have it gone to from now on."""
    setting = setting_named(call.appliance.identity, LIST, Component.SERVER)
    with call.appliance.store.change(call, about=str(target)) as change:
        before = str(value_of(call.appliance, setting) or "")
        named = [each for each in targets(before) if (each.host, each.port) != (target.host, target.port)]
        after = ",".join(map(str, (*named, target)))
        change.before, change.after = before, after
        change.quiet = before == after
        write(change, setting, setting.understood(after))


async def _status(call: Call) -> Result:
    """Raises NotYet `not-served`."""
    state = await ask_supervisor(call.appliance, "ask", name=TANIUM_SERVER.name, what="state")
    visits: list[dict[str, Any]] = state.get("partners", [])
    came = {name: _moment(at) for name, at in dict(state.get("came", {})).items()}
    rows = tuple(
        (
            inert(each["fqdn"] or each["to"]),
            State(each["trust"]).label if each["trust"] in _STATES else N_("not known yet"),
            _moment(each["synchronised_at"]) or N_("not yet"),
            in_words(each["problem"]) or N_("none"),
        )
        for each in visits
    )
    columns = (N_("server"), N_("trust"), N_("kept alike at"), N_("trouble"))
    table = Table(columns, rows, empty=N_("No other server is named: {find}.", find=deeds.FIND_SERVER))
    from_there = Table(
        (N_("came here"), N_("at")), tuple(came.items()), empty=N_("No trusted server has connected to this one yet.")
    )
    sections: tuple[Section, ...] = (table, from_there, _heard(call.appliance), Say(HOW))
    data = {"visits": visits, "came": came, "clients": _clients(call.appliance), "by": "mutual TLS"}
    return Result(N_("Synchronisation with the other Tanium Server"), sections, data=data)


def _heard(appliance: Appliance) -> Facts:
    count = N_("{count} client", "{count} clients", count=_clients(appliance))
    return Facts((Fact(N_("known from there"), count),))


def _clients(appliance: Appliance) -> int:
    row = appliance.store.row("SELECT COUNT(*) AS count FROM registered_elsewhere")
    return int(row["count"]) if row else 0


def _moment(seconds: float) -> str:
    return shown_time(datetime.fromtimestamp(seconds, UTC)) if seconds else ""


def _unreached(target: Target, problem: str) -> Finding:
    where = f"{target.host}:{target.port}"
    said: Message = N_("{where} was not reached ({problem}).", where=where, problem=in_words(problem))
    return warn("partner-unreached", said, N_("See whether it runs, and whether that is its port."))


_STATES = frozenset(State)
_NOBODY = N_("It was not found, and its address is not kept")
FIND_SERVER: Operation[Found] = Operation(_prepare, _apply)
SYNCHRONISATION = Inquiry(_status)
