"""The five beats of every operation: ask, prepare, confirm, apply, report.

    prepare   reads and verifies everything, changes nothing, returns a frozen Plan
    apply     does what the Plan says, atomically, audited in the same transaction, returns a Result

Invariant: an operation never prompts and never prints. It takes answers, raises a TanosError, and tells progress
through a callable. An Inquiry only reads, so it has one beat.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tanos.actor import Call
from tanos.finding import Finding, refusals
from tanos.message import Deed, Message
from tanos.report import Section

Tell = Callable[[Message], None]


def silent(_: Message) -> None:
    """Progress that nobody listens to."""


T = TypeVar("T")


@dataclass(frozen=True)
class Confirmation:
    """What an operator types to go on: `yes`, or a word that shows he has read; an empty word asks for nothing."""

    word: str = "yes"

    def given_by(self, typed: str) -> bool:
        """Case does not matter, nor space around."""
        return not self.word or typed.strip().casefold() == self.word.casefold()


YES = Confirmation()
NOTHING_TO_DO = Confirmation("")
"""Of a Plan that finds everything done already: it is applied unasked, and changes nothing."""


@dataclass(frozen=True)
class Decision(Generic[T]):
    """A last question, yes or no, answered in sight of the Plan; at a menu it stands in the place of the word.

    A verb, which says everything at once, answers it by a flag.
    """

    label: Message
    plan: Callable[[bool], "Plan[T]"]
    """The Plan by that answer."""
    and_word: bool = False
    """The word is wanted after it all the same: of a Plan with something grave."""


@dataclass(frozen=True)
class Plan(Generic[T]):
    """What will happen. `payload` is what `apply` needs; `data` is the same for programs."""

    title: Message
    payload: T
    sections: tuple[Section, ...] = ()
    findings: tuple[Finding, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    confirmation: Confirmation = YES
    decision: Decision[T] | None = None
    then: "Callable[[Mapping[str, Any]], Plan[T]] | None" = None
    """The Plan with the answers that are asked for at a menu once this was seen and its word typed (`Ask.later`)."""

    @property
    def nothing_to_do(self) -> bool:
        """Whether it would change nothing, so that nobody is asked."""
        return not self.confirmation.word

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that stop it."""
        return refusals(self.findings)


@dataclass(frozen=True)
class Result:
    """What is true now, with evidence. `data` holds the promised fields of the verb."""

    title: Message
    sections: tuple[Section, ...] = ()
    findings: tuple[Finding, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    leads_to: Deed | None = None
    """What an operator at a menu is led to once he has read this; he may leave it for later."""


@dataclass(frozen=True)
class Operation(Generic[T]):
    """`prepare(call, **answers) -> Plan` and `apply(call, plan, tell) -> Result`.

    The keyword arguments of `prepare` are the names of the verb's Asks; a test holds them equal.
    """

    prepare: Callable[..., Awaitable[Plan[T]]]
    apply: Callable[[Call, Plan[T], Tell], Awaitable[Result]]


@dataclass(frozen=True)
class Inquiry:
    """`read(call, **answers) -> Result`: changes nothing, asks for no confirmation."""

    read: Callable[..., Awaitable[Result]]
