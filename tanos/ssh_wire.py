"""The SSH wire form (RFC 4251 §5) as far as keys and signatures need it, read strictly.

Invariant: nothing is read beyond what is there, and an integer that is not in its shortest form is none.
"""

from dataclasses import dataclass

LENGTH = 4
LONGEST_FIELD = 4096
"""Bytes: no field of a key is longer, so that a larger length is damage and not a part that is missing."""


class BadBlob(Exception):
    """The bytes are not what they should be. `cut_short`: more bytes would be needed."""

    def __init__(self, cut_short: bool = False) -> None:
        super().__init__("cut short" if cut_short else "malformed")
        self.cut_short = cut_short


@dataclass
class Reader:
    """Takes fields off the front of a blob."""

    data: bytes
    at: int = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return self.at == len(self.data)

    def string(self) -> bytes:
        """Take a length and that many bytes. Raises BadBlob."""
        start = self.at + LENGTH
        if start > len(self.data):
            raise BadBlob(cut_short=True)
        end = start + int.from_bytes(self.data[self.at : start])
        if end > len(self.data):
            raise BadBlob(cut_short=end <= LONGEST_FIELD)
        self.at = end
        return self.data[start:end]

    def number(self, size: int) -> int:
        """Take an unsigned integer of `size` bytes. Raises BadBlob."""
        start, self.at = self.at, self.at + size
        if self.at > len(self.data):
            raise BadBlob(cut_short=True)
        return int.from_bytes(self.data[start : self.at])

    def positive(self) -> int:
        """Take a positive integer in its shortest form. Raises BadBlob."""
        field = self.string()
        padded = len(field) > 1 and field[0] == 0
        if not field or field[0] & 0x80 or field == b"\0" or (padded and not field[1] & 0x80):
            raise BadBlob
        return int.from_bytes(field)


def strings(blob: bytes) -> list[bytes]:
    """Return the strings that `blob` is made of. Raises BadBlob unless they end where it ends."""
    reader, found = Reader(blob), []
    while not reader.is_done:
        found.append(reader.string())
    return found


def string(data: bytes) -> bytes:
    """Return `data` as a string of the wire."""
    return len(data).to_bytes(LENGTH) + data
