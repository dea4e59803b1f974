"""Bring a published list of known keys, list what is here, take one away.

Invariant: a list lies in its place whole, and at once for whoever judges a key next, or not at all. What entered
before stays: only what enters from then on is judged by it.
"""

import asyncio
import re
from dataclasses import dataclass

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.dropbox import read_incoming
from tanos.errors import AnswerRefused
from tanos.files import PRIVATE, disk_trouble, make_directory, one_component, prepared, sweep
from tanos.inert import inert
from tanos.known_keys.lists import DIRECTORY, MOST_LISTS, KeyList, lists_in
from tanos.known_keys.reading import LARGEST, ReadList, read_list
from tanos.known_keys.shipped import SHIPPED
from tanos.message import N_, Message
from tanos.operation import YES, Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Table

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Bringing:
    """A list on its way in."""

    name: str
    read: ReadList


def lists_of(appliance: Appliance) -> list[KeyList]:
    """Return the lists of an appliance, by name. Raises Damaged `disk-failed`."""
    return lists_in(appliance.home / DIRECTORY)


async def _list(call: Call) -> Result:
    brought = [
        {"name": each.name, "form": each.form.suffix, "count": each.count()} for each in lists_of(call.appliance)
    ]
    rows = tuple((str(each["name"]), str(each["form"]), str(each["count"])) for each in brought)
    table = Table((N_("list"), N_("form"), N_("keys")), rows, empty=N_("No list was brought."))
    shipped = Facts((Fact(N_("known from the start"), _keys(len(SHIPPED))),))
    return Result(
        N_("Keys that everybody has are refused wherever a key enters"),
        (shipped, table),
        data={"shipped": len(SHIPPED), "lists": brought},
    )


async def _prepare_import(call: Call, *, file: str) -> Plan[Bringing]:
    """Read a list. Raises AnswerRefused `bad-name`, `too-many-lists`, and as `read_incoming` and `read_list` do."""
    name = one_component(file)
    if not _NAME.fullmatch(name):
        raise AnswerRefused(
            "bad-name",
            N_("{name} is no name of a list.", name=inert(name)[:64]),
            N_("Use 1 to 64 letters, digits, dots, - and _, beginning with a letter or digit."),
        )
    there = _room_for(call.appliance, name)
    read = await asyncio.to_thread(lambda: read_list(read_incoming(call.appliance, name, LARGEST), name))
    rows = [
        Fact(N_("list"), name),
        Fact(N_("form"), read.form.suffix),
        Fact(N_("keys"), str(read.count)),
        Fact(N_("SHA-256"), read.sha256),
        *(Fact(N_("replaces"), _keys(each.count())) for each in there),
    ]
    said = Say(N_("Keys that stand in it are refused from then on; those that are here already stay."))
    data = {"name": name, "form": read.form.suffix, "count": read.count, "sha256": read.sha256}
    return Plan(N_("Refuse the keys of a list"), Bringing(name, read), (Facts(tuple(rows)), said), (), data, YES)


async def _apply_import(call: Call, plan: Plan[Bringing], tell: Tell) -> Result:
    """Put it in its place. Raises AnswerRefused `too-many-lists`, Damaged `disk-failed`."""
    name, read = plan.payload.name, plan.payload.read
    path = call.appliance.home / DIRECTORY / f"{name}.{read.form.suffix}"
    tell(N_("The list is written …"))
    try:
        make_directory(path.parent)
        sweep(path.parent)
        with (
            prepared(path, read.records, PRIVATE, anew=False) as appear,
            call.appliance.store.change(call, about=f"known keys {name}") as change,
        ):
            former = _room_for(call.appliance, name)
            appear()
            for each in former:
                if each.path != path:
                    each.path.unlink()
            change.after = f"{read.form.suffix} {read.count} SHA256:{read.sha256}"
    except OSError as error:
        raise disk_trouble(error, DIRECTORY) from error
    return Result(N_("The keys of {name} are refused from now on", name=name), plan.sections, data=plan.data)


async def _prepare_remove(call: Call, *, name: str) -> Plan[KeyList]:
    """Find it. Raises AnswerRefused `no-such-list`."""
    found = _named(call.appliance, name)
    rows = (Fact(N_("list"), found.name), Fact(N_("keys"), str(found.count())))
    return Plan(N_("Refuse the keys of a list no more"), found, (Facts(rows),), data={"name": found.name})


async def _apply_remove(call: Call, plan: Plan[KeyList], tell: Tell) -> Result:
    with call.appliance.store.change(call, about=f"known keys {plan.payload.name}") as change:
        found = _named(call.appliance, plan.payload.name)
        change.before = f"{found.form.suffix} {found.count()}"
        found.path.unlink()
    return Result(N_("The list is gone."), data=plan.data)


def _keys(count: int) -> Message:
    return N_("{count} key", "{count} keys", count=count)


def _room_for(appliance: Appliance, name: str) -> list[KeyList]:
    """Return the lists of that name, which another replaces. Raises AnswerRefused `too-many-lists`."""
    there = lists_of(appliance)
    same = [each for each in there if each.name == name]
    if not same and len(there) >= MOST_LISTS:
        message = N_("There are as many lists as are kept ({most}).", most=MOST_LISTS)
        raise AnswerRefused(
            "too-many-lists",
            message,
            N_("See which there are, and remove one first: {list}.", list=deeds.LIST_KNOWN_KEYS),
        )
    return same


def _named(appliance: Appliance, name: str) -> KeyList:
    for each in lists_of(appliance):
        if each.name == name:
            return each
    raise AnswerRefused(
        "no-such-list",
        N_("There is no list {name}.", name=inert(name)[:64]),
        N_("See which there are: {list}.", list=deeds.LIST_KNOWN_KEYS),
    )


LIST_KNOWN_KEYS = Inquiry(_list)
IMPORT_KNOWN_KEYS = Operation(_prepare_import, _apply_import)
REMOVE_KNOWN_KEYS = Operation(_prepare_remove, _apply_remove)
