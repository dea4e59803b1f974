"""The code by which one Tanium Server registers at a Module Server: made by an operator there, said by one here.

Invariants: without a code that was made at the Module Server nobody comes among its trusted certificates. A code is a
hundred random bits, kept as its hash alone, and gone once it was used, after a while, and after a few wrong ones.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from tanos.appliance import Appliance
from tanos.store.store import Change

MINUTES, MOST_WRONG = 15, 5
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP = 4, 5


def make_code(change: Change, appliance: Appliance) -> str:
    """Return a new code, the only one from now on."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    code = "-".join(groups)
    until = (appliance.clock() + timedelta(minutes=MINUTES)).isoformat(timespec="seconds")
    change.execute(
        "INSERT OR REPLACE INTO registration_code (only_one, hash, until, wrong) VALUES (1, ?, ?, 0)",
        _hash(code),
        until,
    )
    return code


def use_code(change: Change, appliance: Appliance, code: str) -> bool:
    """Say whether that is the code, which then is used up; a wrong one counts, whether or not it is the last."""
    row = change.execute("SELECT hash, until, wrong FROM registration_code").fetchone()
    if row is None:
        return False
    right = hmac.compare_digest(row["hash"], _hash(code)) and appliance.clock() < datetime.fromisoformat(row["until"])
    if right or row["wrong"] + 1 >= MOST_WRONG:
        change.execute("DELETE FROM registration_code")
    else:
        change.execute("UPDATE registration_code SET wrong = wrong + 1")
    return right


def open_until(appliance: Appliance) -> datetime | None:
    """Return until when a code is awaited, None where there is none."""
    row = appliance.store.row("SELECT until FROM registration_code")
    until = datetime.fromisoformat(row["until"]) if row else None
    return until if until is not None and appliance.clock() < until else None


def _hash(code: str) -> str:
    plain = code.upper().replace("-", "").replace(" ", "")
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()
