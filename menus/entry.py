"""Where the program `tanos` begins: a console whose front door is open is handed to it before anything is loaded.

Invariant: whatever the front door cannot serve, this process serves itself, by the same words.
"""

import os
import sys
from collections.abc import Sequence

from sftp.handing import Handed, hand_over

LOST = 1


def main() -> int:
    """Run `tanos WORDS…`; return the exit status."""
    words = sys.argv[1:]
    asked = console_words(words[1:]) if words[:1] == ["console"] else None
    ended = hand_over(*asked) if asked else None
    if ended is not None:
        return _tell(ended)
    from menus.__main__ import main as run

    return run(words)


def receiver() -> int:
    """Run `TaniumReceiver WORDS…`, as the documents have it, on a local home; return the exit status."""
    from menus.__main__ import main as run
    from menus.listing import RECEIVER

    return run([RECEIVER, *sys.argv[1:]])


def console_words(words: Sequence[str]) -> tuple[str, str, str] | None:
    """Return home, user and words of a verb where they are said plainly; None where a parser has to look."""
    told = {"--user": "", "-c": ""}
    home = ""
    rest = iter(words)
    for word in rest:
        option, has_value, value = word.partition("=")
        if word in told:
            told[word] = next(rest, "")
        elif option == "--user" and has_value:
            told[option] = value
        elif word.startswith("-") or home:
            return None
        else:
            home = word
    return (home, told["--user"], told["-c"] or os.environ.get("SSH_ORIGINAL_COMMAND", "")) if home else None


def _tell(ended: Handed) -> int:
    """Say what is left to be said; return the exit status."""
    if ended.status is not None:
        os.write(1 if os.isatty(1) else 2, ended.said.encode())
        return ended.status
    from menus.command import refuse
    from menus.language import choose, speak
    from menus.streams import own_streams
    from sftp.keeping.wire import error_of, unpack
    from sftp.refusals import LOST_PROCESS

    choose(os.environ)
    streams = own_streams(os.environ)
    if ended.refused is not None:
        return refuse(error_of(unpack(ended.refused)), streams, as_json=False)
    streams.complain([speak(LOST_PROCESS)])
    return LOST


if __name__ == "__main__":
    sys.exit(main())
