"""Keys that `ssh-copy-id` brings: its words are recognised whole, and its keys go the way of every other.

Invariant: nothing of those words is run. They ask for one thing, to let the keys on standard input sign in as who is
signed in; whoever starts the program means that, so that nothing more is confirmed. One key that is refused refuses
all, before any is added.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from menus.keys_menu import ADD
from menus.language import speak
from menus.perform import apply, prepare
from menus.shown import outcome_lines, refusal_lines
from menus.streams import Streams
from tanos.actor import Call
from tanos.errors import AnswerRefused, ExitCode, TanosError
from tanos.faults import in_words
from tanos.keys.adding import Addition
from tanos.message import N_
from tanos.operation import Plan, Result
from tanos.pasting.text import PASTE_LIMIT

_FILE = r"\.ssh/authorized_keys"
_SCRIPT = re.compile(
    r"execsh-c'cd;umask077;mkdir-p\.ssh&&"
    rf"\{{\[-z`tail-1c{_FILE}2>/dev/null`\]\|\|echo>>{_FILE}\|\|exit1;\}}&&cat>>{_FILE}\|\|exit1;"
    rf"iftyperestorecon>/dev/null2>&1;thenrestorecon-F\.ssh{_FILE};fi'"
)
"""What OpenSSH's program of the last ten years sends, without its spaces and quotation marks."""
_BLANK = re.compile(r"[\s\"]")
_MOST = 100
"""Keys of one call."""
_DUPLICATE = "duplicate"
NO_WORK = "exit"
"""What the program asks for to learn whether a key signs in already."""


def is_copy_of_keys(words: str) -> bool:
    """Say whether a command line is what `ssh-copy-id` sends."""
    return _SCRIPT.fullmatch(_BLANK.sub("", words)) is not None


def add_copied(open_call: Callable[[], Call], streams: Streams, home: Path) -> int:
    """Let the keys on standard input sign in as who is signed in; return the exit status."""
    try:
        with in_words(home, ADD.name):
            call = replace(open_call(), verb=ADD.name)
            return asyncio.run(_add(call, streams.source.everything(PASTE_LIMIT + 1), streams))
    except TanosError as error:
        streams.complain(refusal_lines(error))
        return error.exit_code


async def _add(call: Call, raw: bytes, streams: Streams) -> int:
    lines = [line for line in raw.splitlines() if line.strip()][: _MOST + 1]
    if len(lines) > _MOST or len(raw) > PASTE_LIMIT:
        raise AnswerRefused(
            "too-large", N_("More keys than {most} came at once.", most=_MOST), N_("Send them in several parts.")
        )
    plans = [plan for line in lines or [raw] if (plan := await _plan(call, line, streams))]
    for plan in plans:
        streams.show(outcome_lines(await apply(call, ADD, plan, "yes")))
    return ExitCode.DONE


async def _plan(call: Call, line: bytes, streams: Streams) -> Plan[Addition] | None:
    """Return what a key needs; None where it is there already, which the program cannot always tell."""
    limits = {"allowed_from": "", "expires": "", "direction": ""}
    try:
        plan = await prepare(call, ADD, {"user": call.actor.user, "text": line, **limits})
    except AnswerRefused as error:
        if error.id != _DUPLICATE:
            raise
        streams.complain([speak(error.message)])
        return None
    assert not isinstance(plan, Result)
    return plan
