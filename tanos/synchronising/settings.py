"""Global settings of two servers: what stands here, since when, and what the other's state changes in it.

Invariants: nothing but settings of GLOBAL and CLIENTS that are not protected ever leaves here or is taken, so that no
password and nothing of one server alone travels. Each setting is taken in a transaction of its own, with its audit
record, and only where its value may stand here; what this release does not take stays out.
"""

from collections.abc import Iterable, Iterator
from sqlite3 import Row
from typing import Any

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.services.frames import frame_bytes
from tanos.settings.known import by_hand, known_setting
from tanos.settings.setting import Component, Kind, Setting, Value
from tanos.settings.values import remove, write
from tanos.store.store import Change
from tanos.synchronising.merging import MOST_AHEAD, MOST_NUMBER, Place, Stamp, Stood, Values, changed, merged, noted

COMPONENTS = (Component.GLOBAL, Component.CLIENTS)
MOST, LONGEST_NAME, LONGEST_TEXT = 256, 64, 16384
"""Settings that are told and ever kept, and the characters of their names and values."""
MOST_BYTES = 64 * 1024
"""Of all that is told; the rest of what somebody added by hand stays where it is."""
Told = list[Any]
"""Component, name, kind, value, number, and who wrote it."""
_PRESENT = (
    "SELECT component, name, kind, value FROM component_settings"
    " WHERE component IN ('global', 'clients') AND kind != 'protected'"
)
_KNOWN = "SELECT component, name, kind, value, number, server FROM synchronised_settings"
_KEEP = (
    "INSERT OR REPLACE INTO synchronised_settings (component, name, kind, value, number, server)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)


def told_state(appliance: Appliance) -> list[Told]:
    """Return what stands here, as it is told; since when is written down first. Raises NotYet `busy`, Damaged."""
    state = noted_state(appliance)
    rows, length = list[Told](), 0
    for (component, name), stood in sorted(state.items()):
        row = [component, name, stood.kind, stood.value, stood.stamp.number, stood.stamp.by]
        length += len(frame_bytes({"row": row}))
        if length > MOST_BYTES or len(rows) == MOST:
            break
        rows.append(row)
    return rows


def noted_state(appliance: Appliance) -> dict[Place, Stood]:
    """Return since when each setting stands that was ever written here or there, written down.

    What is told twice with two values must have two numbers, so that the later one wins.
    """
    fqdn, store = appliance.identity.fqdn, appliance.store
    known = _known(store.rows(_KNOWN))
    state = noted(known, _present(store.rows(_PRESENT)), fqdn)
    if state == known:
        return state
    with store.change(system_call(appliance, "synchronise")) as change:
        change.quiet = True
        known = _known(change.execute(_KNOWN))
        state = noted(known, _present(change.execute(_PRESENT)), fqdn)
        for place, stood in state.items():
            if stood != known.get(place):
                _keep(change, place, stood)
    return state


def take_state(call: Call, rows: object) -> list[Setting]:
    """Take what the other told; return the settings of which another value holds now.

    Raises NotYet `busy`, Damaged.
    """
    known = noted_state(call.appliance)
    theirs = {place: stood for place, stood in _read(rows) if not _is_far_ahead(stood, known.get(place))}
    after = merged(known, theirs)
    taken: list[Setting] = []
    for place in sorted(after):
        if after[place] != known.get(place) and (place in known or len(known) + len(taken) < MOST):
            setting = _fitting(call.appliance, place, after[place])
            if setting is not None and _take(call, setting, place, after[place]):
                taken.append(setting)
    return taken


def _take(call: Call, setting: Setting, place: Place, theirs: Stood) -> bool:
    """Have one value hold, unless a later one was written meanwhile; say whether it is another than before."""
    with call.appliance.store.change(call, about=f"{setting.component} {setting.name}") as change:
        fqdn = call.appliance.identity.fqdn
        own = noted(_known(change.execute(_KNOWN)), _present(change.execute(_PRESENT)), fqdn)
        after = merged(own, {place: theirs})
        _keep(change, place, after[place])
        is_other = place in set(changed(own, after))
        change.quiet = not is_other
        if not is_other:
            return False
        was, now = own.get(place), after[place]
        change.before = was.value if was and was.value is not None else "(default)"
        change.after = now.value if now.value is not None else "(default)"
        if now.value is None:
            remove(change, setting)
        else:
            write(change, setting, setting.understood(now.value))
        return True


def _is_far_ahead(theirs: Stood, own: Stood | None) -> bool:
    return theirs.stamp.number > (own.stamp.number if own else 0) + MOST_AHEAD


def _keep(change: Change, place: Place, stood: Stood) -> None:
    change.execute(_KEEP, *place, stood.kind, stood.value, stood.stamp.number, stood.stamp.by)


def _present(rows: Iterable[Row]) -> Values:
    return {(row["component"], row["name"]): (row["kind"], row["value"]) for row in rows}


def _known(rows: Iterable[Row]) -> dict[Place, Stood]:
    return {
        (row["component"], row["name"]): Stood(Stamp(row["number"], row["server"]), row["kind"], row["value"])
        for row in rows
    }


def _fitting(appliance: Appliance, place: Place, stood: Stood) -> Setting | None:
    """Return the setting of a place, where that value may stand here."""
    component, name = place
    try:
        setting = known_setting(appliance, name, component)
    except TanosError:
        setting = by_hand(name, Component(component), Kind(stood.kind) if stood.kind else Kind.STRING)
    if setting.kind is Kind.PROTECTED or (setting.component.value, setting.name) != place:
        return None
    try:
        understood: Value | None = setting.understood(stood.value) if stood.value is not None else None
    except TanosError:
        return None
    if understood is not None and (setting.kind.value != stood.kind or str(understood) != stood.value):
        return None
    return setting


def _read(rows: object) -> Iterator[tuple[Place, Stood]]:
    """Yield what the other told, as far as it has the form of it."""
    for row in rows[:MOST] if isinstance(rows, list) else ():
        match row:
            case [str(component), str(name), str(kind), str() | None as value, int(number), str(by)]:
                if _fits(component, name, kind, number, by) and len(value or "") <= LONGEST_TEXT:
                    yield (component, name), Stood(Stamp(number, by), kind, value)


def _fits(component: str, name: str, kind: str, number: int, by: str) -> bool:
    return (
        component in {each.value for each in COMPONENTS}
        and kind in {"", Kind.NUMBER.value, Kind.STRING.value}
        and 0 < len(name) <= LONGEST_NAME
        and name.isascii()
        and name.replace("_", "").isalnum()
        and type(number) is int
        and 0 < number <= MOST_NUMBER
        and len(by) <= 253
    )
