"""At a Tanium Server: which zone servers trust which root, and have a key below it, as each says itself.

Invariant: what a zone server reports is no operator's doing: it is kept without an audit record, and only where it
changed; the time is when it was first heard. Of one that reports a root no longer nothing is kept of that root, nor
anything of one to which the hub goes no longer.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.issue import BACKDATED
from tanos.subordinate.pending import forget

VERB = "subordinate-keys forget"
MOST_NAMES, MOST_ROOTS, LONGEST = 512, 16, 256
WAITED_FOR = timedelta(minutes=10)
"""So long a server that is connected keeps the Tanium Server from using a root that it does not know."""
_KNOWN = "SELECT name FROM subordinate_holders UNION SELECT name FROM subordinate_requests"
_FIELDS = ("root", "check_code", "not_after")


@dataclass(frozen=True)
class Holder:
    """One zone server and one root."""

    name: str
    root: str
    """Check code."""
    trusted_at: str
    check_code: str
    """Of its key below that root; empty where it has none yet."""
    not_after: str
    held_at: str


def holders(appliance: Appliance) -> list[Holder]:
    """Return what is known, by name."""
    return [Holder(**dict(row)) for row in appliance.store.rows("SELECT * FROM subordinate_holders ORDER BY name")]


def write_holder(call: Call, name: str, held: object) -> bool:
    """Keep what a zone server says that it has; say whether it is news."""
    told = _told(held)
    before = {each.root: each for each in holders(call.appliance) if each.name == name}
    if {root: (one["check_code"], one["not_after"]) for root, one in told.items()} == {
        root: (one.check_code, one.not_after) for root, one in before.items()
    }:
        return False
    with call.appliance.store.change(call, about=name) as change:
        change.quiet = True
        change.execute("DELETE FROM subordinate_holders WHERE name = ?", name)
        for one in told.values():
            forget(change, name, one["check_code"])
        for root, one in told.items():
            known = before.get(root)
            is_held = known is not None and known.check_code == one["check_code"]
            held_at = (known.held_at if known and is_held else change.now) if one["check_code"] else ""
            change.execute(
                "INSERT INTO subordinate_holders (name, root, trusted_at, check_code, not_after, held_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                name, root, known.trusted_at if known else change.now, one["check_code"], one["not_after"], held_at,
            )  # fmt: skip
        change.execute(
            "DELETE FROM subordinate_holders WHERE name NOT IN"
            " (SELECT name FROM subordinate_holders GROUP BY name ORDER BY max(trusted_at) DESC LIMIT ?)",
            MOST_NAMES,
        )
    return True


def forget_all_but(call: Call, names: Collection[str]) -> None:
    """Keep nothing of zone servers but those to which the hub goes, nor what others asked for."""
    gone = {row["name"] for row in call.appliance.store.rows(_KNOWN)} - set(names)
    if not gone:
        return
    with call.appliance.store.change(call, about=", ".join(sorted(gone))) as change:
        change.quiet = True
        for name in gone:
            change.execute("DELETE FROM subordinate_holders WHERE name = ?", name)
            change.execute("DELETE FROM subordinate_requests WHERE name = ?", name)


def waited_for(appliance: Appliance, root: x509.Certificate, connected: Iterable[str]) -> list[str]:
    """Return which of the zone servers that are connected do not trust a root yet; none once it is not so new."""
    made_at: datetime = root.not_valid_before_utc + BACKDATED
    if appliance.clock() - made_at > WAITED_FOR:
        return []
    code = check_code(root.public_key())
    know = {each.name for each in holders(appliance) if each.root == code}
    return sorted(set(connected) - know)


def _told(held: object) -> dict[str, Mapping[str, Any]]:
    """Return what is said of each root; what is no report of a root is left out."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in held[:MOST_ROOTS] if isinstance(held, list) else ():
        if isinstance(one, dict) and all(_is_word(one.get(name)) for name in _FIELDS):
            found[one["root"]] = one
    return found


def _is_word(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST
