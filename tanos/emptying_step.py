"""Files go from the drop box: a step outside the database, between a record that names them and one that they went.

Invariants: nothing gets a name between the choice of what goes and its end. Who gives names is waited for a while,
and before the database is: one that was stopped in the middle holds up nobody who has a record to write. No file goes
that no durable record names.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.message import N_
from tanos.store.begun import Doing, Step, taking
from tanos.store.store import Change

PLACE = "dropbox"
_TURN = 0.01
"""Seconds between two tries for the lock: it has no queue with an end."""
_MOST_NAMED = 200
"""Names in one audit record; more are counted."""


@dataclass(frozen=True)
class Removed:
    """Names of what goes, or went."""

    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()

    @property
    def paths(self) -> list[str]:
        """As the drop box names them."""
        return [f"/incoming/{name}" for name in self.incoming] + [f"/outgoing/{name}" for name in self.outgoing]


def remove(
    call: Call, choose: Callable[[], Removed], patience: float, also: Callable[[Change], object] = lambda _: None
) -> Removed:
    """Remove what is chosen while nothing gets a name; return which went. `also` changes the database with it.

    Raises NotYet `busy` where somebody gives names for longer than `patience` seconds; TanosError, OSError.
    """
    appliance = call.appliance
    with _alone(appliance, patience) as (incoming, outgoing):
        chosen = choose()
        if not chosen.paths:
            with appliance.store.change(call) as change:
                also(change)
                change.quiet = True
            return chosen
        doing = Doing(PLACE, json.dumps(chosen.paths), "/incoming", _named(chosen), _count(chosen))
        with taking(EMPTYING, call, doing) as change:
            also(change)
            removed = Removed(_unlinked(incoming, chosen.incoming), _unlinked(outgoing, chosen.outgoing))
            change.before, change.after = _named(removed), _count(removed)
    return removed


@contextlib.contextmanager
def _alone(appliance: Appliance, patience: float) -> Iterator[tuple[int, int]]:
    """Keep connections from giving names meanwhile: they hold the same lock when they do. Gives both directories."""
    until = time.monotonic() + patience
    with contextlib.ExitStack() as stack:
        incoming, outgoing = (
            _locked(directory, until, stack) for directory in (appliance.incoming, appliance.outgoing)
        )
        yield incoming, outgoing


def _locked(directory: Path, until: float, stack: contextlib.ExitStack) -> int:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, descriptor)
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        if time.monotonic() >= until:
            raise NotYet(
                "busy",
                N_("A file is being put into the drop box, and that does not end."),
                N_("Try again in a few seconds; if it stays so, end the connections of tancopy."),
            )
        time.sleep(_TURN)


def _unlinked(directory: int, names: tuple[str, ...]) -> tuple[str, ...]:
    gone = []
    for name in names:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=directory)
            gone.append(name)
    os.fsync(directory)
    return tuple(gone)


def _named(removed: Removed) -> str:
    names = removed.paths
    more = [f"and {len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
    return ", ".join(names[:_MOST_NAMED] + more)


def _count(removed: Removed) -> str:
    return f"removed: {len(removed.paths)}"


def _began(appliance: Appliance, _: str, mark: str) -> bool:
    """Say whether any of the files went: what is left of them goes with the next emptying."""
    return any(not os.path.lexists(appliance.incoming.parent / path.lstrip("/")) for path in json.loads(mark))


EMPTYING = Step("empty", _began)
"""Its place is the drop box, its mark the paths of what goes."""
