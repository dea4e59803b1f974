"""Operations that die at a step: a process of its own is gone there, with nothing tidied."""

import os
from collections.abc import Callable
from typing import Any

from tanos.appliance import Appliance
from tanos.operation import Operation, Plan, Result, silent
from tests.conftest import call
from tests.tanos.exchange.conftest import now

KILLED = 9


def dying(real: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """Return `real` that ends the process before or after it did its work."""

    def death(*words: Any, **names: Any) -> Any:
        if after:
            real(*words, **names)
        os._exit(KILLED)

    return death


async def do_plan(appliance: Appliance, operation: Operation[Any], prepared: Plan[Any]) -> Result:
    return await operation.apply(call(appliance), prepared, silent)


def die_at(appliance: Appliance, operation: Operation[Any], prepared: Plan[Any], where: Any, name: str) -> None:
    """Apply a plan in a process that dies at `where.name` (`name` may end in `+`: after its work)."""
    appliance.store.close()
    child = os.fork()
    if child == 0:
        try:
            bare = name.rstrip("+")
            setattr(where, bare, dying(getattr(where, bare), after=name.endswith("+")))
            now(do_plan(appliance, operation, prepared))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


def results(appliance: Appliance, about: str) -> list[str]:
    """Return what the audit says of an object, in order."""
    rows = appliance.store.rows("SELECT result FROM audit WHERE object = ? ORDER BY id", about)
    return [row["result"] for row in rows]
