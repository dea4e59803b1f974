"""The appliance's platform settings: what stands in the store, and the defaults that an installation writes.

Invariant: a value that an operator chose is never replaced by a default.
"""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import REPORTING
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_
from tanos.operation import Inquiry, Result
from tanos.report import Fact, Facts, Table
from tanos.store.store import Change

Value = int | str

NUMBERS = frozenset({"ReportingTLSMode", "RequireIncomingEncryption"})
"""Settings whose value is a number."""

TLS_OPTIONAL = 2
"""`ReportingTLSMode`: 0 off, 1 required, 2 optional; one starts with 2."""


_IF_MISSING = "INSERT INTO settings (name, value, changed_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING"
_ALWAYS = (
    "INSERT INTO settings (name, value, changed_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
    " SET value = excluded.value, changed_at = excluded.changed_at, revision = revision + 1"
    " WHERE value != excluded.value"
)


@dataclass(frozen=True)
class Default:
    """A setting that an installation writes; `fixed` ones follow the files and are always written."""

    name: str
    value: str
    fixed: bool = False


def tls_defaults(appliance: Appliance) -> tuple[Default, ...]:
    """Return what the installation of a reporting certificate sets."""
    current = REPORTING.current(appliance.certificates)
    return (
        Default("ReportingTLSMode", str(TLS_OPTIONAL)),
        Default("ReportingTLSCertPath", str(current / REPORTING.certificate), fixed=True),
        Default("ReportingTLSKeyPath", str(current / REPORTING.key), fixed=True),
        Default("RequireIncomingEncryption", "0"),
    )


def settings(appliance: Appliance) -> dict[str, Value]:
    """Return every setting by name; numbers as int."""
    rows = appliance.store.rows("SELECT name, value FROM settings ORDER BY name")
    return {row["name"]: _value(row["name"], row["value"]) for row in rows}


def tls_settings(appliance: Appliance) -> dict[str, Value]:
    """Return the settings of `tls_defaults` as they are now."""
    present = settings(appliance)
    return {default.name: present[default.name] for default in tls_defaults(appliance) if default.name in present}


def write_defaults(change: Change, appliance: Appliance) -> dict[str, Value]:
    """Write the TLS defaults within `change`; return what holds afterwards."""
    for default in tls_defaults(appliance):
        change.execute(_ALWAYS if default.fixed else _IF_MISSING, default.name, default.value, change.now)
    return tls_settings(appliance)


def show_settings(values: dict[str, Value]) -> Table:
    """Return settings as a table."""
    rows = tuple((name, str(value)) for name, value in values.items())
    return Table((N_("setting"), N_("value")), rows, empty=N_("Nothing is set."))


async def _list(call: Call) -> Result:
    values = settings(call.appliance)
    return Result(N_("Settings"), (show_settings(values),), data={"settings": values})


async def _show(call: Call, *, name: str) -> Result:
    for known, value in settings(call.appliance).items():
        if known.casefold() == name.strip().casefold():
            fact = Fact(N_("value"), str(value))
            return Result(N_("Setting {name}", name=known), (Facts((fact,)),), data={"name": known, "value": value})
    raise AnswerRefused(
        "no-such-setting",
        N_("{name} is not set here.", name=inert(name)),
        N_("List the settings to see their names."),
    )


def _value(name: str, text: str) -> Value:
    return int(text) if name in NUMBERS and text.isdecimal() else text


LIST_SETTINGS = Inquiry(_list)
SHOW_SETTING = Inquiry(_show)
