"""Plans, Results and refusals as one JSON object for programs.

Invariant: what programs read is in English and in ASCII, whatever the operator's language and terminal; keys and ids
are promised (README "Verbs"), sentences are not.
"""

import json
from collections.abc import Iterable
from typing import Any

from tanos.errors import TanosError
from tanos.finding import Finding
from tanos.operation import Plan, Result

SCHEMA = 1


def result_object(result: Result) -> dict[str, Any]:
    """Return the promised fields of a verb, with its findings."""
    return {"findings": _findings(result.findings), **result.data}


def plan_object(plan: Plan[Any]) -> dict[str, Any]:
    """Return what would happen, under `plan`; `confirm` is the word that it wants."""
    shown = {"title": str(plan.title), "confirm": plan.confirmation.word, "findings": _findings(plan.findings)}
    return {"plan": {**shown, **plan.data}}


def error_object(error: TanosError) -> dict[str, Any]:
    """Return a refusal, under `error`."""
    shown: dict[str, Any] = {"id": error.id, "message": str(error.message), "remedy": str(error.remedy)}
    shown["findings"] = _findings(error.findings)
    if error.reference:
        shown["reference"] = error.reference
    return {"error": shown}


def one_line(fields: dict[str, Any]) -> str:
    """Return the object as text."""
    return json.dumps({"schema": SCHEMA, **fields}, default=str)


def _findings(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [
        {
            "id": finding.id,
            "severity": finding.severity.value,
            "message": str(finding.message),
            "remedy": str(finding.remedy),
        }
        for finding in findings
    ]
