"""What the tests of accounts share: an operation done as the faces do it, and a signed-in operator."""

from typing import Any

from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.operation import Operation, Result, silent
from tanos.platform import UserRole


def by(appliance: Appliance, user: str = "tanadmin", role: UserRole = UserRole.TANADMIN, *, key: str = "") -> Call:
    """Return a call of a signed-in user."""
    return Call(appliance, Actor(user, role, "verb", key=key), "test")


async def do(operation: Operation[Any], asked: Call, **answers: object) -> Result:
    """Prepare and apply, as after a confirmation."""
    return await operation.apply(asked, await operation.prepare(asked, **answers), silent)


def last_audit(appliance: Appliance) -> tuple[str, str, str, str]:
    """Return object, before, after and result of the newest record."""
    row = appliance.store.row("SELECT object, before, after, result FROM audit ORDER BY id DESC")
    assert row is not None
    return tuple(row)


def everything_written(appliance: Appliance) -> str:
    """Return every audit record as text: what must hold no secret."""
    return "\n".join(" ".join(map(str, tuple(row))) for row in appliance.store.rows("SELECT * FROM audit"))
