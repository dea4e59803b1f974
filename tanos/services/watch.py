"""Having a process beside the front door: forked before the front gives up its rights, forked again when it dies.

Invariants: whoever watches has one thread, opens nothing and reads nothing. Both end when the front's process is
gone, however it went. The supervisor of the services is one of these; it is confined before it starts a service.
"""

import asyncio
import ctypes
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from tanos.appliance import Appliance
from tanos.confinement.capabilities import give_up
from tanos.confinement.confine import confine
from tanos.confinement.home import supervisor_needs
from tanos.confinement.single import keep_unread
from tanos.faults import write_fault
from tanos.store.store import Store

_PAUSE, _LONGEST_PAUSE, _STEADY_SECONDS, _STOP_SECONDS = 0.2, 10.0, 20.0, 15.0
_PR_SET_NAME, _PR_SET_PDEATHSIG = 15, 1
_LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def supervised(appliance: Appliance, address: str, keeper: int, reach_keeper: Callable[[], None]) -> Iterator[None]:
    """Have the services run for as long as the block lasts.

    `keeper` is a descriptor of a line to the keeper, for the supervisor alone and closed here; `reach_keeper` has a
    process ask over it. Call it while there is one thread and no connection to the store is open. Raises OSError.
    """

    def be(front: socket.socket) -> None:
        _supervise(appliance, address, front, reach_keeper)

    with watched(b"tanos-watch", keeper, be, lambda error: write_fault(appliance.home, "supervisor", error)):
        yield


@contextmanager
def watched(
    name: bytes, line: int, be: Callable[[socket.socket], None], fault: Callable[[Exception], object]
) -> Iterator[None]:
    """Have a process beside this one for as long as the block lasts, forked again when it dies.

    It does `be`, until the socket that it is given is readable; `line` is a descriptor for it alone, closed here.
    What goes wrong in either is given to `fault`. Raises OSError.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        _watch(name, theirs, line, be, fault)
    theirs.close()
    os.close(line)
    try:
        yield
    finally:
        ours.close()
        os.waitpid(child, 0)


def _watch(
    name: bytes,
    front: socket.socket,
    line: int,
    be: Callable[[socket.socket], None],
    fault: Callable[[Exception], object],
) -> NoReturn:
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _LIBC.prctl(_PR_SET_NAME, name, 0, 0, 0)
        os.chdir("/")
        _keep_only(front.fileno(), line)
        keep_unread()
        pause = _PAUSE
        while True:
            began = time.monotonic()
            child = os.fork()
            if child == 0:
                _begin(front, be, fault)
            if _front_is_gone(front, child):
                break
            pause = _PAUSE if time.monotonic() - began > _STEADY_SECONDS else min(2 * pause, _LONGEST_PAUSE)
            if select.select([front], [], [], pause)[0]:
                break
    except Exception as error:
        fault(error)
    finally:
        os._exit(0)


def _begin(
    front: socket.socket, be: Callable[[socket.socket], None], fault: Callable[[Exception], object]
) -> NoReturn:
    status = 1
    try:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        be(front)
        status = 0
    except Exception as error:
        fault(error)
    finally:
        os._exit(status)


def _front_is_gone(front: socket.socket, child: int) -> bool:
    """Wait for either to end; where it is the front, the supervisor is ended too. Say whether it was the front."""
    pidfd = os.pidfd_open(child)
    try:
        ready, _, _ = select.select([front.fileno(), pidfd], [], [])
        if pidfd in ready:
            os.waitpid(child, 0)
            return False
        if not select.select([pidfd], [], [], _STOP_SECONDS)[0]:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True
    finally:
        os.close(pidfd)


def _supervise(appliance: Appliance, address: str, front: socket.socket, reach_keeper: Callable[[], None]) -> None:
    from tanos.services.supervisor import supervise

    _LIBC.prctl(_PR_SET_NAME, b"tanos-services", 0, 0, 0)
    held = Store(appliance.home / "appliance.db", appliance.clock)
    held.rows("PRAGMA user_version")  # so that the files of the store stay the ones that are granted
    reach_keeper()
    os.environ["TMPDIR"] = str(appliance.run)
    confined = False
    try:
        give_up()
        confined = confine(supervisor_needs(appliance)).landlock > 0
    except (OSError, RuntimeError) as error:
        write_fault(appliance.home, "supervisor, not confined", error)
    supervise(appliance, address, lambda: when_gone(front), confined=confined)


def when_gone(front: socket.socket) -> asyncio.Event:
    """Return what is set in the running loop once the other end of `front` is gone."""
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell() -> None:
        loop.remove_reader(front.fileno())
        gone.set()

    loop.add_reader(front.fileno(), tell)
    return gone


def _keep_only(*descriptors: int) -> None:
    """Hold nothing else of the front's: its lock, its output, what it opened."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    last = 2
    for kept in sorted(descriptors):
        os.closerange(last + 1, kept)
        last = kept
    os.closerange(last + 1, 1 << 20)
