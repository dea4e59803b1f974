"""The command face: `noun verb` with flags, made from the same records as the menus.

Invariant: words are parsed here and never by a shell. Results stand on stdout, what is for people only on stderr; a
word that is not known prints nothing on stdout. With `--json` one object stands on stdout, also for a refusal.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from menus.as_json import error_object, one_line, plan_object, result_object
from menus.given import own_answers, verb_answers
from menus.language import speak
from menus.listing import asks_for_list, in_our_words, list_verbs
from menus.parser import Wanted, find_verb, help_of, parse
from menus.perform import apply, prepare
from menus.shown import outcome_lines, refusal_lines
from menus.streams import Streams
from menus.walk import check_offer
from tanos.actor import Call
from tanos.errors import AnswerRefused, ExitCode, NotOffered, TanosError, WrongUse
from tanos.faults import in_words
from tanos.message import N_, Message
from tanos.operation import YES, Plan, Result
from tanos.pasting.exposed import exposed, holds_private_key

OpenCall = Callable[[Wanted], Call]
"""Finds the appliance and who asks, once it is known what is wanted."""


def run_words(
    words: Sequence[str], open_call: OpenCall, streams: Streams, *, home: Path | None = None, local: bool = False
) -> int:
    """Do what `words` say; return the exit status.

    `home` is where a fault of the program is written down; `local` takes `--home` and `--user` too.
    """
    words = in_our_words(words)
    try:
        with in_words(home, " ".join(words[:2])):
            return _answer(words, open_call, streams, local=local)
    except TanosError as error:
        return refuse(error, streams, as_json="--json" in words)


def _answer(words: Sequence[str], open_call: OpenCall, streams: Streams, *, local: bool) -> int:
    if any(holds_private_key(word.encode(errors="surrogateescape")) for word in words):
        raise exposed()
    if asks_for_list(words):
        streams.show(list_verbs(words, as_json="--json" in words))
        return ExitCode.DONE
    verb, rest = find_verb(words)
    wanted = parse(verb, rest, local=local)
    if wanted.help:
        streams.show([help_of(verb, local=local)])
        return ExitCode.DONE
    return asyncio.run(_do(wanted, open_call(wanted), streams))


def refuse(error: TanosError, streams: Streams, *, as_json: bool, plan: Plan[Any] | None = None) -> int:
    """Say why nothing was done; return the exit status. A `plan` was shown with its other findings."""
    if as_json:
        beside = plan_object(plan) if plan else {}
        streams.show([one_line({**error_object(error), **beside})])
    streams.complain(refusal_lines(error, findings=plan is None))
    return error.exit_code


async def _do(wanted: Wanted, call: Call, streams: Streams) -> int:
    call = replace(call, verb=wanted.verb.name)
    outcome = await prepare(call, wanted.verb, _answers(wanted, call, streams))
    if isinstance(outcome, Result):
        _show_result(wanted, outcome, streams)
        return ExitCode.DONE
    if wanted.dry_run:
        return _dry_run(wanted, outcome, streams)
    try:
        result = await apply(call, wanted.verb, outcome, _typed(wanted, outcome), _teller(streams))
    except (WrongUse, AnswerRefused) as error:
        _show_plan(wanted, outcome, streams, error)
        return refuse(_named(wanted, error), streams, as_json=wanted.as_json, plan=outcome)
    _show_result(wanted, result, streams)
    return ExitCode.DONE


def _answers(wanted: Wanted, call: Call, streams: Streams) -> dict[str, Any]:
    """Return the answers; none where the gate will not let them through, so that no stdin is awaited in vain."""
    try:
        check_offer(wanted.verb.offer, call, wanted.verb.name)
    except NotOffered:
        return {}
    given = {**own_answers(wanted.verb, call.actor), **wanted.given}
    return verb_answers(wanted.verb, given, call.appliance, streams)


def _typed(wanted: Wanted, plan: Plan[Any]) -> str:
    """Return the word that the flags stand for."""
    if wanted.confirm:
        return wanted.confirm
    if wanted.yes and wanted.word_flag:
        return plan.confirmation.word
    return YES.word if wanted.yes and plan.confirmation == YES else ""


def _named(wanted: Wanted, error: TanosError) -> TanosError:
    """Name the flag that stands for the word, where the verb has one."""
    if error.id == "needs-yes" and wanted.verb.word_flag and wanted.yes:
        error.remedy = N_("Add {flag}.", flag=wanted.verb.word_flag)
    return error


def _dry_run(wanted: Wanted, plan: Plan[Any], streams: Streams) -> int:
    if plan.refusals:
        refusal = AnswerRefused.because(*plan.findings)
        _show_plan(wanted, plan, streams, refusal)
        return refuse(refusal, streams, as_json=wanted.as_json, plan=plan)
    if wanted.as_json:
        streams.show([one_line(plan_object(plan))])
    _show_plan(wanted, plan, streams)
    return ExitCode.DONE


def _show_plan(wanted: Wanted, plan: Plan[Any], streams: Streams, refusal: TanosError | None = None) -> None:
    if not wanted.as_json:
        streams.show(outcome_lines(plan, refusal))


def _show_result(wanted: Wanted, result: Result, streams: Streams) -> None:
    streams.show([one_line(result_object(result))] if wanted.as_json else outcome_lines(result))


def _teller(streams: Streams) -> Callable[[Message], None]:
    def tell(message: Message) -> None:
        streams.complain([speak(message)])

    return tell
