"""A small tree with operations that touch nothing: what the screens are tested on, apart from the product's own."""

import asyncio
from collections.abc import Callable
from typing import Any

from menus.item import Ask, Item, Kind, Menu, Need, Option, Pick, Verb
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.finding import refuse, warn
from tanos.message import N_
from tanos.operation import Confirmation, Inquiry, Operation, Plan, Result, Tell
from tanos.pasting.awaited import Awaited
from tanos.report import CopyText, Fact, Facts, Mark, Say, Section, Table

CODE = "7C1E-90AB-4D55-0F3A-E2B1-6690-18C4-2D7F"
EVIL = "[/red]evil\x1b[31m.csr"
PEM = "-----BEGIN CERTIFICATE REQUEST-----\n" + ("M" * 64 + "\n") * 9 + "-----END CERTIFICATE REQUEST-----\n"
done: list[tuple[str, Any]] = []
"""What was applied."""


async def _read(call: Call) -> Result:
    rows = ((EVIL, "1,012"), ("reporting.csr", "998"))
    table = Table((N_("Name"), N_("Bytes")), rows, N_("Nothing waits."))
    return Result(N_("What waits in /incoming"), (table,))


async def _prepare(call: Call, *, common_name: str, alt_names: tuple[str, ...]) -> Plan[str]:
    if common_name == "bad":
        raise AnswerRefused.because(
            refuse("san-bad", N_("{name} is no name.", name=common_name), N_("Give a host name.")),
            warn("eku-more", N_("More is issued than was asked."), N_("Nothing to do.")),
        )
    facts = Facts((Fact(N_("subject"), f"CN={common_name}"), Fact(N_("names"), ", ".join(alt_names), Mark.OK)))
    found = (warn("eku-more", N_("More is issued than was asked."), N_("Nothing to do.")),)
    return Plan(N_("A certificate request"), common_name, (facts,), found)


async def _apply(call: Call, plan: Plan[str], tell: Tell) -> Result:
    done.append((call.path, plan.payload))
    text = CopyText(N_("Certificate request for {name}", name=plan.payload), PEM, CODE, "/outgoing/reporting.csr")
    return Result(N_("Certificate request for {name}", name=plan.payload), (text,))


async def _prepare_slow(call: Call) -> Plan[None]:
    return Plan(N_("Slow work"), None, confirmation=Confirmation("erase"))


async def _apply_slow(call: Call, plan: Plan[None], tell: Tell) -> Result:
    for step in range(200):
        tell(N_("step {step}", step=step))
        await asyncio.sleep(0.05)
    return Result(N_("Finished"))


async def _prepare_record(call: Call) -> Plan[None]:
    return Plan(N_("A record"), None)


async def _apply_record(call: Call, plan: Plan[None], tell: Tell) -> Result:
    with call.appliance.store.change(call, about="record"):
        return Result(N_("Recorded"))


async def _prepare_paste(call: Call, *, text: bytes) -> Plan[bytes]:
    return Plan(N_("A paste of {size} bytes", size=len(text)), text)


async def _apply_paste(call: Call, plan: Plan[bytes], tell: Tell) -> Result:
    done.append((call.path, plan.payload))
    return Result(N_("Stored {size} bytes", size=len(plan.payload)))


async def _fail(call: Call) -> Result:
    raise ZeroDivisionError("secret-value")


def _users(_: Appliance) -> tuple[Option, ...]:
    return Option("tanadmin", "tanadmin"), Option("tancopy", "tancopy")


async def _show_user(call: Call, *, user: str, source: str, deep: bool) -> Result:
    done.append((call.path, (user, source, deep)))
    return Result(N_("The key of {user}", user=user), (Say(N_("It is fine."), Mark.OK),))


def _state(_: Appliance) -> tuple[Section, ...]:
    return (Say(N_("certificate exchange with {peer}: no answer yet (2-Z)", peer="ts1"), Mark.WAIT),)


def _default_name(appliance: Appliance) -> str:
    return appliance.identity.fqdn


def _sources(_: Appliance) -> tuple[Option, ...]:
    return Option("incoming", N_("a file in /incoming")), Option("paste", N_("paste it"))


def _verb(name: str, read: Callable[..., Any], *asks: Ask) -> Verb:
    return Verb(name, N_("Shows something."), Inquiry(read), asks)


CREATE = Verb(
    "zone-server create-csr",
    N_("Makes a key and its certificate request."),
    Operation(_prepare, _apply),
    (
        Ask("common_name", N_("Common name"), default=_default_name),
        Ask("alt_names", N_("Other names"), need=Need.OPTIONAL, many=True),
    ),
)
PASTE = Verb(
    "zone-server import-request",
    N_("Takes a request."),
    Operation(_prepare_paste, _apply_paste),
    (Ask("text", N_("Request"), Kind.PASTE, awaited=Awaited.REQUEST),),
)
SLOW = Verb("slow work", N_("Takes long."), Operation(_prepare_slow, _apply_slow))
RECORD = Verb("record make", N_("Writes to the database."), Operation(_prepare_record, _apply_record))
USER = _verb(
    "user show",
    _show_user,
    Ask("user", N_("User")),
    Ask("source", N_("From"), Kind.CHOICE, options=_sources),
    Ask("deep", N_("Deep"), Kind.FLAG),
)

ZONE = Menu(
    "Z",
    N_("Zone Server Configuration"),
    (
        Item("1", N_("Create CSR"), CREATE, hint=lambda *_: N_("next step")),
        Item("2", N_("Import Cert Request"), PASTE),
        Item("3", N_("List Requests"), _verb("incoming list", _read)),
        Item("4", N_("Slow Work"), SLOW),
        Item("5", N_("Broken"), _verb("broken show", _fail)),
        Item("6", N_("Record"), RECORD),
    ),
    state=_state,
)
USERS = Menu(
    "3",
    N_("SSH Key Management"),
    (Item("1", N_("Show"), USER),),
    pick=Pick("user", N_("Choose a user"), _users, N_("There is no user.")),
)
SMALL = Menu(
    "",
    N_("Main menu"),
    (
        Menu("1", N_("Tanium Installation"), (Item("1", N_("List"), _verb("list show", _read)),)),
        Menu("2", N_("Tanium Operations"), (ZONE,)),
        Menu("C", N_("User Administration"), (USERS,)),
    ),
    state=_state,
)
