"""Faults of the program itself: one log a home, one form of reference, one sentence to whoever was there.

Invariants: a traceback never reaches an operator, and values of variables never reach the log. The log has an end:
one older file is kept beside it, and both together stay below twice LIMIT.
"""

import secrets
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tanos.errors import Damaged, TanosError
from tanos.message import N_

LIMIT = 1 << 20
"""Bytes of one file."""


def write_fault(home: Path | None, what: str, error: BaseException) -> str:
    """Append `error` to the log of the appliance at `home`; return its reference, empty where nothing was written."""
    if home is None:
        return ""
    reference = "F-" + secrets.token_hex(4)
    text = "".join(traceback.format_exception(error))
    return reference if write_told(home, what, reference, text) else ""


def write_told(home: Path, what: str, reference: str, text: str) -> bool:
    """Append a fault that another process tells of; say whether it was written."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    told = f"{now} {reference} {what}\n{text}"
    log = home / "log" / "faults.log"
    try:
        if log.exists() and log.stat().st_size + len(told) > LIMIT:
            log.replace(log.with_suffix(".log.1"))
        with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(told[:LIMIT])
    except OSError:
        return False
    return True


def broken(home: Path | None, what: str, error: BaseException) -> Damaged:
    """Write a fault down and return what is said of it: Damaged `internal`, with the reference where there is one."""
    reference = write_fault(home, what, error)
    said = Damaged(
        "internal",
        N_("The program failed at this; the fault is in it, not in what you did."),
        N_("Tell your support the reference; details are in the appliance's log.")
        if reference
        else N_("Tell your support what you did; there was no appliance's log to write to."),
    )
    said.reference = reference
    return said


@contextmanager
def in_words(home: Path | None, what: str) -> Iterator[None]:
    """Let nothing out but an error of ours: any other is written down. Raises Damaged `internal`."""
    try:
        yield
    except TanosError:
        raise
    except Exception as error:
        raise broken(home, what, error) from error
