"""What is shown to everybody before signing in.

Invariant: what is stored is inert and short: no line of it can move a cursor or fill a screen many times over.
"""

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_, Message

FILE = "banner_ssh.txt"
MOST_BYTES = 4096
MOST_LINES = 60
MOST_COLUMNS = 120
"""Characters of a line."""


def banner(appliance: Appliance) -> str:
    """Return the text, lines ended by a line feed; empty where there is none."""
    row = appliance.store.row("SELECT text FROM banner")
    return str(row["text"]) if row else ""


def read_banner(data: bytes) -> str:
    """Return the text of a file, tabs as blanks. Raises AnswerRefused `bad-banner`, also where it is not inert."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(N_("The file is not text (UTF-8).")) from None
    lines = [line.rstrip(" ") for line in text.replace("\r\n", "\n").replace("\t", "    ").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    if not any(lines):
        raise _refused(N_("The file holds no text."))
    for number, line in enumerate(lines, start=1):
        _check_line(number, line)
    found = "".join(f"{line}\n" for line in lines)
    if len(lines) > MOST_LINES or len(found.encode()) > MOST_BYTES:
        raise _refused(N_("The file is longer than a screen, or than {most} bytes.", most=MOST_BYTES))
    return found


def _check_line(number: int, line: str) -> None:
    if inert(line) != line:
        raise _refused(N_("Line {at} holds control characters: {line}.", at=number, line=inert(line)[:80]))
    if len(line) > MOST_COLUMNS:
        raise _refused(
            N_(
                "Line {at} has {length} characters, at most {most} are shown.",
                at=number,
                length=len(line),
                most=MOST_COLUMNS,
            )
        )


def _refused(why: Message) -> AnswerRefused:
    return AnswerRefused("bad-banner", why, N_("Put a short text into /incoming and try again."))
