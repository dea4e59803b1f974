"""The error tree, sorted by whose turn it is; each branch has one exit code.

    TanosError
      WrongUse           2   the call is incomplete: needs-yes, a missing answer, an unknown word
      AnswerRefused      3   the operator's turn: what was given is refused, and why
      NotYet             4   later, or after another step: peer-unreachable, step-missing, stale, busy
      NotOffered         5   nothing to be done on this appliance, or for this user
      Damaged            1   stop: what lies here is not what it must be; nothing was changed
      HalfDone           1   it was done, but not to the end: not-recorded, not-published; what is missing is said

Invariant: an error carries a stable id, one sentence why and one sentence what to do. Nothing was changed when
one is raised, but for HalfDone: a face asks `changed` before it says so.
"""

from enum import IntEnum
from typing import ClassVar

from tanos.finding import Finding, refusals
from tanos.message import Message


class ExitCode(IntEnum):
    """What a verb answers to the program that called it."""

    DONE = 0
    DAMAGED = 1
    USAGE = 2
    REFUSED = 3
    NOT_YET = 4
    NOT_OFFERED = 5


class TanosError(Exception):
    """An operation stopped; nothing was changed, unless `changed` says otherwise."""

    exit_code: ClassVar[ExitCode] = ExitCode.DAMAGED
    changed: ClassVar[bool] = False
    """Whether something was changed all the same."""

    def __init__(self, error_id: str, message: Message, remedy: Message, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(error_id)
        self.id = error_id
        self.message = message
        self.remedy = remedy
        self.findings = findings
        self.reference = ""
        """The audit record that tells of it, set by the gate."""

    def __str__(self) -> str:
        return f"{self.id}: {self.message} {self.remedy}"


class NotToBeAsked(ValueError):
    """What is asked of the keeper is not for it to do: whoever asks is broken, or lets on to be somebody else."""


class WrongUse(TanosError):
    """The call is incomplete or not understood."""

    exit_code = ExitCode.USAGE


class AnswerRefused(TanosError):
    """What the operator gave is refused."""

    exit_code = ExitCode.REFUSED

    @classmethod
    def because(cls, *findings: Finding) -> "AnswerRefused":
        """Refuse for the first refusing finding; the others travel along."""
        first = refusals(findings)[0]
        return cls(first.id, first.message, first.remedy, findings)


class NotYet(TanosError):
    """It may work later, or after another step."""

    exit_code = ExitCode.NOT_YET


class NotOffered(TanosError):
    """This does not exist on this role, add-on or release, or not for this user."""

    exit_code = ExitCode.NOT_OFFERED


class Damaged(TanosError):
    """What lies here is not what it must be, or the program is at fault."""

    exit_code = ExitCode.DAMAGED


class HalfDone(TanosError):
    """It was done, but its record or its last step is missing; the remedy says how that is completed."""

    exit_code = ExitCode.DAMAGED
    changed = True
