"""Plans, Results and refusals as one JSON object for programs.

Invariant: what programs read is in English and in ASCII, whatever the operator's language and terminal; keys and ids
are promised (README "Verbs"), sentences are not.
"""

import json
from typing import Any

from tanos.errors import TanosError
from tanos.finding import findings_data
from tanos.operation import Plan, Result

SCHEMA = 1


def result_object(result: Result) -> dict[str, Any]:
    """Return the promised fields of a verb, and its findings, which are told here alone."""
    return {**result.data, "findings": findings_data(result.findings)}


def plan_object(plan: Plan[Any]) -> dict[str, Any]:
    """Return what would happen, under `plan`; `confirm` is the word that it wants."""
    shown = {"title": str(plan.title), "confirm": plan.confirmation.word, "findings": findings_data(plan.findings)}
    return {"plan": {**plan.data, **shown}}


def error_object(error: TanosError) -> dict[str, Any]:
    """Return a refusal, under `error`."""
    shown: dict[str, Any] = {"id": error.id, "message": str(error.message), "remedy": str(error.remedy)}
    shown["findings"] = findings_data(error.findings)
    if error.reference:
        shown["reference"] = error.reference
    return {"error": shown}


def one_line(fields: dict[str, Any]) -> str:
    """Return the object as text."""
    return json.dumps({"schema": SCHEMA, **fields}, default=str)
