"""The front door's warm parent: always one that runs the code that lies on the disk.

Invariants: the first is started before the front door loads any key, and another whenever it dies. When code or a
catalogue was changed, the next session to open has a new one started; the old one takes no more sessions, and those
that it has live on until they end. Code that does not start replaces nothing.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from sftp.forks import serve_forever
from sftp.keeping.asking import Line
from sftp.keeping.rights import Part
from sftp.parent import Parent, Running, start_parent
from sftp.session import Session
from sftp.stamp import Stamp, code_stamp
from sftp.watching import keep_going
from tanos.errors import Damaged
from tanos.faults import write_fault
from tanos.message import N_

__all__ = ["Running", "WarmParent", "serve_forever"]

_START_SECONDS = 30.0
_RENEW_SECONDS = 10.0
"""How long a session waits for new code; then it gets the old."""
_PAUSE_BETWEEN_STARTS = 0.5
_LONGEST_PAUSE = 10.0
_LOOK_SECONDS = 1.0
"""The least time between two looks at the disk."""


class WarmParent:
    """Starts the warm parent, keeps it alive and new, and asks it for sessions."""

    def __init__(
        self,
        home: Path,
        module: str = "menus.warm",
        environment: Mapping[str, str] | None = None,
        keeper: Line | None = None,
    ) -> None:
        self._home = home
        self._keys = keeper
        self._module = module
        self._environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUTF8": "1", **(environment or {})}
        if keeper is not None:
            self._environment["TMPDIR"] = str(home / "run")
        self._parents: set[Parent] = set()
        self._current: Parent | None = None
        self._ready = asyncio.Event()
        self._lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._look: asyncio.Task[None] | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._stamp: Stamp = frozenset()
        self._looked = 0.0

    @property
    def pid(self) -> int:
        """Of the parent that is warm; 0 where none is."""
        return self._current.pid if self._current else 0

    async def start(self) -> None:
        """Start it and wait until it is warm. Raises Damaged `no-warm-parent`."""
        self._keeper = asyncio.create_task(keep_going(self._home, "warm parent", self._keep, _LONGEST_PAUSE))
        waiting = asyncio.create_task(self._ready.wait())
        await asyncio.wait({self._keeper, waiting}, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not self._ready.is_set():
            await self.close()
            raise _not_started()

    async def close(self) -> None:
        """End it, those before it and, with them, every session."""
        for task in (self._keeper, self._look, self._renewal):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._keeper = self._look = self._renewal = None
        await asyncio.gather(*(parent.close() for parent in self._parents))

    async def open(self, session: Session, descriptors: Sequence[int]) -> Running:
        """Have a session forked that gets copies of `descriptors` as 0, 1, 2 …; the caller keeps its own.

        Raises Damaged `no-warm-parent`, ValueError where the session's words are too long, OSError.
        """
        self.look()
        if self._look is not None:
            await asyncio.wait({self._look})
        try:
            await asyncio.wait_for(self._ready.wait(), _START_SECONDS)
        except TimeoutError:
            raise _not_started() from None
        if self._current is None:
            raise _not_started()
        with ExitStack() as lent:
            if self._keys is not None and session.kind != "files":
                line = lent.enter_context(self._keys.for_another(Part(session.role), session.user))
                session, descriptors = replace(session, keeper=len(descriptors)), [*descriptors, line]
            return self._current.open(session, descriptors)

    async def _keep(self) -> None:
        """Start it, and again whenever it dies; give up only where it never became ready at all."""
        ever_warm, pause = False, _PAUSE_BETWEEN_STARTS
        while True:
            parent = await self._begin(_START_SECONDS)
            if parent is not None:
                self._take(parent)
                await self._lost.wait()
                self._lost.clear()
            ever_warm = ever_warm or parent is not None
            if not ever_warm:
                return
            pause = _PAUSE_BETWEEN_STARTS if parent is not None else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    def stir(self) -> None:
        """Say that somebody is about to ask for a menu."""
        if self._current is not None:
            self._current.stir()

    def look(self) -> None:
        """Begin to look at the disk, unless somebody just did: whoever is signing in will ask for a session."""
        now = time.monotonic()
        if self._current is not None and self._look is None and now >= self._looked + _LOOK_SECONDS:
            self._looked = now
            self._look = asyncio.create_task(self._stay_new())

    async def _stay_new(self) -> None:
        """Have a new one started where the code is no longer that of the present one, and wait for it."""
        try:
            if await asyncio.to_thread(code_stamp) != self._stamp:
                self._renewal = asyncio.create_task(self._renew())
                await asyncio.wait({self._renewal}, timeout=_RENEW_SECONDS)
        finally:
            self._look = None

    async def _renew(self) -> None:
        try:
            parent = await self._begin(_RENEW_SECONDS)
            if parent is None:
                write_fault(self._home, "new code", _not_renewed())
            else:
                self._take(parent)
        finally:
            self._renewal = None

    async def _begin(self, seconds: float) -> Parent | None:
        """Start one and wait until it is warm; None where it cannot be or does not become so in time."""
        self._stamp = code_stamp()
        try:
            parent = await start_parent(self._module, self._home, self._environment, self._is_gone)
        except OSError as error:
            write_fault(self._home, "warm parent", error)
            return None
        self._parents.add(parent)
        try:
            return parent if await asyncio.wait_for(parent.warm, seconds) else None
        except TimeoutError:
            parent.kill_all()
            return None

    def _take(self, parent: Parent) -> None:
        old, self._current = self._current, parent
        self._ready.set()
        if old is not None:
            old.retire()

    def _is_gone(self, parent: Parent) -> None:
        self._parents.discard(parent)
        if parent is self._current:
            self._current = None
            self._ready.clear()
            self._lost.set()


def _not_started() -> Damaged:
    return Damaged(
        "no-warm-parent",
        N_("The process that serves sessions could not be started."),
        N_("What it printed says why; nothing was changed."),
    )


def _not_renewed() -> Damaged:
    return Damaged(
        "no-warm-parent",
        N_("The code of this appliance was changed and does not start; sessions are served by the code from before."),
        N_("What it printed says why; repair the installation, or start the service again."),
    )
