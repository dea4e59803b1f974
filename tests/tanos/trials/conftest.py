"""An appliance whose clock can be moved, with two keys of tanadmin."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tanos.actor import Actor, Call
from tanos.appliance import Appliance, lay_out
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_line
from tanos.platform import UserRole
from tests.conftest import NOON, ZS1, call
from tests.tanos.keys.forms import LINE, OTHER
from tests.tanos.keys.made import with_users

KEY, OTHER_KEY = read_line(LINE), read_line(OTHER)


class Clock:
    """Noon, until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Go on, or back."""
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    """The clock of the appliance."""
    return Clock()


@pytest.fixture
def appliance(tmp_path: Path, clock: Clock) -> Appliance:
    """An appliance with two keys of tanadmin."""
    lay_out(tmp_path / "zs1", ZS1)
    made = with_users(Appliance(tmp_path / "zs1", ZS1, clock=clock))
    with made.store.change(call(made), "tanadmin") as change:
        for key in (KEY, OTHER_KEY):
            authorize(change, call(made), "tanadmin", key)
    return made


CallOf = Callable[..., Call]


@pytest.fixture
def signed_in(appliance: Appliance) -> CallOf:
    """Make the call of somebody whose connection began when `came_after` was the newest trial."""

    def made(came_after: int, user: str = "tanadmin", key: str = "", verb: str = "trial confirm") -> Call:
        role = UserRole.TANADMIN if user.startswith("tanadmin") else UserRole.TANUSER
        actor = Actor(user, role, "verb", "5e55.1", "192.0.2.9", key or OTHER_KEY.fingerprint, came_after)
        return Call(appliance, actor, verb)

    return made
