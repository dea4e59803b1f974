"""The record of every exchange, on both sides: made, shown or sent, verified, issued, returned, installed, complete.

Invariant: a state is written in the transaction of the change that it tells of, so that the ledger never claims
what did not happen; each step keeps its time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.message import N_, Message
from tanos.store.store import Change


class Side(StrEnum):
    """Who keeps the record."""

    REQUESTER = "requester"
    ISSUER = "issuer"


_STEP = (
    "INSERT INTO exchange_steps (exchange, state, at)"
    " SELECT id, ?, ? FROM exchanges WHERE side = ? AND check_code = ?"
)  # fmt: skip
CLOSED = {Side.REQUESTER: ("installed", "replaced"), Side.ISSUER: ("returned", "complete")}
"""The last states of each side; a certificate that was fetched is no longer the issuer's business."""


STATES = {
    "made": N_("made"),
    "shown": N_("shown"),
    "sent": N_("sent"),
    "verified": N_("verified"),
    "issued": N_("issued"),
    "returned": N_("returned"),
    "installed": N_("installed"),
    "complete": N_("complete"),
    "replaced": N_("replaced"),
}
"""Each state as an operator reads it; programs get the word that is stored."""


@dataclass(frozen=True)
class Exchange:
    """One key on its way to a certificate."""

    check_code: str
    side: Side
    peer: str
    """Name of the other appliance; empty where nobody said."""
    subject: str
    state: str
    since: str
    """When that state began; UTC, ISO 8601."""

    @property
    def label(self) -> Message:
        """The state as an operator reads it."""
        return STATES[self.state]

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state not in CLOSED[self.side]

    def as_data(self) -> dict[str, str]:
        """Return the fields promised to programs."""
        return {
            "check_code": self.check_code,
            "peer": self.peer,
            "subject": self.subject,
            "state": self.state,
            "since": self.since,
        }


def exchanges(appliance: Appliance) -> list[Exchange]:
    """Return all that were not replaced, the latest change first."""
    rows = appliance.store.rows("SELECT * FROM exchanges WHERE state != 'replaced' ORDER BY since DESC, id DESC")
    return [_exchange(row) for row in rows]


def open_exchanges(appliance: Appliance) -> list[Exchange]:
    """Return those that wait for a next step, the latest change first."""
    return [exchange for exchange in exchanges(appliance) if exchange.is_open]


def open_requests(appliance: Appliance) -> list[Exchange]:
    """Return those of this appliance that wait for their certificate, the latest change first."""
    return [exchange for exchange in open_exchanges(appliance) if exchange.side is Side.REQUESTER]


def find(appliance: Appliance, side: Side, check_code: str) -> Exchange | None:
    """Return the record of one key, whatever its state."""
    row = appliance.store.row("SELECT * FROM exchanges WHERE side = ? AND check_code = ?", side.value, check_code)
    return _exchange(row) if row else None


def steps(appliance: Appliance, exchange: Exchange) -> dict[str, str]:
    """Return when each state was last reached."""
    rows = appliance.store.rows(
        "SELECT state, MAX(at) AS at FROM exchange_steps WHERE exchange ="
        " (SELECT id FROM exchanges WHERE side = ? AND check_code = ?) GROUP BY state",
        exchange.side.value,
        exchange.check_code,
    )
    return {row["state"]: row["at"] for row in rows}


def begin(change: Change, side: Side, check_code: str, subject: str, state: str, peer: str = "") -> None:
    """Record an exchange; one of the same key is taken up again."""
    begin_all(change, side, state, [(check_code, subject, peer)])


def begin_all(change: Change, side: Side, state: str, each: Sequence[tuple[str, str, str]]) -> None:
    """Record several: check code, subject and peer of each."""
    change.connection.executemany(
        "INSERT INTO exchanges (side, check_code, subject, peer, state, since) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (side, check_code) DO UPDATE SET subject = excluded.subject, state = excluded.state,"
        " since = excluded.since, revision = revision + 1,"
        " peer = CASE excluded.peer WHEN '' THEN peer ELSE excluded.peer END",
        [(side.value, code, subject, peer, state, change.now) for code, subject, peer in each],
    )
    change.connection.executemany(_STEP, [(state, change.now, side.value, code) for code, _, _ in each])


def move(change: Change, side: Side | str, check_code: str, state: str, peer: str = "") -> None:
    """Record that an exchange reached `state`; a peer once known is kept. Raises NotYet `step-missing`."""
    cursor = change.execute(
        "UPDATE exchanges SET state = ?, since = ?, peer = CASE ? WHEN '' THEN peer ELSE ? END,"
        " revision = revision + 1 WHERE side = ? AND check_code = ?",
        state,
        change.now,
        peer,
        peer,
        Side(side).value,
        check_code,
    )
    if cursor.rowcount != 1:
        raise NotYet(
            "step-missing",
            N_("There is no exchange with check code {code} here.", code=check_code),
            N_("{create_csr} comes first.", create_csr=deeds.CREATE_CSR),
        )
    change.execute(_STEP, state, change.now, Side(side).value, check_code)


def _exchange(row: Any) -> Exchange:
    return Exchange(row["check_code"], Side(row["side"]), row["peer"], row["subject"], row["state"], row["since"])
