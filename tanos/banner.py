"""Texts that everybody is shown before signing in: each is shown, taken from its file of /incoming, and removed.

Invariant: what a Plan shows is what is stored, and only in the place of what the Plan was made beside.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.dropbox import read_incoming
from tanos.errors import NotYet
from tanos.finding import Finding
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Section
from tanos.store.store import Change


@dataclass(frozen=True)
class Text:
    """What is shown from now on; empty: nothing."""

    text: str
    before: str


@dataclass(frozen=True)
class Banner:
    """One of these texts."""

    about: str
    """How it is audited."""
    file: str
    """Of /incoming."""
    title: Message
    shown: Message
    """Of the Plan to show it."""
    unshown: Message
    """Of the Plan to show nothing."""
    none: Message
    read: Callable[[bytes], tuple[str, tuple[Finding, ...]]]
    """Returns what a file holds and what is to be said of it. Raises AnswerRefused `bad-banner`."""
    present: Callable[[Appliance], str]
    write: Callable[[Change, Appliance, str], None]
    """Stores it; an empty one is none."""
    lines: Callable[[str], list[str]]

    async def read_shown(self, call: Call) -> Result:
        """Show it."""
        text = self.present(call.appliance)
        return Result(self.title, self._lines(text), data={"banner": text})

    async def prepare_import(self, call: Call) -> Plan[Text]:
        """Read the file. Raises AnswerRefused `missing-file`, `not-a-file`, `too-large`, `bad-banner`."""
        text, findings = self.read(read_incoming(call.appliance, self.file))
        return self._plan(call, self.shown, text, findings)

    async def prepare_removal(self, call: Call) -> Plan[Text]:
        """Plan to show nothing."""
        return self._plan(call, self.unshown, "")

    async def apply(self, call: Call, plan: Plan[Text], tell: Tell) -> Result:
        """Set it. Raises NotYet `stale`."""
        text = plan.payload.text
        with call.appliance.store.change(call, about=self.about) as change:
            before = self.present(call.appliance)
            if before != plan.payload.before:
                raise NotYet(
                    "stale", N_("Another session set the banner meanwhile."), N_("Look at it, and try again.")
                )
            change.quiet = before == text
            change.before, change.after = self._size(before), self._size(text)
            if before != text:
                self.write(change, call.appliance, text)
        return Result(N_("Decided."), self._lines(text), data={"banner": text})

    @property
    def operations(self) -> tuple[Inquiry, Operation[Text], Operation[Text]]:
        """To show, to import, to remove it."""
        return (
            Inquiry(self.read_shown),
            Operation(self.prepare_import, self.apply),
            Operation(self.prepare_removal, self.apply),
        )

    def _plan(self, call: Call, title: Message, text: str, findings: tuple[Finding, ...] = ()) -> Plan[Text]:
        before = self.present(call.appliance)
        confirmation = NOTHING_TO_DO if before == text else YES
        data = {"banner": text}
        return Plan(title, Text(text, before), self._lines(text), findings, data, confirmation=confirmation)

    def _lines(self, text: str) -> tuple[Section, ...]:
        if not text:
            return (Say(self.none),)
        lines = enumerate(self.lines(text), 1)
        return (Facts(tuple(Fact(N_("{number}", number=str(at)), line) for at, line in lines)),)

    def _size(self, text: str) -> str:
        return f"{len(self.lines(text))} lines" if text else "none"
