"""One drop box connection on standard input and output: what other SSH servers start as their SFTP subsystem.

Invariants: it is two processes. The child talks with the client and is confined exactly as behind our own front door;
this one never reads a byte of the client's: it writes the audit, answers whether a file is protected, and ends with
the child's status once all is written. If it is killed the child dies with it, so that nothing is changed that nobody
writes down.
"""

import asyncio
import ctypes
import os
import signal
import socket
from functools import partial
from typing import NoReturn

from sftp.clerk import Clerk
from sftp.events import Events
from sftp.files.child import Speaks, serve
from sftp.files.link import StandardStreams
from sftp.files.requests import ChoosyHandler, Requests
from sftp.files.teller import EVENTS
from sftp.guest import Guest, why_gone
from sftp.pump import Outlet
from sftp.watching import watch
from tanos.keys.standing import Proofs
from tanos.users.accounts import user

_PR_SET_PDEATHSIG = 1
_KILLED = 128
_LOOK_SECONDS = 1.0


def serve_standard_streams(guest: Guest, requests: Requests) -> int:
    """Serve the client on descriptors 0 and 1 until it is gone; return the exit status.

    Raises OSError where the system has no room for another process. There must be no other thread, and no store open.
    """
    ours, its = socket.socketpair()
    parent = os.getpid()
    child = os.fork()
    if not child:
        _be_the_child(guest, requests, its, parent)
    its.close()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    asyncio.run(_audit(guest, ours, child))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _KILLED - code


def _be_the_child(guest: Guest, requests: Requests, its: socket.socket, parent: int) -> NoReturn:
    status = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == parent:
            os.dup2(its.fileno(), EVENTS)
            os.closerange(EVENTS + 1, 1 << 20)
            os.umask(0o077)
            for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(ignored, signal.SIG_IGN)
            handler = partial(ChoosyHandler, requests)
            status = _serve(guest, handler)
    finally:
        os._exit(status)


def _serve(guest: Guest, handler: Speaks) -> int:
    sender = guest.key or guest.user
    return serve(guest.appliance.home / "dropbox", sender, StandardStreams(), handler, only=guest.direction)


async def _audit(guest: Guest, ours: socket.socket, child: int) -> None:
    records = Clerk(guest.appliance)
    descriptor = ours.detach()

    def answer(data: bytes) -> None:
        if outlet.descriptor >= 0:
            os.write(outlet.descriptor, data)

    events = Events(guest, records, answer)
    outlet = Outlet(descriptor, events.feed)
    leaving = asyncio.create_task(watch(guest.appliance.home, "files", _LOOK_SECONDS, partial(_look, guest, child)))
    await outlet.ended
    leaving.cancel()
    events.close()
    await records.close()


async def _look(guest: Guest, child: int) -> None:
    """End the connection of a guest who may no longer be here, as the front door does, and say why."""
    appliance, by = guest.appliance, guest.came_by
    why = why_gone(guest, user(appliance, guest.user))
    if why is None and by is not None:
        why = Proofs(appliance, appliance.clock()).why_ended(guest.user, by)
    if why is not None:
        os.write(2, f"{why}\n".encode())
        os.kill(child, signal.SIGKILL)
