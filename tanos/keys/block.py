"""The other public form (RFC 4716): a BEGIN line, headers, base64, an END line; PuTTYgen saves it."""

import re

from tanos.errors import AnswerRefused
from tanos.keys import refusals
from tanos.keys.line import TakenLine, inner_type, read_base64, refuse_another, why_not
from tanos.keys.refusals import not_a_key
from tanos.message import N_

_BEGIN = re.compile(r"-{4} ?BEGIN SSH2 PUBLIC KEY ?-{4}[ \t]*\n")
_END = re.compile(r"-{4} ?END SSH2 PUBLIC KEY ?-{4}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_HEADER = re.compile(r"^[A-Za-z0-9-]{1,64}:(?:.*\\\n)*.*\n", re.MULTILINE)


def unpack_block(text: str) -> TakenLine | None:
    """Return the key of the block in `text`, or None where no block begins. Raises AnswerRefused."""
    begin = _BEGIN.search(text)
    if begin is None:
        return None
    end = _END.search(text, begin.end())
    if end is None:
        raise AnswerRefused.because(not_a_key(N_("The block is cut short: its END line is missing.")))
    if _BEGIN.search(text, begin.end()):
        raise AnswerRefused.because(refusals.two_keys(2))
    refuse_another(text[: begin.start()], text[end.end() :])
    inside = text[begin.end() : end.start()]
    body = "".join(_HEADER.sub("", inside).split())
    if not _BASE64.fullmatch(body):
        raise AnswerRefused.because(not_a_key(N_("The block holds signs that no key holds.")))
    return _read(body, _comment(inside))


def _read(body: str, comment: str) -> TakenLine:
    word = inner_type(body)
    found = read_base64(word, body)
    if found is None:
        raise AnswerRefused.because(why_not(word, body))
    said = N_("turned the SSH2 block (RFC 4716) into one line")
    return TakenLine(word, found.blob, found.bits, comment, (said, *found.repairs))


def _comment(inside: str) -> str:
    for header in _HEADER.finditer(inside):
        name, _, value = header.group().replace("\\\n", "").partition(":")
        if name.casefold() == "comment":
            return value.strip().strip('"')
    return ""
