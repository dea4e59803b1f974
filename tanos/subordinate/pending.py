"""Requests for server TLS keys of who proves nothing: a new zone server, or one whose certificate was revoked.

Invariants: of each zone server the latest request alone waits, and what was approved is that very key: another one
has to be approved anew. What waits changes nothing until an operator compared the check code on both servers.
"""

from dataclasses import dataclass
from datetime import timedelta

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.request import Request, examine_request
from tanos.moments import moment_text
from tanos.store.store import Change

SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True)
class Pending:
    """What a zone server asked for."""

    name: str
    root: str
    """Check code."""
    check_code: str
    request: bytes
    asked_at: str
    approved_by: str
    approved_at: str
    """Empty: it is not."""

    @property
    def read(self) -> Request:
        """The request; it was examined before it was kept."""
        return examine_request(self.request)[0]

    @property
    def last_group(self) -> str:
        """What is typed to approve it."""
        return self.check_code.rpartition("-")[2]


def pending(appliance: Appliance, *, approved: bool | None = None) -> list[Pending]:
    """Return what waits, by name; only what is, or is not, approved where that is said."""
    rows = appliance.store.rows("SELECT * FROM subordinate_requests ORDER BY name")
    found = [Pending(**dict(row)) for row in rows]
    return [each for each in found if approved is None or bool(each.approved_at) is approved]


def pending_of(appliance: Appliance, name: str) -> Pending | None:
    """Return what one asked for."""
    return next((each for each in pending(appliance) if each.name == name), None)


def is_approved(appliance: Appliance, name: str, check_code: str) -> bool:
    """Say whether an operator approved that key of that zone server."""
    found = pending_of(appliance, name)
    return found is not None and found.check_code == check_code and bool(found.approved_at)


def keep_pending(call: Call, name: str, root: str, request: Request) -> None:
    """Have a request wait, in the place of an earlier one of the same zone server; the same one waits on.

    So does one that is hardly there, so that nobody fills the audit.
    """
    found = pending_of(call.appliance, name)
    if found is not None and found.check_code == request.check_code:
        return
    if found is not None and moment_text(call.appliance.clock() - SHORTEST) < found.asked_at:
        return
    with call.appliance.store.change(call, about=name) as change:
        change.before, change.after = found.check_code if found else "", f"waits: {request.check_code}"
        change.execute(
            "INSERT OR REPLACE INTO subordinate_requests (name, root, check_code, request, asked_at)"
            " VALUES (?, ?, ?, ?, ?)",
            name, root, request.check_code, request.der, change.now,
        )  # fmt: skip


def write_approved(change: Change, name: str, check_code: str, user: str) -> bool:
    """Write down that an operator compared that check code; say whether that request still waits."""
    return change.execute(
        "UPDATE subordinate_requests SET approved_by = ?, approved_at = ?"
        " WHERE name = ? AND check_code = ? AND approved_at = ''",
        user, change.now, name, check_code,
    ).rowcount > 0  # fmt: skip


def forget(change: Change, name: str, check_code: str) -> bool:
    """Have a request wait no longer; say whether it did."""
    sql = "DELETE FROM subordinate_requests WHERE name = ? AND check_code = ?"
    return change.execute(sql, name, check_code).rowcount > 0
