"""What the warm parent watches, where a child just forked still holds a copy of all that it has open."""

import os
import selectors
import signal
import socket
from collections.abc import Iterator

import pytest

from sftp.forks import _Child, _Parent
from sftp.grace import Mark
from sftp.spares import Spare, Spares, pidfd_of


@pytest.fixture
def parent() -> Iterator[_Parent]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        yield _Parent(ours, {}, Spares(None))


@pytest.fixture
def sleeper() -> Iterator[int]:
    """A child that lives until the test is over."""
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    yield pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_channel_that_ended_is_heard_no_more_under_a_number_used_again(parent: _Parent, sleeper: int) -> None:
    channel, other_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel.setblocking(False)
    spare = Spare(sleeper, pidfd_of(sleeper), Mark(), channel)
    parent._watch(channel, lambda: parent._hear(spare))
    number = channel.fileno()
    copy_in_a_fork = os.dup(number)
    other_end.close()
    parent._hear(spare)
    quiet, writes = os.pipe()
    again = os.dup2(quiet, number)
    try:
        parent._watch(again, lambda: None)
        assert parent._selector.select(0) == []
    finally:
        parent._selector.unregister(again)
        for each in {again, quiet, writes, copy_in_a_fork, spare.pidfd}:
            os.close(each)
        spare.mark.close()


@pytest.mark.parametrize("ending", ["reap", "bury"])
def test_a_child_that_lives_is_not_waited_for(parent: _Parent, sleeper: int, ending: str) -> None:
    pidfd = pidfd_of(sleeper)
    mark = Mark()
    ours, theirs = socket.socketpair()
    parent._selector.register(pidfd, selectors.EVENT_READ)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(5)
    try:
        if ending == "reap":
            parent._children[1] = child = _Child(1, sleeper, pidfd, mark)
            parent._reap(child)
            assert parent._children == {1: child}
        else:
            parent._bury(Spare(sleeper, pidfd, mark, ours))
        assert pidfd in parent._selector.get_map()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        os.close(pidfd)
        mark.close()
        ours.close()
        theirs.close()


def _too_long(*_: object) -> None:
    raise AssertionError("waited for a child that lives")
