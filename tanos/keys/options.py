"""What stands before a key in authorized_keys, as far as this appliance honours it.

Invariant: every option that is kept is honoured at sign-in, and every other one refuses its key; none is ignored.
Their canonical text is read back by the same reader.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tanos.inert import inert
from tanos.keys.addresses import NoPattern, checked_patterns
from tanos.keys.expiry import moment_of, option_value
from tanos.message import N_, Message
from tanos.moments import moment_text

DIRECTIONS = ("incoming", "outgoing")
_OPTION = re.compile(r'([A-Za-z0-9@.-]{1,64})(?:="((?:[^"\\]|\\.)*)")?(,|$)')
_AFTER_WORD = re.compile(r"[,\s]")
_PRINCIPAL = re.compile(r"[A-Za-z0-9._@:/+-]{1,128}")
_NEVER = ("no-agent-forwarding", "no-port-forwarding", "no-user-rc", "no-x11-forwarding")
"""What no key may do here; said or not said, it is honoured."""
_FORWARDING = N_("nothing is forwarded here, with or without it")
_ROLE = N_("what a user may do is decided by his role")
_NOT_HONOURED = {
    "agent-forwarding": _FORWARDING,
    "command": _ROLE,
    "environment": N_("no environment is set here"),
    "no-touch-required": N_("a hardware key must be touched here"),
    "permitlisten": _FORWARDING,
    "permitopen": _FORWARDING,
    "port-forwarding": _FORWARDING,
    "tunnel": _FORWARDING,
    "user-rc": N_("there are no files of that kind here"),
    "x11-forwarding": _FORWARDING,
}


class NotHonoured(Exception):
    """An option that this appliance cannot honour: which one, and why."""

    def __init__(self, option: str, why: Message) -> None:
        super().__init__(option)
        self.option = inert(option)[:80]
        self.why = why


@dataclass(frozen=True)
class KeyOptions:
    """The options of one key."""

    is_authority: bool = False
    """It signs certificates instead of signing in."""
    principals: tuple[str, ...] = ()
    """Of certificates; with none, it is the name of the user."""
    is_restricted: bool = False
    has_terminal: bool = True
    never: tuple[str, ...] = ()
    """What was said and holds for everybody here."""
    is_verified: bool = False
    """A hardware key has to know its user, by PIN or finger, at each signature."""
    origin: str = ""
    """Patterns of addresses; empty: from everywhere."""
    expires: str = ""
    """`2027-01-31T00:00:00Z`; empty: never."""
    direction: str = ""
    """`incoming` or `outgoing`; empty: both."""

    def __str__(self) -> str:
        """Return the canonical text; empty where there are none."""
        said = [
            "cert-authority" if self.is_authority else "",
            f'principals="{",".join(self.principals)}"' if self.principals else "",
            "restrict" if self.is_restricted else "",
            ("pty" if self.has_terminal else "") if self.is_restricted else ("" if self.has_terminal else "no-pty"),
            *self.never,
            "verify-required" if self.is_verified else "",
            f'from="{self.origin}"' if self.origin else "",
            f'expiry-time="{option_value(self.expires)}"' if self.expires else "",
            f'direction="{self.direction}"' if self.direction else "",
        ]
        return ",".join(each for each in said if each)


def read_options(text: str) -> KeyOptions:
    """Return the options that `text` is; raise NotHonoured for the first that cannot be."""
    options, at, seen = KeyOptions(), 0, set[str]()
    while at < len(text):
        found = _OPTION.match(text, at)
        if found is None:
            raise NotHonoured(_AFTER_WORD.split(text[at:])[0] or text[at:], N_("it cannot be read"))
        name, value = found[1].lower(), found[2]
        if name in seen:
            raise NotHonoured(found[1], N_("it is said twice"))
        seen.add(name)
        options = _with(options, name, value)
        at = found.end()
    if text.endswith(","):
        raise NotHonoured(",", N_("no option follows it"))
    if options.principals and not options.is_authority:
        raise NotHonoured("principals", N_("it belongs to cert-authority"))
    return options


def _with(options: KeyOptions, name: str, value: str | None) -> KeyOptions:
    if name in _NOT_HONOURED:
        raise NotHonoured(name, _NOT_HONOURED[name])
    if name in _WORDS and value is None:
        return _WORDS[name](options)
    if name in _VALUES and value:
        return _VALUES[name](options, value)
    if name in _NEVER and value is None:
        return replace(options, never=tuple(sorted({*options.never, name})))
    known = name in _WORDS or name in _VALUES or name in _NEVER
    raise NotHonoured(
        name, N_("its value is missing or too much") if known else N_("this appliance does not know it")
    )


def _from(options: KeyOptions, value: str) -> KeyOptions:
    try:
        return replace(options, origin=checked_patterns(value))
    except NoPattern as bad:
        why = N_("{pattern} is no address, network or pattern that lets anybody in", pattern=inert(bad.pattern)[:80])
        raise NotHonoured("from", why) from None


def _expires(options: KeyOptions, value: str) -> KeyOptions:
    try:
        return replace(options, expires=moment_text(moment_of(value)))
    except ValueError:
        raise NotHonoured("expiry-time", N_("it is written YYYYMMDD[HHMM[SS]][Z]")) from None


def _direction(options: KeyOptions, value: str) -> KeyOptions:
    if value == "both":
        return options
    if value not in DIRECTIONS:
        raise NotHonoured("direction", N_("it is incoming, outgoing or both"))
    return replace(options, direction=value)


def _principals(options: KeyOptions, value: str) -> KeyOptions:
    names = value.split(",")
    if not all(_PRINCIPAL.fullmatch(name) for name in names):
        raise NotHonoured("principals", N_("it is a list of plain names, separated by commas"))
    return replace(options, principals=tuple(dict.fromkeys(names)))


_WORDS: dict[str, Callable[[KeyOptions], KeyOptions]] = {
    "cert-authority": lambda options: replace(options, is_authority=True),
    "no-pty": lambda options: replace(options, has_terminal=False),
    "pty": lambda options: replace(options, has_terminal=True),
    "restrict": lambda options: replace(options, is_restricted=True, has_terminal=False),
    "verify-required": lambda options: replace(options, is_verified=True),
}
_VALUES: dict[str, Callable[[KeyOptions, str], KeyOptions]] = {
    "direction": _direction,
    "expiry-time": _expires,
    "from": _from,
    "principals": _principals,
}
