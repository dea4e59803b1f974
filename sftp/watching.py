"""What the front door does again and again, for as long as it is open.

Invariants: one step that fails starves no other, and none ends unseen: what nobody foresaw is written down, and tried
again after a while, so that a fault which comes back does not drive the others out of their log.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tanos.errors import TanosError
from tanos.faults import write_fault

AFTER_A_FAULT = 60.0
"""Seconds."""
Step = Callable[[], Awaitable[object]]


async def watch(home: Path, named: str, seconds: float, *steps: Step) -> None:
    """Do all steps every so many seconds until cancelled; what cannot be done just now is tried again at the next."""
    rests = dict.fromkeys(steps, 0.0)
    while True:
        for step in steps:
            if rests[step] > time.monotonic():
                continue
            try:
                await step()
            except (TanosError, OSError):
                pass
            except Exception as error:
                write_fault(home, named, error)
                rests[step] = time.monotonic() + AFTER_A_FAULT
        await asyncio.sleep(seconds)


async def keep_going(home: Path, named: str, work: Step, pause: float) -> None:
    """Do `work`, which goes on until it is cancelled or has nothing to do; where a fault ended it, begin it again
    after `pause` seconds."""
    while True:
        try:
            await work()
            return
        except Exception as error:
            write_fault(home, named, error)
        await asyncio.sleep(pause)
