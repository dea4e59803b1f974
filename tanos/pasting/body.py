"""The inside of one PEM block, turned into DER strictly.

Invariant: only white space and lost padding are mended, and padding only if the DER's own length then fits to the
byte. The DER returned is exactly as long as it says; bits that base64 would drop must be zero.
"""

import binascii
import re

from tanos.der import whole_length
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_, Message
from tanos.pasting.armour import Block, cut_short
from tanos.pasting.exposed import exposed
from tanos.pasting.first_bytes import is_private_key
from tanos.pasting.repairs import Repairs
from tanos.pasting.text import place

COLUMNS = 64
_FOREIGN = re.compile(r"[^A-Za-z0-9+/= \t\n]")
_HEADER = re.compile(r"^[ \t]{0,8}[A-Za-z][A-Za-z0-9-]{0,40}:", re.MULTILINE)
_NUMBERED = re.compile(r"[ \t]{0,12}([0-9]{1,6})[ \t:.)|]{1,8}[^ \t]")
_WHITE = str.maketrans("", "", " \t\n")
_SIGNIFICANT_BITS = {0: 0, 2: 0x0F, 3: 0x03}
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def decode(block: Block, repairs: Repairs, *, keys: bool = False) -> bytes:
    """Return the DER of a block; that of a private key only where `keys` says so.

    Raises AnswerRefused `line-numbers`, `headers`, `bad-base64`, `cut-short`, `trailing-data`, `not-der` or
    `private-key`.
    """
    _refuse_additions(block.body)
    _refuse_foreign(block.body)
    text = block.body.translate(_WHITE)
    core = text.rstrip("=")
    given, needed = len(text) - len(core), -len(core) % 4
    if "=" in core or needed == 3 or given > needed:
        raise _bad_base64(N_("Characters are missing or doubled inside the block."))
    if core and _ALPHABET.index(core[-1]) & _SIGNIFICANT_BITS[len(core) % 4]:
        raise _bad_base64(N_("The last character of the block cannot be right."))
    der = binascii.a2b_base64(core + "=" * needed)
    if is_private_key(der) and not keys:
        raise exposed()
    check_whole(der)
    if given < needed:
        repairs.add(N_('restored "=" at the end ({count})', count=needed - given))
    _tell_white_space(block.body, repairs)
    return der


def check_whole(der: bytes) -> None:
    """Raise AnswerRefused unless `der` is one SEQUENCE, exactly as long as it says."""
    says = whole_length(der)
    if says is None:
        raise AnswerRefused.because(
            refuse(
                "not-der",
                N_("The bytes inside are not what a certificate or a request begins with."),
                N_("It arrived damaged, or is something else: copy the whole block again."),
            )
        )
    if says > len(der):
        raise cut_short(N_("It says it is {says} bytes long, but only {here} arrived.", says=says, here=len(der)))
    if says < len(der):
        raise AnswerRefused.because(
            refuse(
                "trailing-data",
                N_(
                    "{count} byte more arrived than it says it has: it was damaged or joined.",
                    "{count} bytes more arrived than it says it has: it was damaged or joined.",
                    count=len(der) - says,
                ),
                N_("Copy it again, and compare the check code on both terminals."),
            )
        )


def _refuse_additions(body: str) -> None:
    lines = [line for line in body.split("\n") if line.strip()]
    numbers = [int(found[1]) for line in lines if (found := _NUMBERED.match(line))]
    counted = len(numbers) >= 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if counted and len(lines) - len(numbers) <= 1:
        raise AnswerRefused.because(
            refuse(
                "line-numbers",
                N_("The lines carry line numbers, and digits are letters of this format."),
                N_("Show the file without numbers (cat, not cat -n or less -N) and copy it again."),
            )
        )
    if _HEADER.search(body):
        raise AnswerRefused.because(
            refuse(
                "headers",
                N_("There are header lines inside the block."),
                N_("Have it written again without them (openssl writes none), and copy that."),
            )
        )


def _refuse_foreign(body: str) -> None:
    found = _FOREIGN.search(body)
    if not found:
        return
    line, column = place(body, found.start())
    code = f"U+{ord(found[0]):04X}"
    message = N_(
        "Line {line} of the block has a character ({code}) at column {column} that cannot be there.",
        line=line,
        code=code,
        column=column,
    )
    if found[0] in "-_" and "+" not in body and "/" not in body:
        message = N_("It is written in the URL-safe alphabet (found {code} in line {line}).", code=code, line=line)
    raise _bad_base64(message)


def _tell_white_space(body: str, repairs: Repairs) -> None:
    pieces = body.split("\n")
    lines = [piece for piece in pieces if piece.strip()]
    bare = [len(line.translate(_WHITE)) for line in lines]
    told = (
        N_("removed indents ({count})", count=sum(line[0] in " \t" for line in lines)),
        N_("removed spaces at line ends ({count})", count=sum(line[-1] in " \t" for line in lines)),
        N_("removed spaces inside lines ({count})", count=sum(len(line.split()) > 1 for line in lines)),
        N_("removed empty lines inside the block ({count})", count=sum(not piece.strip() for piece in pieces[1:-1])),
        N_("took the marker lines apart from the text ({count})", count=sum(bool(x.strip()) for x in _ends(pieces))),
        N_("set lines anew at 64 columns ({count})", count=0 if _regular(bare) else len(lines)),
    )
    for repair in told:
        if repair.fields["count"]:
            repairs.add(repair)


def _ends(pieces: list[str]) -> tuple[str, ...]:
    """Return what shares a line with a marker."""
    return (pieces[0], pieces[-1]) if len(pieces) > 1 else (pieces[0],)


def _regular(widths: list[int]) -> bool:
    return all(width == COLUMNS for width in widths[:-1]) and widths[-1] <= COLUMNS


def _bad_base64(message: Message) -> AnswerRefused:
    return AnswerRefused.because(
        refuse("bad-base64", message, N_("It arrived damaged: copy the whole block again as plain text."))
    )
