"""The program `tanos board`: how many appliances stand, at a glance.

Invariant: it wants no appliance here, and changes nothing there. The exit status says whether somebody has to do
something.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from menus.as_json import one_line
from menus.clicked import Spoken
from menus.language import speak
from menus.streams import Streams
from sftp.board import AT_ONCE, SECONDS
from tanos.errors import ExitCode
from tanos.message import N_

WIDTH = 80
ABOUT = N_("Show how many appliances stand: days left, exchanges that wait, what is next.")
TOLD = {
    "config": N_("The ssh configuration: its hosts are asked, or those named that fit."),
    "at-once": N_("So many at a time; {usual} unless told.", usual=AT_ONCE),
    "seconds": N_("Seconds that one host may take at most; {usual} unless told.", usual=SECONDS),
    "json": N_("One JSON object on stdout."),
}
FILE = click.Path(path_type=Path)


@click.command("board", cls=Spoken, help=speak(ABOUT))
@click.argument("hosts", nargs=-1, metavar="[HOST|PATTERN]…")
@click.option("-F", "config", help=speak(TOLD["config"]), type=FILE, metavar="FILE")
@click.option("--at-once", help=speak(TOLD["at-once"]), type=click.IntRange(1, 128), default=AT_ONCE, metavar="N")
@click.option("--seconds", help=speak(TOLD["seconds"]), type=click.IntRange(1, 600), default=SECONDS, metavar="N")
@click.option("--json", "as_json", help=speak(TOLD["json"]), is_flag=True)
@click.pass_obj
def board(
    streams: Streams, hosts: Sequence[str], config: Path | None, at_once: int, seconds: int, as_json: bool
) -> int:
    """Show how many appliances stand."""
    from menus.board_table import board_lines, count_line
    from sftp.board.board import read_board

    counting = streams.err.isatty()

    def progress(done: int, of: int) -> None:
        if counting:
            _overwrite(streams, speak(N_("{done} of {all} hosts have answered", done=done, all=of)))

    rows = read_board(config, hosts, at_once=at_once, seconds=seconds, progress=progress)
    if counting:
        _overwrite(streams, "")
    if as_json:
        told = {"hosts": [row.as_data() for row in rows], "due": sum(row.state == "due" for row in rows)}
        streams.show([one_line({**told, "failed": sum(row.state == "fail" for row in rows)})])
    else:
        width = shutil.get_terminal_size((WIDTH, 24)).columns if streams.out.isatty() else WIDTH
        streams.show([*board_lines(rows, width, colour=_may_colour(streams)), count_line(rows)])
    return ExitCode.NOT_YET if any(row.state in {"due", "fail"} for row in rows) else ExitCode.DONE


def _may_colour(streams: Streams) -> bool:
    return streams.out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def _overwrite(streams: Streams, text: str) -> None:
    """Write over the present line of the terminal."""
    streams.err.write(f"\r{text.ljust(WIDTH - 1)}\r")
    streams.err.flush()
