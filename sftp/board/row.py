"""What one appliance said of itself, taken apart field by field.

Invariants: nothing of an answer is believed to have a form: what is not as an appliance says it is left out, and what
is kept is short. Due is what the appliance calls so, what has ended, and every exchange that waits for a step.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from tanos import deeds
from tanos.certificates.pair_kinds import REPORTING
from tanos.message import Deed
from tanos.platform import RELEASES, Role
from tanos.report import Words

LONGEST, MOST = 120, 32
STATUS = "status --json"
_DUE = frozenset(
    {
        "expired",
        "expiry-soon",
        "renewal-due",
        "damaged-certificate",
        "damaged-root",
        "pair-damaged",
        "disk-failed",
        "service-down",
        "hub-not-connected",
        "re-register",
        "relying-behind",
    }
)
NEXT = {
    ("requester", "made"): "zone-server send-csr",
    ("requester", "shown"): "zone-server import-certificate",
    ("requester", "sent"): "zone-server import-certificate",
    ("requester", "returned"): "zone-server import-certificate",
    ("issuer", "verified"): "zone-server import-request",
}
"""What an exchange waits for, by who keeps its record and its state; an issued one is only to be fetched."""


_NOUNS = frozenset(deed.verb.partition(" ")[0] for deed in vars(deeds).values() if isinstance(deed, Deed))
_WORDS = re.compile(r"[A-Za-z0-9._:\[\] -]+")
_MOST_DAYS = 10_000_000
"""Of a number that is believed; a root without an end lasts three million days."""


class NoStatus(ValueError):
    """What came is not what an appliance says of itself."""


@dataclass(frozen=True)
class Pair:
    """One certificate in use."""

    name: str
    days_left: int
    not_after: str
    due: bool
    waiting: bool
    """A request for the next one waits for its answer."""
    next: str
    """The verb that comes next; empty where nothing is to be done."""


@dataclass(frozen=True)
class Waiting:
    """One exchange that is not at its end."""

    check_code: str
    state: str
    since: str
    subject: str
    next: str


@dataclass(frozen=True)
class Row:
    """One host of the board."""

    host: str
    name: str = ""
    role: str = ""
    release: str = ""
    pairs: tuple[Pair, ...] = ()
    exchanges: tuple[Waiting, ...] = ()
    unanswered: int = 0
    """Requests that wait in `/incoming` to be answered there."""
    begin: str = ""
    """The verb by which the first exchange begins, where none ever did and one is needed."""
    warnings: tuple[tuple[str, str], ...] = ()
    """Id and sentence of each finding that is no matter of a certificate's days."""
    problem: str = ""
    """Id of why nothing is known of it: `peer-unreachable`, `no-status`, or what the host said."""
    reason: Words = ""

    @property
    def is_due(self) -> bool:
        """Whether somebody has to do something here."""
        return (
            any(each.due or each.waiting or each.days_left < 0 for each in self.pairs)
            or any(each.next for each in self.exchanges)
            or any(one in _DUE for one, _ in self.warnings)
            or self.unanswered > 0
        )

    @property
    def state(self) -> str:
        """`fail` where nothing is known, `due`, `warn`, or `ok`."""
        if self.problem:
            return "fail"
        return "due" if self.is_due else "warn" if self.warnings else "ok"

    def as_data(self) -> dict[str, Any]:
        """Return the fields promised to programs."""
        return {
            "host": self.host,
            "state": self.state,
            "name": self.name or None,
            "role": self.role or None,
            "release": self.release or None,
            "certificates": [vars(each) for each in self.pairs],
            "exchanges": [vars(each) for each in self.exchanges],
            "unanswered": self.unanswered,
            "begin": self.begin or None,
            "warnings": [{"id": each, "message": said} for each, said in self.warnings],
            "error": {"id": self.problem, "message": str(self.reason)} if self.problem else None,
        }


def row_of(host: str, answer: bytes) -> Row:
    """Return what `status --json` of an appliance says. Raises NoStatus where that is something else."""
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        raise NoStatus from None
    if not isinstance(told, dict) or told.get("schema") != 1 or not isinstance(told.get("certificates"), list):
        raise NoStatus
    role = _text(told, "role")
    side = "issuer" if role == Role.TANIUM_SERVER.value else "requester"
    pairs, waiting = tuple(_pairs(told)), told.get("unanswered")
    return Row(
        host,
        _text(told, "name"),
        role,
        _text(told, "release"),
        pairs,
        tuple(_exchanges(told, side)),
        waiting if _is_number(waiting) else 0,
        _first_step(told, role),
        tuple(_warnings(told, bool(pairs))),
    )


def _first_step(told: Mapping[str, Any], role: str) -> str:
    release = RELEASES.get(_text(told, "release"))
    begun = _list(told, "exchanges") or any(
        each.get("pair") == REPORTING.name for each in _objects(told, "certificates")
    )
    if role != Role.ZONE_SERVER.value or release is None or release.automatic_tls or begun:
        return ""
    return "zone-server create-csr" if told.get("root") else "public-key import"


def error_of(answer: bytes) -> tuple[str, str] | None:
    """Return id and sentence of a refusal of an appliance; None where the answer is no such thing."""
    try:
        error = json.loads(answer)["error"]
        return _text(error, "id"), _text(error, "message")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None


def _pairs(told: Mapping[str, Any]) -> Iterator[Pair]:
    for each in _objects(told, "certificates"):
        days = each.get("days_left")
        if _is_number(days):
            yield Pair(
                _text(each, "pair") or _text(each, "name"),
                days,
                _text(each, "not_after"),
                each.get("due") is True,
                bool(_list(each, "waiting")),
                _verb(each, "next"),
            )


def _exchanges(told: Mapping[str, Any], side: str) -> Iterator[Waiting]:
    for each in _objects(told, "exchanges"):
        state = _text(each, "state")
        step = NEXT.get((side, state), "")
        if step or (side, state) == ("issuer", "issued"):
            yield Waiting(_text(each, "check_code"), state, _text(each, "since"), _text(each, "subject"), step)


def _warnings(told: Mapping[str, Any], has_pairs: bool) -> Iterator[tuple[str, str]]:
    """Yield findings; those about days are told by the pairs themselves."""
    told_by_pairs = {"expired", "expiry-soon", "renewal-due"} if has_pairs else set()
    for each in _objects(told, "findings"):
        if _text(each, "severity") in {"warn", "refuse"} and _text(each, "id") not in told_by_pairs:
            yield _text(each, "id"), _text(each, "message")


def _verb(told: Mapping[str, Any], name: str) -> str:
    """Return a verb of ours; whatever else a host would have its reader run is left out."""
    said = _text(told, name)
    return said if said.partition(" ")[0] in _NOUNS and _WORDS.fullmatch(said) else ""


def _is_number(value: Any) -> TypeGuard[int]:
    return type(value) is int and abs(value) < _MOST_DAYS


def _objects(told: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [each for each in _list(told, name) if isinstance(each, dict)]


def _list(told: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = told.get(name)
    return value[:MOST] if isinstance(value, list) else []


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value[:LONGEST] if isinstance(value, str) else ""
