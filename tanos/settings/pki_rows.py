"""How long subordinate keys live, and when they are renewed: two rows for each kind (seed 001, from release 7.4 on).

Names and defaults stand in the table of the kinds.
"""

from tanos.message import N_, Message
from tanos.settings.client_rows import AUTOMATIC, SERVER
from tanos.settings.setting import Component, Setting, always
from tanos.subordinate_keys import (
    KINDS,
    MOST_DAYS,
    MOST_HOURS,
    Affects,
    SubordinateKind,
)


def _days(count: int) -> Message:
    return N_("{count} day", "{count} days", count=count)


def _hours(count: int) -> Message:
    return N_("{count} hour", "{count} hours", count=count)


def _rows(kind: SubordinateKind) -> tuple[Setting, Setting]:
    renewing = Component.CLIENTS if kind.window_affects is Affects.CLIENT else Component.GLOBAL
    return (
        Setting(
            kind.validity_setting,
            Component.GLOBAL,
            N_("{kind}: how long one is valid.", kind=kind.label),
            least=1,
            most=MOST_DAYS,
            unit=_days,
            default=always(kind.default.days),
            releases=AUTOMATIC,
            reader=SERVER,
        ),
        Setting(
            kind.window_setting,
            renewing,
            N_("{kind}: how long before its end it is renewed.", kind=kind.label),
            least=1,
            most=MOST_HOURS,
            unit=_hours,
            default=always(kind.default.window_hours),
            releases=AUTOMATIC,
            reader=SERVER,
        ),
    )


PKI_ROWS = tuple(row for kind in KINDS for row in _rows(kind))
