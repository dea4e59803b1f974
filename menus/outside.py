"""What the programs that want no appliance have in common: Plans to agree to, output.

Invariant: a Plan is shown before anything is changed, and without `--yes` nothing is.
"""

from collections.abc import Callable
from typing import TypeVar

import click

from menus.as_json import one_line, plan_object, result_object
from menus.command import refuse
from menus.language import speak
from menus.perform import needs_yes
from menus.shown import outcome_lines
from menus.streams import Streams
from tanos.errors import AnswerRefused, ExitCode, WrongUse
from tanos.message import N_
from tanos.operation import Plan, Result

T = TypeVar("T")
YES = click.option("--yes", help=speak(N_("Do it; without this you get the plan.")), is_flag=True)
DRY_RUN = click.option("--dry-run", help=speak(N_("Show the plan and end.")), is_flag=True)
JSON = click.option("--json", "as_json", help=speak(N_("One JSON object on stdout.")), is_flag=True)
USES = ("reporting", "soap", "ssl")
"""What a certificate may be meant for, by the kinds of pairs."""


def show_result(result: Result, streams: Streams, *, as_json: bool) -> None:
    """Show what is true now."""
    streams.show([one_line(result_object(result))] if as_json else outcome_lines(result))


def go_through(
    plan: Plan[T],
    apply: Callable[[T], Result],
    streams: Streams,
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Show a Plan, and do it where that was agreed to; return the exit status."""
    if plan.refusals:
        return _refused(plan, AnswerRefused.because(*plan.findings), streams, as_json=as_json)
    if not dry_run and not yes and not plan.nothing_to_do:
        return _refused(plan, needs_yes(plan), streams, as_json=as_json)
    if dry_run:
        streams.show([one_line(plan_object(plan))] if as_json else outcome_lines(plan))
    else:
        show_result(apply(plan.payload), streams, as_json=as_json)
    return ExitCode.DONE


def _refused(plan: Plan[T], error: AnswerRefused | WrongUse, streams: Streams, *, as_json: bool) -> int:
    if not as_json:
        streams.show(outcome_lines(plan, error))
    return refuse(error, streams, as_json=as_json, plan=plan)
