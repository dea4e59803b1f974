"""The same work on several things at once, where most of it is done without holding the interpreter: signatures.

Invariant: what is returned stands in the order in which it was given, and what one raises is raised here. What holds
for who asks (contextvars: by which lists a key is judged) holds for each.
"""

import os
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import TypeVar

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
_THREADS = min(os.cpu_count() or 1, 4)


def at_once(work: Callable[[_Given], _Made], each: Sequence[_Given]) -> list[_Made]:
    """Return what `work` makes of each; a thread takes each n-th, since handing over costs as much as the work."""
    if _THREADS == 1 or len(each) < _THREADS:
        return _in_turn(work, each)
    from concurrent.futures import ThreadPoolExecutor

    turns = [each[first::_THREADS] for first in range(_THREADS)]
    with ThreadPoolExecutor(_THREADS) as several:
        contexts = [copy_context() for _ in turns]
        made = list(several.map(lambda turn, context: context.run(_in_turn, work, turn), turns, contexts))
    return [made[number % _THREADS][number // _THREADS] for number in range(len(each))]


def _in_turn(work: Callable[[_Given], _Made], each: Sequence[_Given]) -> list[_Made]:
    return [work(one) for one in each]
