"""The keeper as a process, as its front and a session ask it; and which process it is."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from sftp.keeping.asking import FarKeeper, Line
from sftp.keeping.guardian import keeping
from sftp.keeping.rights import Part
from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.keeper import Keeper
from tests.sftp.door.processes import children, children_named, is_alive, soon

HASH = bytes(32)
"""Of an exchange of keys, to be signed."""


@contextmanager
def another(line: Line, part: Part = Part.ADMINISTRATOR, user: str = "tanadmin") -> Iterator[Line]:
    """Have a line with other rights, as a session has it."""
    with line.for_another(part, user) as lent:
        own = Line(os.dup(lent))
    try:
        yield own
    finally:
        own.close()


@contextmanager
def asked(appliance: Appliance) -> Iterator[tuple[Keeper, Keeper]]:
    """Yield the keeper as the front and as an administrator's session ask it."""
    with keeping(appliance) as line, another(line) as own:
        yield FarKeeper(appliance, line), FarKeeper(appliance, own)


def the_guardian() -> int:
    """Return the process that starts the keeper: a child of ours, which may have others of other tests."""
    assert soon(lambda: len(children_named(os.getpid(), "tanos-guardian")) == 1)
    (one,) = children_named(os.getpid(), "tanos-guardian")
    return one


def the_keeper() -> int:
    """Return the keeper's process: the one child of its guardian."""
    guarding = the_guardian()
    assert soon(lambda: len(children(guarding)) == 1)
    (keeper,) = children(guarding)
    return keeper


def kill_the_keeper() -> None:
    old = the_keeper()
    os.kill(old, signal.SIGKILL)
    assert soon(lambda: not is_alive(old))


def answers(keeper: Keeper) -> bool:
    try:
        return keeper.holds_root()
    except NotYet:
        return False
