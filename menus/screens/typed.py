"""What the operator typed and no page has taken yet: one queue for the whole session.

Invariants: keys leave in the order they came, and only a page that asks takes one, so that keys typed ahead of a
page wait for it. While raw bytes are taken (a paste), no byte becomes a key. What follows a bracketed paste without
a silence between is dropped as it arrives: what is pasted may hold an end mark, and its rest must answer nothing.
After a hangup every reader is told.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from menus.screens.keyboard import Key, Keyboard

ESCAPE_SECONDS = 0.05
"""How long an Esc waits for the rest of a key's sequence."""
SILENCE_SECONDS = 0.15
"""After so much of it, what comes is not the rest of a paste."""
QUEUE_LIMIT = 200_000
"""Keys; a client that sends more without reading an answer is not a person."""

BURST = 256
"""Keys that may be taken in one go before others get their turn."""


class HungUp(Exception):
    """The terminal is gone; there is nobody left to ask."""


class Typed:
    """The queue. Only the driver feeds it."""

    def __init__(self) -> None:
        self._keyboard = Keyboard()
        self._keys: deque[Key] = deque()
        self._bytes = bytearray()
        self._raw = False
        self.gone = asyncio.Event()
        """Set once the terminal is gone."""
        self._fed_at = 0.0
        self._taken = 0
        self._arrived = asyncio.Event()
        self._settling: asyncio.TimerHandle | None = None
        self._deaf: asyncio.TimerHandle | None = None
        self.interrupts: Callable[[Key], bool] | None = None
        """Asked of each key as it arrives while long work runs; a key it takes is not queued."""

    def feed(self, data: bytes) -> None:
        """Take bytes from the terminal. Ctrl-C forgets at once what was typed ahead of it."""
        self._fed_at = asyncio.get_running_loop().time()
        if self._raw:
            self._bytes += data
        elif self._deaf:
            self._drop_what_follows()
        else:
            self._queue(self._keyboard.feed(data))
            self._settle_later()
        self._arrived.set()

    def hang_up(self) -> None:
        """Say that the terminal is gone."""
        self.gone.set()
        self._arrived.set()

    async def idle(self, seconds: int) -> None:
        """Return once nothing was typed for `seconds`."""
        loop = asyncio.get_running_loop()
        self._fed_at, left = loop.time(), float(seconds)
        while left > 0:
            await asyncio.sleep(left)
            left = self._fed_at + seconds - loop.time()

    @property
    def ahead(self) -> bool:
        """Whether more was typed than was taken."""
        return bool(self._keys)

    async def key(self) -> Key:
        """Return the next key, waiting for one if need be. Raises HungUp."""
        self._taken += 1
        if self._taken % BURST == 0:
            await asyncio.sleep(0)
        while not self._keys:
            await self._arrival()
        return self._keys.popleft()

    async def read(self, seconds: float) -> bytes:
        """Return raw bytes as soon as there are some, or none after `seconds` of silence. Raises HungUp."""
        if not self._bytes:
            with suppress(TimeoutError):  # bytes that came in the same moment count all the same
                await asyncio.wait_for(self._arrival(), seconds)
        data = bytes(self._bytes)
        self._bytes.clear()
        return data

    @contextmanager
    def raw(self) -> Iterator[None]:
        """Turn what is queued, and all that comes, into raw bytes; what nobody read turns into keys again."""
        held = b"".join(key.raw for key in self._keys) + self._keyboard.take()
        self._keys.clear()
        self._bytes += held
        self._raw = True
        try:
            yield
        finally:
            self._raw = False
            rest = bytes(self._bytes)
            self._bytes.clear()
            self.feed(rest)

    def forget(self) -> None:
        """Drop what was typed ahead."""
        self._keys.clear()

    async def calm(self) -> None:
        """Wait until what follows a paste has been dropped. Raises HungUp."""
        while self._deaf:
            await self._arrival()

    async def swallow(self, seconds: float) -> None:
        """Drop everything until nothing has come for `seconds`. Raises HungUp."""
        with self.raw():
            while await self.read(seconds):
                pass

    async def _arrival(self) -> None:
        if self.gone.is_set():
            raise HungUp
        self._arrived.clear()
        await self._arrived.wait()

    def _queue(self, keys: list[Key]) -> None:
        for key in keys:
            if self.interrupts is not None and self.interrupts(key):
                continue
            if key.name == "interrupt":
                self._keys.clear()
            if len(self._keys) < QUEUE_LIMIT:
                self._keys.append(key)
            if key.name == "paste":
                self._keyboard.take()
                self._drop_what_follows()
                return

    def _drop_what_follows(self) -> None:
        """Be deaf until there is silence. The loop tells it: bytes that wait while it is busy come before timers."""
        if self._deaf:
            self._deaf.cancel()
        self._deaf = asyncio.get_running_loop().call_later(SILENCE_SECONDS, self._hear_again)

    def _hear_again(self) -> None:
        self._deaf = None
        self._arrived.set()

    def _settle_later(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        if self._keyboard.undecided:
            self._settling = asyncio.get_running_loop().call_later(ESCAPE_SECONDS, self._settle)

    def _settle(self) -> None:
        self._settling = None
        if not self._raw:
            self._queue(self._keyboard.settle())
            self._arrived.set()
