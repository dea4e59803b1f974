"""Which values hold: what an operator or an installation wrote, else the default; and who reads them.

Invariant: a value that an operator chose is never replaced by a default. A path follows the pair that it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import KINDS, REPORTING
from tanos.message import N_
from tanos.platform import Role
from tanos.report import Table
from tanos.settings.catalogue import setting_named, settings_of
from tanos.settings.setting import Component, Kind, Setting, Value
from tanos.store.store import Change

TLS_OPTIONAL = 2
"""`ReportingTLSMode`: 0 off, 1 required, 2 optional; one starts with 2 (seed 000)."""
MAIN = {
    Role.TANIUM_SERVER: Component.SERVER,
    Role.ZONE_SERVER: Component.ZONE_SERVER,
    Role.MODULE_SERVER: Component.MODULE_SERVER,
}
_WRITE = (
    "INSERT INTO component_settings (component, name, kind, value, changed_at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (component, name) DO "
)
_KEEP = _WRITE + "NOTHING"
_REPLACE = _WRITE + (
    "UPDATE SET value = excluded.value, kind = excluded.kind, changed_at = excluded.changed_at,"
    " revision = revision + 1 WHERE value != excluded.value OR kind != excluded.kind"
)


@dataclass(frozen=True)
class Written:
    """A value that stands in the store."""

    component: str
    name: str
    kind: Kind
    text: str

    @property
    def value(self) -> Value:
        """A number as int."""
        return int(self.text) if self.kind is Kind.NUMBER else self.text


def written(appliance: Appliance) -> dict[tuple[str, str], Written]:
    """Return what was written, by component and name."""
    rows = appliance.store.rows(
        "SELECT component, name, kind, value FROM component_settings ORDER BY component, name"
    )
    found = (Written(row["component"], row["name"], Kind(row["kind"]), row["value"]) for row in rows)
    return {(each.component, each.name): each for each in found}


def value_of(appliance: Appliance, setting: Setting) -> Value | None:
    """Return what holds for a setting, None where nothing was written and there is no default."""
    known = written(appliance).get((setting.component, setting.name))
    return known.value if known else setting.default(appliance.identity)


def effective(appliance: Appliance, component: Component) -> dict[str, Value]:
    """Return every value that holds for a component, by name; what has none is missing."""
    known = written(appliance)
    values = {
        each.name: value
        for each in settings_of(appliance.identity, component)
        if (value := each.default(appliance.identity)) is not None
    }
    return values | {name: each.value for (whose, name), each in known.items() if whose == component}


def settings(appliance: Appliance) -> dict[str, Value]:
    """Return what was written for the appliance's own component, by name; numbers as int."""
    main = MAIN[appliance.identity.role]
    return {name: each.value for (whose, name), each in written(appliance).items() if whose == main}


def write(change: Change, setting: Setting, value: Value) -> None:
    """Have a value hold."""
    change.execute(_REPLACE, setting.component, setting.name, setting.kind, str(value), change.now)


def remove(change: Change, setting: Setting) -> None:
    """Have the default hold again."""
    change.execute("DELETE FROM component_settings WHERE component = ? AND name = ?", setting.component, setting.name)


def tls_settings(appliance: Appliance) -> dict[str, Value]:
    """Return the settings that an installation of a reporting certificate writes, as they are now."""
    present = settings(appliance)
    return {name: present[name] for name in _defaults(appliance) if name in present}


def write_defaults(change: Change, appliance: Appliance) -> dict[str, Value]:
    """Write within `change` what the installation of a reporting certificate sets; return what holds afterwards."""
    for name, (value, follows) in _defaults(appliance).items():
        setting = setting_named(appliance.identity, name, MAIN[appliance.identity.role])
        change.execute(_REPLACE if follows else _KEEP, setting.component, name, setting.kind, str(value), change.now)
    return tls_settings(appliance)


def _defaults(appliance: Appliance) -> Mapping[str, tuple[Value, bool]]:
    """Return names, values, and whether they follow the files."""
    certificate, key = pair_paths(appliance, REPORTING.name)
    return {
        "ReportingTLSMode": (TLS_OPTIONAL, False),
        "ReportingTLSCertPath": (certificate, True),
        "ReportingTLSKeyPath": (key, True),
        "RequireIncomingEncryption": (0, False),
    }


def pair_paths(appliance: Appliance, kind: str) -> tuple[str, str]:
    """Return where certificate and key of the pair in use are."""
    row = next(each for each in KINDS if each.name == kind)
    current = row.current(appliance.certificates)
    return str(current / row.certificate), str(current / row.key)


def show_settings(values: Mapping[str, Value]) -> Table:
    """Return settings as a table."""
    rows = tuple((name, str(value)) for name, value in values.items())
    return Table((N_("setting"), N_("value")), rows, empty=N_("Nothing is set."))
