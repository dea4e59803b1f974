"""Faults of the program itself: one log a home, one form of reference, one sentence to whoever was there.

Invariants: a traceback never reaches an operator. The log holds where it happened and of what kind it is; what an
exception says of itself may be what somebody sent, so it is inert, one line, and cut. The log has an end: one older
file is kept beside it, and both together stay below twice LIMIT.
"""

import secrets
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tanos.errors import Damaged, TanosError
from tanos.inert import inert
from tanos.message import N_
from tanos.moments import moment_text

LIMIT = 1 << 20
"""Bytes of one file."""
_LONGEST_SAID = 200
_MOST_TOGETHER = 8
"""Errors that led to one another, or are one group."""


def write_fault(home: Path | None, what: str, error: BaseException) -> str:
    """Append `error` to the log of the appliance at `home`; return its reference, empty where nothing was written."""
    if home is None:
        return ""
    reference = "F-" + secrets.token_hex(4)
    return reference if write_told(home, what, reference, text_of(error)) else ""


def text_of(error: BaseException) -> str:
    """Return where an error, and those that led to it, happened, and of what kind they are."""
    chain: list[BaseException] = []
    while error not in chain and len(chain) < _MOST_TOGETHER:
        chain.append(error)
        before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if before is None:
            break
        error = before
    return "".join(_text_of_one(each) for each in reversed(chain))


def _text_of_one(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    try:
        said = inert(str(error)[:_LONGEST_SAID])
    except Exception:
        said = "which cannot say what it is"
    frames = "".join(traceback.format_tb(error.__traceback__))
    members = error.exceptions[:_MOST_TOGETHER] if isinstance(error, BaseExceptionGroup) else ()
    return f"{frames}{kind}: {said}\n" + "".join(f"with:\n{text_of(each)}" for each in members)


def write_told(home: Path, what: str, reference: str, text: str) -> bool:
    """Append a fault that another process tells of; say whether it was written."""
    now = moment_text(datetime.now(UTC))
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


def broken(home: Path | None, what: str, error: BaseException, told: str = "") -> Damaged:
    """Write a fault down and return what is said of it: Damaged `internal`, with the reference where there is one.

    `told` is the reference where another process was told of it, which writes it down.
    """
    reference = told or write_fault(home, what, error)
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
