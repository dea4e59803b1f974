"""Sections, Plans, Results and refusals as lines of text, the same for the plain face and the command face.

Invariant: what belongs together stands in one line (label and value, all cells of a row), so that nothing has to be
joined by the eye; text to copy stands flush left with nothing beside it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from menus.language import speak
from tanos.errors import AnswerRefused, HalfDone, NotOffered, NotYet, TanosError, WrongUse
from tanos.finding import Finding, Severity
from tanos.inert import inert, quoted
from tanos.message import N_, Message
from tanos.operation import Plan, Result
from tanos.report import CopyText, Facts, Mark, Say, Section, Table, Words

MARKS = {
    Mark.OK: N_("ok"),
    Mark.WAIT: N_("wait"),
    Mark.DUE: N_("due"),
    Mark.FAIL: N_("fail"),
    Mark.WARN: N_("warn"),
}
SEVERITIES = {Severity.REFUSE: N_("refuse"), Severity.WARN: N_("warn"), Severity.NOTE: N_("note")}


def timed_out(seconds: int) -> Message:
    """Say why an idle menu was left."""
    return N_(
        "Signed out: nothing was typed for {count} second.",
        "Signed out: nothing was typed for {count} seconds.",
        count=seconds,
    )


def section_lines(sections: Iterable[Section]) -> Iterator[str]:
    """Yield the lines of sections, in order."""
    for section in sections:
        match section:
            case Facts():
                yield from _facts(section)
            case Table():
                yield from _table(section)
            case CopyText():
                yield from _copy(section)
            case Say(message, mark):
                said = speak(message)
                yield f"{speak(MARKS[mark])}: {said}" if mark else said


def outcome_lines(outcome: Plan[Any] | Result, refusal: TanosError | None = None) -> Iterator[str]:
    """Yield the lines of a Plan or a Result: title, what is to be weighed, sections, findings.

    What a `refusal` that follows says itself is left out.
    """
    sections = as_read(sections_of(outcome))
    title = speak(outcome.title)
    if not (sections and isinstance(sections[0], CopyText) and speak(sections[0].title) == title):
        yield title
    above, below = above_and_below(outcome)
    yield from finding_lines(unsaid(above, refusal) if refusal else above)
    yield from section_lines(sections)
    yield from finding_lines(below)


def sections_of(outcome: Plan[Any] | Result) -> tuple[Section, ...]:
    """Return its sections; what a Plan that is refused says would happen is left out."""
    if isinstance(outcome, Result) or not outcome.refusals:
        return outcome.sections
    return tuple(each for each in outcome.sections if not isinstance(each, Say) or each.mark)


def above_and_below(outcome: Plan[Any] | Result) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings that stand above the sections, and those below.

    Those of a Plan that are more than notes are read before the question, however long the Plan is.
    """
    if isinstance(outcome, Result):
        return (), outcome.findings
    above = tuple(finding for finding in outcome.findings if finding.severity is not Severity.NOTE)
    return above, tuple(finding for finding in outcome.findings if finding not in above)


def as_read(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Return sections in the order in which they are read: where there is a text to copy, it comes first, or last.

    After it stands what is next, and then the rest; a check code that stands above the text is not said again.
    """
    copies = [section for section in sections if isinstance(section, CopyText) and not section.is_last]
    if not copies:
        return tuple(sections)
    said = [section for section in sections if isinstance(section, Say)]
    codes = {copy.check_code for copy in copies} - {""}
    rest = [
        _without(section, codes) for section in sections if section not in copies and not isinstance(section, Say)
    ]
    return (*copies, *said, *(section for section in rest if section != Facts(())))


def _without(section: Section, codes: set[str]) -> Section:
    if not isinstance(section, Facts):
        return section
    return Facts(tuple(fact for fact in section.rows if str(fact.value) not in codes))


def finding_lines(findings: Iterable[Finding], said: Message | None = None) -> Iterator[str]:
    """Yield one line a finding: how grave, its id, why, and what to do unless that was `said`."""
    for finding in findings:
        why, then = speak(finding.message), "" if finding.remedy == said else speak(finding.remedy)
        yield f"{speak(SEVERITIES[finding.severity])} {finding.id}: {why} {then}".rstrip()


def refusal_lines(error: TanosError, path: str = "", *, findings: bool = True) -> Iterator[str]:
    """Yield the lines of a refusal: id, why, what to do, the other findings, the reference of its audit record."""
    yield speak(refusal_head(error))
    yield speak(error.message)
    remedy = speak(error.remedy)
    if remedy:
        yield speak(N_("What to do: {remedy}", remedy=error.remedy))
    if findings:
        yield from finding_lines(unsaid(error.findings, error), error.remedy)
    yield speak(reference_of(error, path))


def refusal_head(error: TanosError) -> Message:
    """Return the first line of a refusal, by whose turn it is."""
    if isinstance(error, AnswerRefused):
        return N_("Refused: {id}", id=error.id)
    if isinstance(error, NotYet):
        return N_("Not yet: {id}", id=error.id)
    if isinstance(error, NotOffered):
        return N_("Not offered here: {id}", id=error.id)
    if isinstance(error, WrongUse):
        return N_("Incomplete: {id}", id=error.id)
    if isinstance(error, HalfDone):
        return N_("Half done: {id}", id=error.id)
    return N_("Failed: {id}", id=error.id)


def reference_of(error: TanosError, path: str = "") -> Message:
    """Return the last line of a refusal: whether anything was changed, and where it is recorded."""
    changed = _changed(error)
    if not error.reference:
        return changed
    if not path:
        return N_("{changed} Reference {reference}.", changed=changed, reference=error.reference)
    return N_("{changed} Reference {reference} ({path}).", changed=changed, reference=error.reference, path=path)


def _changed(error: TanosError) -> Message:
    if error.id == "internal":
        return N_("Look at the state before you try again.")
    return N_("What was done stands.") if error.changed else N_("Nothing was changed.")


def unsaid(findings: Iterable[Finding], error: TanosError) -> tuple[Finding, ...]:
    """Return the findings that a refusal does not say itself."""
    return tuple(each for each in findings if (each.id, str(each.message)) != (error.id, str(error.message)))


def _facts(section: Facts) -> Iterator[str]:
    for fact in section.rows:
        line = f"{speak(fact.label)}: {speak(fact.value)}"
        yield f"{line} ({speak(MARKS[fact.mark])})" if fact.mark else line


def _table(section: Table) -> Iterator[str]:
    if not section.rows:
        yield speak(section.empty)
    heads = [speak(column) for column in section.columns]
    for row in section.rows:
        cells = [(head, _one_cell(cell)) for head, cell in zip(heads, row, strict=True)]
        yield "; ".join(f"{head}: {cell}" if head else cell for head, cell in cells if cell)


def _one_cell(cell: Words) -> str:
    """Return a cell among others of its line: data that could be taken for more than one stands in quotes."""
    said = speak(cell)
    return quoted(said) if isinstance(cell, str) and ";" in said else said


def _copy(section: CopyText) -> Iterator[str]:
    yield speak(section.title)
    if section.check_code:
        yield speak(N_("Compare on the other terminal: {check_code}", check_code=section.check_code))
    yield ""
    yield from (inert(line) for line in section.text.splitlines())
    yield ""
    if section.file:
        yield speak(N_("Also in {file}.", file=section.file))
