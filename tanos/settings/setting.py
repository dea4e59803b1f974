"""What a setting is: a record that says where it stands, what it may be, and what it does.

Invariant: whether a value may stand is decided here from the record alone, so that menu, verb and installation agree.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_, Deed, Message, listed
from tanos.offer import Offer
from tanos.platform import AddOn, Identity, Role

Value = int | str
MOST_NUMBER = 0xFFFFFFFF
"""A REG_DWORD."""
MOST_TEXT, MOST_LISTED = 1024, 160
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,8}|\d{1,10}")


class Component(StrEnum):
    """Whose settings they are."""

    SERVER = "server"
    HUB = "hub"
    ZONE_SERVER = "zone-server"
    MODULE_SERVER = "module-server"
    GLOBAL = "global"
    """Of the Tanium Server, for itself, its zone servers and, where it says so, its clients."""
    CLIENTS = "clients"
    """Handed to clients when they register."""

    @property
    def label(self) -> Message:
        """As an operator reads it."""
        return _LABELS[self]

    @property
    def offer(self) -> Offer:
        """Where it is."""
        return _OFFERS[self]

    @property
    def windows_key(self) -> str:
        """Where the same settings lie on Windows; empty where they are not in the registry."""
        return _WINDOWS.get(self, "")


_LABELS = {
    Component.SERVER: N_("Tanium Server"),
    Component.HUB: N_("Zone Server Hub"),
    Component.ZONE_SERVER: N_("Zone Server"),
    Component.MODULE_SERVER: N_("Module Server"),
    Component.GLOBAL: N_("Global Settings"),
    Component.CLIENTS: N_("Global Settings for clients"),
}
_SERVER_OFFER = Offer(frozenset({Role.TANIUM_SERVER}))
_OFFERS = {
    Component.SERVER: _SERVER_OFFER,
    Component.HUB: Offer(frozenset({Role.TANIUM_SERVER}), add_on=AddOn.ZONE_SERVER_HUB),
    Component.ZONE_SERVER: Offer(frozenset({Role.ZONE_SERVER})),
    Component.MODULE_SERVER: Offer(frozenset({Role.MODULE_SERVER})),
    Component.GLOBAL: _SERVER_OFFER,
    Component.CLIENTS: _SERVER_OFFER,
}
_WINDOWS = {
    Component.SERVER: r"HKLM\Software\Wow6432Node\Tanium\Tanium Server",
    Component.HUB: r"HKLM\Software\Wow6432Node\Tanium\Tanium Zoneserver",
    Component.ZONE_SERVER: r"HKLM\Software\Wow6432Node\Tanium\Tanium Zoneserver",
    Component.MODULE_SERVER: r"HKLM\Software\Wow6432Node\Tanium\Tanium Module Server",
}


class Kind(StrEnum):
    """How a value is held."""

    NUMBER = "number"
    STRING = "string"
    PROTECTED = "protected"
    """Never shown."""

    @property
    def windows_type(self) -> str:
        """Its type in the registry."""
        return "REG_DWORD" if self is Kind.NUMBER else "REG_SZ"


Unit = Callable[[int], Message]
Default = Callable[[Identity], Value | None]


def unset(_: Identity) -> Value | None:
    """Have no default."""
    return None


@dataclass(frozen=True)
class Form:
    """Of a text that is a list, with commas or spaces between."""

    told: Message
    read: Callable[[str], object]
    """Of each entry. Raises ValueError where it is none."""

    def fits(self, text: str) -> bool:
        """Say whether each entry is one."""
        try:
            for each in text.replace(",", " ").split():
                self.read(each)
        except ValueError:
            return False
        return True


@dataclass(frozen=True)
class Setting:
    """One setting of one component."""

    name: str
    component: Component
    told: Message
    """What it does, in a sentence."""
    kind: Kind = Kind.NUMBER
    least: int = 0
    most: int = MOST_NUMBER
    unit: Unit | None = None
    """How so many are said; None where the number has no unit, as a port."""
    longest: int = MOST_TEXT
    """Characters of a text."""
    words: Mapping[int, Message] = field(default_factory=dict)
    """What each value means, where only some are allowed."""
    default: Default = unset
    releases: frozenset[str] = frozenset({"7.2", "7.3", "7.4"})
    """On which it means something."""
    restarts: tuple[str, ...] = ()
    """Services that read it when they start."""
    reader: str = ""
    """The service that reads it each time it needs it."""
    form: "Form | None" = None
    """What a text has to be."""
    set_by: Deed | None = None
    """What gives it its value, where that is more than writing it down."""
    path_of: str = ""
    """The kind of pair whose file it names, so that it can only name that."""

    def holds_for(self, identity: Identity) -> bool:
        """Say whether an appliance has it."""
        return self.component.offer.holds_for(identity) and identity.release.name in self.releases

    def understood(self, typed: str) -> Value:
        """Return the value that was typed. Raises AnswerRefused `out-of-range`."""
        text = typed.strip()
        if self.kind is not Kind.NUMBER:
            if len(text) > self.longest or inert(text) != text or (self.form and not self.form.fits(text)):
                raise self._refused(typed)
            return text
        if not _NUMBER.fullmatch(text):
            raise self._refused(typed)
        number = int(text, 16 if text[:2].lower() == "0x" else 10)
        if (self.words and number not in self.words) or not self.least <= number <= self.most:
            raise self._refused(typed)
        return number

    def shown(self, value: Value | None) -> Message | str:
        """Return a value as an operator reads it."""
        if value is None:
            return N_("not set")
        if self.kind is Kind.PROTECTED:
            return N_("(protected)")
        word = self.words.get(value) if isinstance(value, int) else None
        if word:
            return N_("{value}: {word}", value=str(value), word=word)
        return self.unit(value) if self.unit and isinstance(value, int) else str(value)

    def shortened(self, value: Value | None) -> Message | str:
        """Return a value as it stands in a list of many."""
        if self.kind is Kind.STRING and len(str(value)) > MOST_LISTED:
            start, length = str(value)[: MOST_LISTED // 2], str(len(str(value)))
            return N_("{start}… ({length} characters)", start=start, length=length)
        return self.shown(value)

    @property
    def allowed(self) -> Message:
        """What it may be."""
        if self.path_of:
            return N_("the file of the installed pair")
        if self.form:
            return self.form.told
        if self.kind is not Kind.NUMBER:
            return N_("text of at most {most} characters", most=str(self.longest))
        if self.words:
            return listed(*(N_("{value} ({word})", value=str(each), word=word) for each, word in self.words.items()))
        least, most = str(self.least), str(self.most)
        return N_("{least} to {most}", least=least, most=self.unit(self.most) if self.unit else most)

    def _refused(self, typed: str) -> AnswerRefused:
        return AnswerRefused(
            "out-of-range",
            N_("{typed} is no value of {name}.", typed=inert(typed), name=self.name),
            N_("Allowed: {allowed}.", allowed=self.allowed),
        )


def always(value: Value) -> Default:
    """Have the same default everywhere."""
    return lambda _: value
