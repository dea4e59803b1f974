"""What was found in something an operator gave: a stable id, how grave it is, why, and what to do.

Ids are promised to scripts (reference: docs/findings.md) and never change their meaning.
"""

from dataclasses import dataclass
from enum import StrEnum

from tanos.message import Message


class Severity(StrEnum):
    """How grave a finding is; only `refuse` stops an operation."""

    REFUSE = "refuse"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One finding: why (`message`) and what to do (`remedy`), one sentence each."""

    id: str
    severity: Severity
    message: Message
    remedy: Message


def refuse(finding_id: str, message: Message, remedy: Message) -> Finding:
    """Return a finding that stops the operation."""
    return Finding(finding_id, Severity.REFUSE, message, remedy)


def warn(finding_id: str, message: Message, remedy: Message) -> Finding:
    """Return a finding that the operator should weigh."""
    return Finding(finding_id, Severity.WARN, message, remedy)


def note(finding_id: str, message: Message, remedy: Message) -> Finding:
    """Return a finding that the operator may like to know."""
    return Finding(finding_id, Severity.NOTE, message, remedy)


def refusals(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return those that stop the operation."""
    return tuple(finding for finding in findings if finding.severity is Severity.REFUSE)


def findings_data(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    """Return findings for programs: `id, severity, message, remedy`, in English."""
    return [
        {
            "id": finding.id,
            "severity": finding.severity.value,
            "message": str(finding.message),
            "remedy": str(finding.remedy),
        }
        for finding in findings
    ]
