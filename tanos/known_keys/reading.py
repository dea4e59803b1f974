"""A list of known keys as it is published becomes sorted records, or is refused for what it is.

Two forms are read: badkeys' `blocklist.dat` (records of 16 bytes, sorted) and the lists of openssl-blacklist and
openssh-blacklist (a line of 20 hexadecimal digits each, comments after #). Invariant: what is returned is sorted.
"""

import hashlib
import re
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise

from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.known_keys.lists import Form, not_a_list
from tanos.known_keys.marks import DEBIAN_BYTES
from tanos.message import N_

LARGEST = 96 * 1024 * 1024
LARGEST_TEXT = 32 * 1024 * 1024
"""Bytes; badkeys' has some 60 MB, the longest of Debian 10."""
_TEXT = re.compile(rb"[\t\r\n -~]*")
_SEVERAL = 4096


@dataclass(frozen=True)
class ReadList:
    """The records of a list."""

    form: Form
    records: bytes
    sha256: str
    """Of the file as it was given."""

    @property
    def count(self) -> int:
        """How many keys it names."""
        return len(self.records) // self.form.width


def read_list(data: bytes, name: str) -> ReadList:
    """Read what a file of that name holds. Raises AnswerRefused `not-a-key-list`."""
    read = _of_lines if _TEXT.fullmatch(data[:_SEVERAL]) else _of_badkeys
    found = ReadList(*read(data), hashlib.sha256(data).hexdigest())
    if not found.count:
        raise not_a_list(N_("{name} names no key.", name=inert(name)))
    return found


def _of_badkeys(data: bytes) -> tuple[Form, bytes]:
    form, width = Form.BADKEYS, Form.BADKEYS.width
    if len(data) % width:
        raise not_a_list(N_("This is no list of known keys: it has no records of {bytes} bytes.", bytes=width))
    step = _SEVERAL * width
    for start in range(0, len(data), step):
        several = [data[at : at + width] for at in range(start, min(start + step + width, len(data)), width)]
        if any(first > second for first, second in pairwise(several)):
            raise not_a_list(N_("This is no list of known keys: its records are not sorted."))
    return form, data


def _of_lines(data: bytes) -> tuple[Form, bytes]:
    if len(data) > LARGEST_TEXT:
        raise not_a_list(N_("A list of lines may have {most} bytes.", most=LARGEST_TEXT))
    marks = []
    for number, line in enumerate(BytesIO(data), 1):
        mark = line.strip()
        if not mark or mark.startswith(b"#"):
            continue
        try:
            marks.append(bytes.fromhex(mark.decode("ascii")))
        except ValueError:
            raise _no_mark(number) from None
        if len(marks[-1]) != DEBIAN_BYTES:
            raise _no_mark(number)
    return Form.DEBIAN, b"".join(sorted(set(marks)))


def _no_mark(number: int) -> AnswerRefused:
    return not_a_list(N_("No mark of a key (20 hexadecimal digits) stands in line {number}.", number=number))
