"""The program `tanos inspect`: says what a text or file with certificates, requests and keys holds.

Invariants: it wants no appliance and changes nothing. What is pasted is not echoed, since a key may be in it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from menus.clicked import Spoken
from menus.language import speak
from menus.outside import USES, show_result
from menus.pasted import unseen
from menus.streams import Source, Streams
from tanos.errors import AnswerRefused, ExitCode
from tanos.files import read_given
from tanos.finding import refusals
from tanos.inert import inert
from tanos.message import N_
from tanos.pasting.text import PASTE_LIMIT
from tanos.secret import Secret

if TYPE_CHECKING:
    from tanos.inspecting.inspect import Given

STDIN = Path("-")
SILENCE_SECONDS, PATIENCE_SECONDS = 1.5, 300.0
CTRL_C, CTRL_D = b"\x03", b"\x04"
PASTE = N_("Paste it now: certificates, requests, keys. Ctrl-D ends it, and so does silence after an END line.")
ABOUT = N_("Say what certificates, requests and keys a text or file holds.")
TOLD = {
    "use": N_("What it is meant for: {uses}; what would be refused there is said.", uses=", ".join(USES)),
    "host": N_("The server's own full name, with --for soap or ssl."),
    "root": N_("The tanium.pub that must have issued it, with --for reporting."),
    "passphrase": N_("Its first line opens keys and PKCS#12 files."),
    "json": N_("One JSON object on stdout."),
}
FILE = click.Path(path_type=Path)


@click.command("inspect", cls=Spoken, help=speak(ABOUT))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|-]…")
@click.option("--for", "use", help=speak(TOLD["use"]), type=click.Choice(USES), metavar="USE")
@click.option("--host", help=speak(TOLD["host"]), default="", metavar="FQDN")
@click.option("--root", help=speak(TOLD["root"]), type=FILE, metavar="FILE")
@click.option("--passphrase-file", "passphrase", help=speak(TOLD["passphrase"]), type=FILE, metavar="FILE")
@click.option("--json", "as_json", help=speak(TOLD["json"]), is_flag=True)
@click.pass_obj
def inspect(
    streams: Streams,
    files: Sequence[Path],
    use: str | None,
    host: str,
    root: Path | None,
    passphrase: Path | None,
    as_json: bool,
) -> int:
    """Say what certificates, requests and keys a text or file holds."""
    from tanos.certificates.pair_kinds import KINDS
    from tanos.inspecting.inspect import inspect_all, read_root
    from tanos.inspecting.judging import Purpose

    kind = next((each for each in KINDS if each.name == use), None)
    trusted = read_root(read_given(root, PASTE_LIMIT)) if root else None
    word = Secret(read_given(passphrase, PASTE_LIMIT).partition(b"\n")[0].rstrip(b"\r")) if passphrase else None
    given = [_given(file, streams) for file in files or (STDIN,)]
    result = inspect_all(given, Purpose(datetime.now(UTC), kind, host, trusted), word)
    show_result(result, streams, as_json=as_json)
    return ExitCode.REFUSED if refusals(result.findings) else ExitCode.DONE


def _given(file: Path, streams: Streams) -> "Given":
    from tanos.inspecting.inspect import Given

    if file == STDIN:
        if streams.source.is_terminal:
            return Given(_pasted(streams), is_typed=True)
        return Given(streams.source.everything(PASTE_LIMIT + 1))
    try:
        return Given(read_given(file, PASTE_LIMIT), inert(str(file)))
    except AnswerRefused as refused:
        return Given(refused, inert(str(file)))


def _pasted(streams: Streams) -> bytes:
    """Return what is pasted at a terminal, echoing none of it."""
    with unseen(streams.source.descriptor):
        streams.complain([speak(PASTE)])
        return _until_it_ends(streams.source)


def _until_it_ends(source: Source) -> bytes:
    pasted = b""
    while len(pasted) <= PASTE_LIMIT:
        piece = source.piece(SILENCE_SECONDS if b"-----END" in pasted else PATIENCE_SECONDS)
        if not piece:
            break
        if CTRL_C in piece:
            raise KeyboardInterrupt
        before, ended, _ = piece.partition(CTRL_D)
        pasted += before
        if ended:
            break
    return pasted
