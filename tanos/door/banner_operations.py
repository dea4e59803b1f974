"""Show, set and remove the banner; it is taken from a file of /incoming."""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.door.banner import FILE, banner, read_banner
from tanos.dropbox import read_incoming
from tanos.errors import NotYet
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Section

_NONE = N_("No banner is shown before signing in.")


@dataclass(frozen=True)
class Text:
    """What is shown from now on; empty: nothing."""

    text: str
    before: str


async def read_shown(call: Call) -> Result:
    """Show the banner."""
    text = banner(call.appliance)
    return Result(N_("SSH banner"), _lines(text), data={"banner": text})


async def prepare_import(call: Call) -> Plan[Text]:
    """Read the file. Raises AnswerRefused `missing-file`, `not-a-file`, `too-large`, `bad-banner`."""
    text = read_banner(read_incoming(call.appliance, FILE))
    return _plan(call, N_("Show this before signing in"), text)


async def prepare_removal(call: Call) -> Plan[Text]:
    """Plan to show nothing."""
    return _plan(call, N_("Show no banner before signing in"), "")


async def apply(call: Call, plan: Plan[Text], tell: Tell) -> Result:
    """Set it. Raises NotYet `stale`."""
    text = plan.payload.text
    with call.appliance.store.change(call, about="banner") as change:
        before = banner(call.appliance)
        if before != plan.payload.before:
            raise NotYet("stale", N_("Another session set the banner meanwhile."), N_("Look at it, and try again."))
        change.quiet = before == text
        change.before, change.after = _size(before), _size(text)
        change.execute("DELETE FROM banner")
        if text:
            change.execute("INSERT INTO banner VALUES (1, ?, ?)", text, change.now)
    return Result(N_("Decided."), _lines(text), data={"banner": text})


def _plan(call: Call, title: Message, text: str) -> Plan[Text]:
    before = banner(call.appliance)
    confirmation = NOTHING_TO_DO if before == text else YES
    return Plan(title, Text(text, before), _lines(text), data={"banner": text}, confirmation=confirmation)


def _lines(text: str) -> tuple[Section, ...]:
    if not text:
        return (Say(_NONE),)
    return (Facts(tuple(Fact(N_("{number}", number=str(at)), line) for at, line in enumerate(text.splitlines(), 1))),)


def _size(text: str) -> str:
    return f"{len(text.splitlines())} lines" if text else "none"


READ_BANNER = Inquiry(read_shown)
IMPORT_BANNER: Operation[Text] = Operation(prepare_import, apply)
REMOVE_BANNER: Operation[Text] = Operation(prepare_removal, apply)
