"""An appliance with its two accounts, no keys."""

from tanos.appliance import Appliance
from tanos.platform import UserRole
from tanos.users.accounts import add_user
from tests.conftest import call


def with_users(appliance: Appliance, password_hash: str | None = None) -> Appliance:
    """Add tanadmin and tancopy."""
    with appliance.store.change(call(appliance)) as change:
        add_user(change, "tanadmin", UserRole.TANADMIN, password_hash)
        add_user(change, "tancopy", UserRole.TANCOPY, None)
    return appliance
