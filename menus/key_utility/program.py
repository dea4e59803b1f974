"""`KeyUtility JOB WORDS…`: on stdout what the documents say that it says, and nothing else; the rest is for people.

Invariant: no traceback reaches whoever called.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from menus.key_utility.jobs import JOBS
from menus.key_utility.words import HELP, JSON, KNOWN_KEYS, Job, given_to
from menus.language import choose, speak
from menus.shown import finding_lines, refusal_lines, section_lines
from menus.streams import Streams, own_streams
from tanos import __version__
from tanos.errors import ExitCode, TanosError, WrongUse
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.operation import Result

PROGRAM = "KeyUtility"
INTERRUPTED = 130


def main() -> int:
    """Run `KeyUtility WORDS…`; return the exit status."""
    choose(os.environ)
    return run(sys.argv[1:], own_streams(os.environ))


def run(words: Sequence[str], streams: Streams) -> int:
    """Do one job; return the exit status."""
    try:
        return _do(words, streams)
    except KeyboardInterrupt:
        return INTERRUPTED
    except TanosError as error:
        return _refuse(error, streams, as_json=JSON.name in words)
    except Exception as error:
        from tanos.faults import broken

        return _refuse(broken(None, PROGRAM, error), streams, as_json=JSON.name in words)


def _do(words: Sequence[str], streams: Streams) -> int:
    job = JOBS.get(words[0].lower()) if words else None
    if job is None:
        return _none(words, streams)
    if HELP.name in words:
        streams.show(job.help_lines(PROGRAM))
        return ExitCode.DONE
    given = given_to(job, words[1:])
    _show(_run(job, given, streams), streams, as_json=JSON.name in given)
    return ExitCode.DONE


def _run(job: Job, given: dict[str, str], streams: Streams) -> Result:
    out = streams.complain if JSON.name in given else streams.show

    def tell(message: Message) -> None:
        out([speak(message)])

    if KNOWN_KEYS.name not in given:
        return job.run(given, tell)
    from tanos.known_keys.judging import listed_in

    with listed_in(Path(given[KNOWN_KEYS.name])):
        return job.run(given, tell)


def _show(result: Result, streams: Streams, *, as_json: bool) -> None:
    """Show the outcome; the findings and the check code stand where results do not."""
    if as_json:
        from menus.as_json import one_line, result_object

        streams.show([one_line(result_object(result))])
        return
    streams.show([speak(result.title)])
    streams.complain([speak(N_("check code: {code}", code=str(result.data["check_code"])))])
    streams.complain(section_lines(result.sections))
    streams.complain(finding_lines(result.findings))


def _refuse(error: TanosError, streams: Streams, *, as_json: bool) -> int:
    if as_json:
        from menus.as_json import error_object, one_line

        streams.show([one_line(error_object(error))])
    streams.complain(refusal_lines(error))
    return error.exit_code


def _none(words: Sequence[str], streams: Streams) -> int:
    if words[:1] == ["--version"]:
        streams.show([f"{PROGRAM} (tanos) {__version__}"])
        return ExitCode.DONE
    if not words or words[0] in {"--help", "-h", "help"}:
        streams.show(_jobs())
        return ExitCode.DONE if words else ExitCode.USAGE
    raise WrongUse(
        "wrong-use",
        N_("There is no job {word}.", word=inert(words[0])),
        N_("It is one of: {jobs}. See `{command} --help`.", jobs=", ".join(JOBS), command=PROGRAM),
    )


def _jobs() -> Iterator[str]:
    yield speak(N_("Usage: {words}", words=f"{PROGRAM} JOB …"))
    yield ""
    for job in JOBS.values():
        yield f"  {job.name} {job.usage}"
        yield "      " + speak(job.about)


if __name__ == "__main__":
    sys.exit(main())
