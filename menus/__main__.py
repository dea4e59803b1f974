"""The `tanos` program: one of its few programs, or a verb on a local home.

Invariant: only what is needed is imported (a verb loads neither Textual nor asyncssh), and no traceback reaches
whoever called: a fault becomes one sentence, its details go to the appliance's own log.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from menus.command import refuse, run_words
from menus.language import choose
from menus.listing import in_our_words
from menus.parser import Wanted
from menus.streams import Streams, own_streams
from sftp.grace import end_at_hangup
from tanos import __version__
from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.errors import ExitCode, WrongUse
from tanos.faults import broken
from tanos.message import N_
from tanos.users.accounts import known_user

PROGRAMS = frozenset(
    {
        "init",
        "serve",
        "console",
        "sftp-server",
        "courier",
        "board",
        "inspect",
        "pair",
        "client",
        "relying-hand",
        "restore",
        "upgrade",
        "keyutility",
        "lab",
        "demo",
    }
)
"""The first word of each; a test holds them equal to those that there are, which are not loaded for a verb."""
INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Run `tanos WORDS…`; return the exit status."""
    words = in_our_words(sys.argv[1:] if words is None else words)
    choose(os.environ)
    streams = own_streams(os.environ)
    try:
        return _dispatch(words, streams)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return refuse(broken(home_of(words), " ".join(words[:2]), error), streams, as_json="--json" in words)


def home_of(words: Sequence[str]) -> Path | None:
    """Return the home that is named, before the words are understood: there a fault is written down."""
    named = os.environ.get("TANOS_HOME", "")
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--home":
            named = following
        elif word.startswith("--home="):
            named = word.removeprefix("--home=")
    return Path(named) if named else None


def _dispatch(words: list[str], streams: Streams) -> int:
    if words[:1] == ["--version"]:
        streams.show([f"tanos {__version__}"])
        return ExitCode.DONE
    if words and words[0] in PROGRAMS:
        from menus.programs import run_program

        return run_program(words, streams)
    if not words or words == ["--help"]:
        from menus.programs import list_programs

        streams.show(list_programs())
        words = words or ["--help"]
    end_at_hangup()
    return run_words(words, _open_call, streams, home=home_of(words), local=True)


def _open_call(wanted: Wanted) -> Call:
    """Find the appliance and the account that asks. Raises Damaged, WrongUse or AnswerRefused `no-such-user`."""
    home = wanted.home or os.environ.get("TANOS_HOME", "")
    if not home:
        raise WrongUse("no-home", N_("No appliance is named."), N_("Add --home HOME, or set TANOS_HOME."))
    appliance = Appliance.open(Path(home))
    account = known_user(appliance, wanted.user or "tanadmin")
    return Call(appliance, Actor(account.name, account.role, "verb"), wanted.verb.name)


if __name__ == "__main__":
    sys.exit(main())
