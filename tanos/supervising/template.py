"""The template of services: a process in which their code is loaded and nothing else, from which each is forked.

Invariants: it is forked before the supervisor has asked the keeper for anything, so that no service finds in its
memory what is another's; it has one thread and no event loop. What it forks is confined as it is, and confines itself
further. It ends with the supervisor, and so do they; a fork that the system refuses is one start that failed, and
ends nothing else. A start costs a small part of what a fresh interpreter does.
"""

import asyncio
import ctypes
import gc
import importlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from tanos.faults import write_fault
from tanos.services.program import serve

_LETTER = 64
_MADE, _NONE = b"p", b"n"
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_LIBC = ctypes.CDLL(None, use_errno=True)


class Forked:
    """One process of a service, by a descriptor: its number may be another's once it has ended."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._tell)

    @property
    def pid(self) -> int:
        """Its number, while it lives."""
        with open(f"/proc/self/fdinfo/{self._descriptor}") as told:  # noqa: PTH123 - no file
            return int(next(line.split()[1] for line in told if line.startswith("Pid:")))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; one that has ended gets none."""
        if not self._ended.is_set():
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    async def wait(self) -> None:
        """Wait until it has ended."""
        await self._ended.wait()

    def _tell(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._ended.set()


class Template:
    """The supervisor's end."""

    def __init__(self, home: Path, modules: Iterable[str]) -> None:
        """Fork it. Raises OSError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            ours.close()
            _be_template(home, theirs, modules)
        theirs.close()
        self._channel = ours

    def fork(self, line: socket.socket, log: int) -> Forked:
        """Have a service's process made whose line and log these are. Raises OSError."""
        socket.send_fds(self._channel, [b"s"], [line.fileno(), log])
        _, descriptors, _, _ = socket.recv_fds(self._channel, _LETTER, 1)
        if not descriptors:
            raise ConnectionResetError("no process was made")
        os.set_inheritable(descriptors[0], False)
        return Forked(descriptors[0])

    def when_lost(self, tell: Callable[[], None]) -> None:
        """Have the running loop call `tell` once it is gone; another is forked only where no pair was seen yet."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            try:
                if self._channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                    return
            except BlockingIOError:  # its answer was read meanwhile
                return
            except OSError:
                pass
            loop.remove_reader(self._channel)
            tell()

        loop.add_reader(self._channel, look)

    def close(self) -> None:
        """Let it end. Called within the loop that `when_lost` was."""
        asyncio.get_running_loop().remove_reader(self._channel)
        self._channel.close()


def _be_template(home: Path, channel: socket.socket, modules: Iterable[str]) -> NoReturn:
    try:
        _LIBC.prctl(_PR_SET_NAME, b"tanos-template", 0, 0, 0)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):  # what has ended is nobody's to wait for
            signal.signal(number, signal.SIG_IGN)
        for module in modules:
            importlib.import_module(module)
        gc.collect()
        gc.freeze()
        while _forks(channel):
            pass
    except Exception as error:
        write_fault(home, "services", error)
    finally:
        os._exit(0)


def _forks(channel: socket.socket) -> bool:
    """Make what is asked for, or say that it cannot be made; whether there is still somebody who asks."""
    data, held, _, _ = socket.recv_fds(channel, _LETTER, 2)
    if not data:
        return False
    try:
        line, log = held
        child = os.fork()
        if child == 0:
            _be_service(line, log)
        held.append(os.pidfd_open(child))
    except (OSError, ValueError):  # the system has no room; what was forked ends with its line, which nobody holds
        socket.send_fds(channel, [_NONE], [])
    else:
        socket.send_fds(channel, [_MADE], held[2:])
    for each in held:
        os.close(each)
    return True


def _be_service(line: int, log: int) -> NoReturn:
    status = 1
    try:
        _LIBC.prctl(_PR_SET_NAME, b"tanos-service", 0, 0, 0)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for standard in (1, 2):
            os.dup2(log, standard)
        os.dup2(line, 3, inheritable=False)
        os.closerange(4, 1 << 20)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.umask(0o077)
        sys.stdout = sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
        status = asyncio.run(serve(socket.socket(fileno=3)))
    except BaseException:
        import traceback

        with suppress(OSError, ValueError):
            print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), traceback.format_exc(), file=sys.stderr)  # noqa: T201
    finally:
        os._exit(status)
