r"""Bytes from a clipboard or a file, made into plain lines where that is safe.

Invariant: what `decode_text` returns holds printable characters, spaces, tabs and "\n" only. It removes what no
operator can see or meant to send (marks, colours, invisible characters, mail quotes, frames) and tells each; it never
changes a visible character. What it cannot explain (a control character) it refuses rather than guesses.
"""

import re
import unicodedata

from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_, Message
from tanos.pasting.repairs import Repairs

PASTE_LIMIT = 64 * 1024
"""Bytes. More is never a request, a chain or a key."""

_MARKS = re.compile(r"\x1b\[20[01]~")
_CODES = re.compile(r"\x1b\[[0-?]{0,32}[ -/]{0,4}[@-~]|\x1bO[A-Za-z]|\x1b[()][0-9AB]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BARS = "|│┃║"
_BORDER = re.compile(r"[-+=_ \u2500-\u257f]+")


def decode_text(raw: bytes) -> tuple[str, tuple[Message, ...]]:
    """Return the text of a paste or file and what was repaired.

    Raises AnswerRefused `too-large`, `not-text` or `control-characters`.
    """
    if len(raw) > PASTE_LIMIT:
        raise too_large()
    repairs = Repairs()
    text = _decoded(raw, repairs)
    text = _without(text, _MARKS, N_("removed the terminal's paste marks"), repairs)
    text = _without(text, _CODES, None, repairs)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = _visible(text, repairs)
    _refuse_control(text)
    lines, repair = unframe(text.split("\n"))
    if repair:
        repairs.add(repair)
    return "\n".join(lines), repairs.told()


def unframe(lines: list[str]) -> tuple[list[str], Message | None]:
    """Take mail quotes or a drawn frame off `lines`, if every line that holds anything carries it."""
    filled = [line.strip() for line in lines if line.strip()]
    if filled and all(line.startswith(">") for line in filled):
        bare = [line.lstrip("> \t") for line in lines]
        return bare, N_('removed ">" from lines ({count})', count=len(filled))
    inner = [line for line in filled if not _is_border(line)]
    if inner and all(len(line) > 1 and line[0] in _BARS and line[-1] in _BARS for line in inner):
        bare = [line.strip()[1:-1].strip() for line in lines if not _is_border(line.strip())]
        return bare, N_("removed a frame from lines ({count})", count=len(inner))
    return lines, None


def place(text: str, position: int) -> tuple[int, int]:
    """Return line and column, both from 1, of an index into `text`."""
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def too_large() -> AnswerRefused:
    """Return the refusal of more than `PASTE_LIMIT`."""
    return AnswerRefused.because(
        refuse(
            "too-large",
            N_("This is more than {limit} bytes, so it is not what is awaited here.", limit=PASTE_LIMIT),
            N_("Copy only the block, from its BEGIN line to its END line."),
        )
    )


def _decoded(raw: bytes, repairs: Repairs) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _strictly(raw, "utf-16")
        if text is None:
            raise _not_text()
        repairs.add(N_("read it as UTF-16 text"))
        return text
    if raw.startswith(b"\xef\xbb\xbf"):
        repairs.add(N_("removed a byte order mark"))
        raw = raw[3:]
    text = _strictly(raw, "utf-8")
    if text is None:
        repairs.add(N_("read it as Windows-1252 text"))
        text = raw.decode("cp1252", "replace")
    return text


def _strictly(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _without(text: str, pattern: re.Pattern[str], told: Message | None, repairs: Repairs) -> str:
    if "\x1b" not in text:
        return text
    text, count = pattern.subn("", text)
    if count:
        repairs.add(told or N_("removed terminal codes ({count})", count=count))
    return text


def _visible(text: str, repairs: Repairs) -> str:
    """Drop invisible characters; turn every kind of space and line end into the plain one."""
    kept: list[str] = []
    invisible = spaces = 0
    for char in text:
        category = "" if char.isascii() else unicodedata.category(char)
        if category == "Cf":
            invisible += 1
        elif category == "Zs":
            spaces += 1
            kept.append(" ")
        else:
            kept.append("\n" if category in {"Zl", "Zp"} else char)
    if invisible:
        repairs.add(N_("removed invisible characters ({count})", count=invisible))
    if spaces:
        repairs.add(N_("replaced special spaces by plain ones ({count})", count=spaces))
    return "".join(kept)


def _refuse_control(text: str) -> None:
    found = _CONTROL.search(text)
    if not found:
        return
    line, column = place(text, found.start())
    code = f"U+{ord(found[0]):04X}"
    remedy = N_("Copy it again as plain text, or send it as a file.")
    if found[0] == "\0":
        remedy = N_("Save it as UTF-8 text and copy it again, or send it as a file.")
    raise AnswerRefused.because(
        refuse(
            "control-characters",
            N_(
                "There is a control character ({code}) at line {line}, column {column}.",
                code=code,
                line=line,
                column=column,
            ),
            remedy,
        )
    )


def _not_text() -> AnswerRefused:
    return AnswerRefused.because(
        refuse(
            "not-text",
            N_("It says that it is UTF-16 text, and is not."),
            N_("Save it as UTF-8 text and copy it again, or send it as a file."),
        )
    )


def _is_border(line: str) -> bool:
    drawn = "+" in line or any("\u2500" <= char <= "\u257f" for char in line)
    return bool(drawn and _BORDER.fullmatch(line))
