"""The host keys that follow the present ones: made and announced, then shown, then alone.

Invariants: the store says which key is shown, the files hold them; a next file that no row names counts for nothing.
Both are announced until the new one is kept for good, since clients forget what is announced no longer: whoever came
while the new one was on trial still knows the old one, should it come back.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.keeper import keeper_of
from tanos.keys.host_keys import host_key_kind
from tanos.keys.public_key import read_line
from tanos.message import N_, Message
from tanos.store.store import Change

RETIRE = "host-keys retire"
MOST_PROOFS = 1000
"""Remembered of one key; the oldest go."""


@dataclass(frozen=True)
class NextKey:
    """A host key that follows the present one of its kind."""

    kind: str
    line: str
    made_by: str
    made_at: str
    in_use: bool

    @property
    def fingerprint(self) -> str:
        """Return `SHA256:…`."""
        return read_line(self.line).fingerprint


def next_keys(appliance: Appliance) -> list[NextKey]:
    """Return those that follow a present key. Raises TanosError."""
    rows = appliance.store.rows("SELECT * FROM next_host_keys ORDER BY kind")
    return [NextKey(row["kind"], row["line"], row["made_by"], row["made_at"], bool(row["in_use"])) for row in rows]


def shown_and_announced(lines: Iterable[str], following: Iterable[NextKey]) -> list[str]:
    """Return public lines in order: one of each kind that is shown to who connects, then those that are announced.

    `lines` begins with the present ones; a next key of which the store does not tell is left out.
    """
    wanted = {each.line: each for each in following}
    shown: dict[str, str] = {}
    announced = []
    for line in lines:
        kind = host_key_kind(line)
        if kind not in shown:
            shown[kind] = line
        elif line in wanted and line != shown[kind]:
            first, other = (line, shown[kind]) if wanted[line].in_use else (shown[kind], line)
            shown[kind] = first
            announced.append(other)
    return [*shown.values(), *announced]


def finish(call: Call) -> list[Message]:
    """Put next keys that were kept for good in the place of those before them, which are wiped; say of each.

    What cannot be done now is done at the next start, or before the next rotation.
    """
    told = []
    for each in next_keys(call.appliance):
        with suppress(TanosError):
            if each.in_use and _adopted(replace(call, verb=RETIRE), each):
                told.append(N_("The host key {fingerprint} replaces the one before.", fingerprint=each.fingerprint))
    return told


def forget_next(change: Change, each: NextKey) -> None:
    """Let a key no longer be one that follows, and who asked for it be forgotten."""
    change.execute("DELETE FROM next_host_keys WHERE kind = ?", each.kind)
    change.execute("DELETE FROM host_key_proofs WHERE fingerprint = ?", each.fingerprint)


def note_proof(call: Call, fingerprint: str, change: Change, _: Appliance) -> None:
    """Remember who asked for proof of a next host key."""
    actor = call.actor
    change.execute(
        "INSERT OR REPLACE INTO host_key_proofs SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM next_host_keys)",
        fingerprint,
        actor.user,
        actor.key,
        actor.address,
        change.now,
    )
    change.execute(
        "DELETE FROM host_key_proofs WHERE rowid IN"
        " (SELECT rowid FROM host_key_proofs WHERE fingerprint = ? ORDER BY at DESC, rowid DESC LIMIT -1 OFFSET ?)",
        fingerprint,
        MOST_PROOFS,
    )


def _adopted(call: Call, each: NextKey) -> bool:
    with call.appliance.store.change(call, about=each.kind) as change:
        sql = (
            "SELECT 1 FROM next_host_keys WHERE kind = ? AND line = ? AND in_use"
            " AND NOT EXISTS (SELECT 1 FROM trials WHERE trials.kind = 'host-key' AND place = next_host_keys.kind)"
        )
        if not change.execute(sql, each.kind, each.line).fetchone():
            change.quiet = True
            return False
        keeper_of(call.appliance).adopt_host_key(each.kind, each.line)
        forget_next(change, each)
        change.after = f"{each.fingerprint}; the earlier one is wiped"
    return True
