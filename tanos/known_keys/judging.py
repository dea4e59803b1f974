"""Whether everybody has the private half of a key: what is asked of every key where one enters.

Invariant: the keys that are shipped are known everywhere; those of an appliance's own lists where `listed_at` says
which appliance it is: for every operation the gate of the menus does, and for all that it does by itself whoever
serves it. The processes of services read no file; who has a key signed there is judged by what is shipped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from tanos.finding import Finding, refuse
from tanos.inert import inert
from tanos.known_keys.lists import DIRECTORY, lists_in
from tanos.known_keys.marks import Marks, marks_of, name_of
from tanos.known_keys.shipped import SHIPPED
from tanos.message import N_

_lists: ContextVar[Path | None] = ContextVar("lists of known keys", default=None)


@contextmanager
def listed_at(home: Path) -> Iterator[None]:
    """Go by the lists of that home, too, as long as this lasts."""
    former = _lists.set(home / DIRECTORY)
    try:
        yield
    finally:
        _lists.reset(former)


def unlisted() -> None:
    """Go by the shipped keys alone from now on, as a process does that reads no file of an appliance."""
    _lists.set(None)


def known_by(marks: Marks | None) -> str:
    """Return where a key is known from; nothing where it is not known. Raises Damaged `disk-failed`."""
    if marks is None:
        return ""
    directory = _lists.get()
    return SHIPPED.get(name_of(marks), "") or (_listed(directory, marks) if directory else "")


def examine_known(key: PublicKeyTypes) -> tuple[Finding, ...]:
    """Return `known-key` where everybody has the private half of it."""
    source = known_by(marks_of(key))
    return (known_key(source),) if source else ()


def known_key(source: str) -> Finding:
    """Refuse a key whose private half is published."""
    return refuse(
        "known-key",
        N_("Everybody has the private key of this one: it is published ({source}).", source=inert(source)),
        N_("Make a new key, and let nothing go on that uses this one."),
    )


def _listed(directory: Path, marks: Marks) -> str:
    return next((each.name for each in lists_in(directory) if each.holds(marks)), "")
