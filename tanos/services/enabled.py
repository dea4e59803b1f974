"""Which services start with the appliance: all, but those that an operator disabled."""

from tanos.appliance import Appliance
from tanos.store.store import Change


def disabled(appliance: Appliance) -> frozenset[str]:
    """Return the names of the services that are not started with the appliance."""
    return frozenset(row["name"] for row in appliance.store.rows("SELECT name FROM disabled_services"))


def set_enabled(change: Change, name: str, enabled: bool) -> None:
    """Decide whether a service is started with the appliance."""
    if enabled:
        change.execute("DELETE FROM disabled_services WHERE name = ?", name)
    else:
        change.execute("INSERT OR IGNORE INTO disabled_services (name) VALUES (?)", name)
