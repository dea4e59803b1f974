"""Lists of known keys that an Administrator brought, as they lie in a home: sorted records, one file a list.

Invariants: a file is whole and sorted, or not there. It is looked up by bisection where it lies, so that a list of
millions costs a sign-in no more than some reads. Where one cannot be read no key is taken for unknown.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tanos.errors import AnswerRefused
from tanos.files import disk_trouble, read_given
from tanos.known_keys.marks import DEBIAN_BYTES, NUMBER_BYTES, Marks
from tanos.message import N_, Message

DIRECTORY = "known-keys"
MOST_LISTS = 16
_PUBLISHED = N_("Give badkeys' blocklist.dat, or a list of openssl-blacklist or openssh-blacklist, unpacked.")


class Form(Enum):
    """How long a record is, and how much of it is the mark."""

    BADKEYS = ("badkeys", NUMBER_BYTES + 1, NUMBER_BYTES)
    """The last byte of a record says where the key was found, and is of no use here."""
    DEBIAN = ("debian", DEBIAN_BYTES, DEBIAN_BYTES)

    def __init__(self, suffix: str, width: int, mark: int) -> None:
        self.suffix, self.width, self.mark = suffix, width, mark

    def sought(self, marks: Marks) -> tuple[bytes, ...]:
        """Return what of a key's marks may stand in a list of this form."""
        return (marks.number,) if self is Form.BADKEYS else marks.debian


@dataclass(frozen=True)
class KeyList:
    """One list."""

    path: Path
    form: Form

    @property
    def name(self) -> str:
        """As whoever brought it named it."""
        return self.path.stem

    def count(self) -> int:
        """Return how many keys it names. Raises OSError."""
        return self.path.stat().st_size // self.form.width

    def holds(self, marks: Marks) -> bool:
        """Say whether a key stands in it; in one that was removed none does. Raises Damaged `disk-failed`."""
        sought = self.form.sought(marks)
        try:
            return bool(sought) and self._holds(sought)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise disk_trouble(error, f"{DIRECTORY}/{self.path.name}") from error

    def _holds(self, sought: tuple[bytes, ...]) -> bool:
        file = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            return any(_stands_in(file, self.form, mark) for mark in sought)
        finally:
            os.close(file)


def given_list(path: Path) -> KeyList:
    """Return a list of badkeys' form as a person has it, looked up where it lies; that it is sorted is not proved.

    Raises AnswerRefused `missing-file`, `not-a-file`, `not-a-key-list`.
    """
    read_given(path, 0)
    found = KeyList(path.resolve(), Form.BADKEYS)
    if not found.count() or path.stat().st_size % found.form.width:
        raise not_a_list(
            N_("This is no list of known keys: it has no records of {bytes} bytes.", bytes=found.form.width)
        )
    return found


def not_a_list(message: Message) -> AnswerRefused:
    """Return the refusal of what is no list in a published form."""
    return AnswerRefused("not-a-key-list", message, _PUBLISHED)


def lists_in(directory: Path) -> list[KeyList]:
    """Return the lists of a directory, by name; none where it is not there. Raises Damaged `disk-failed`."""
    try:
        return sorted(_found(directory), key=lambda each: each.path.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise disk_trouble(error, DIRECTORY) from error


def _found(directory: Path) -> Iterator[KeyList]:
    forms = {f".{form.suffix}": form for form in Form}
    for path in directory.iterdir():
        if path.suffix in forms and not path.name.startswith("."):
            yield KeyList(path, forms[path.suffix])


def _stands_in(file: int, form: Form, mark: bytes) -> bool:
    low, high = 0, os.fstat(file).st_size // form.width
    while low < high:
        middle = (low + high) // 2
        found = os.pread(file, form.mark, middle * form.width)
        if found == mark:
            return True
        low, high = (middle + 1, high) if found < mark else (low, middle)
    return False
