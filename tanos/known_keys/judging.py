"""Whether everybody has the private half of a key: what is asked of every key where one enters.

Invariant: the keys that are shipped are known everywhere; those of an appliance's own lists where `listed_at` says
which appliance it is: for every operation the gate of the menus does, and for all that it does by itself whoever
serves it. The processes of services read no file; who has a key signed there is judged by what is shipped.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from tanos.finding import Finding, refuse
from tanos.inert import inert
from tanos.known_keys.lists import DIRECTORY, KeyList, given_list, lists_in
from tanos.known_keys.marks import Marks, marks_of, name_of
from tanos.known_keys.shipped import SHIPPED
from tanos.message import N_

_lists: ContextVar[Callable[[], Sequence[KeyList]]] = ContextVar("lists of known keys", default=tuple)


@contextmanager
def listed_at(home: Path) -> Iterator[None]:
    """Go by the lists of that home, too, as long as this lasts."""
    with _listed(partial(lists_in, home / DIRECTORY)):
        yield


@contextmanager
def listed_in(file: Path) -> Iterator[None]:
    """Go by that list, of badkeys' form, as long as this lasts. Raises AnswerRefused as `given_list` does."""
    given = given_list(file)
    with _listed(lambda: (given,)):
        yield


@contextmanager
def _listed(lists: Callable[[], Sequence[KeyList]]) -> Iterator[None]:
    former = _lists.set(lists)
    try:
        yield
    finally:
        _lists.reset(former)


def unlisted() -> None:
    """Go by the shipped keys alone from now on, as a process does that reads no file of an appliance."""
    _lists.set(tuple)


def known_by(marks: Marks | None) -> str:
    """Return where a key is known from; nothing where it is not known. Raises Damaged `disk-failed`."""
    if marks is None:
        return ""
    return SHIPPED.get(name_of(marks), "") or next((each.name for each in _lists.get()() if each.holds(marks)), "")


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
