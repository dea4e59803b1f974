"""The vocabulary of the table: a Step is one operation, told once for all faces; the others are none.

`words`, `typed`, `chain`, `paste` and `confirm` may name what an earlier step kept: `{code}`, `{code:.4}`.
"""

from dataclasses import dataclass, field
from enum import Enum


class Kept(Enum):
    """What is read from a face for later steps, and its pattern."""

    PEM = r"(?s)-----BEGIN [A-Z ]+-----\n.*?-----END [A-Z ]+-----"
    SSH_KEY = r"ssh-ed25519 \S+.*"
    CODE = r"\b[0-9A-F]{4}(?:-[0-9A-F]{4}){7}\b"
    CODE_END = r"(?<=(?:[0-9A-F]{4}-){7})[0-9A-F]{4}\b"
    HOST_KEY = r"SHA256:[A-Za-z0-9+/]{43}"
    SERIAL = r"\b[0-9A-F]{36,40}\b"
    SERIAL_END = r"(?<=[0-9A-F]{32})[0-9A-F]{4}\b"
    DEVICE = r"\b[A-Z2-7]{32}\b"
    """Of it not the secret is kept, but the code that a device with it shows now."""
    PASSWORD = r"\b[A-Za-z0-9]{5}(?:-[A-Za-z0-9]{5}){3}\b"


DONE, DECLINED = "", "declined"


@dataclass(frozen=True)
class Step:
    """One operation: for the command face `verb` and `words`, for the menus `chain` and what is `typed`."""

    where: str
    verb: str
    chain: str
    words: str = ""
    typed: tuple[str, ...] = ()
    """The answers at the menus in order; empty takes what is offered."""
    paste: str = ""
    stdin: str = ""
    """What the command face reads where the menus ask unseen: the secrets of `typed`, one a line."""
    confirm: str = ""
    """The word that the Plan wants; empty where nothing changes, or nothing is to do."""
    decides: str = ""
    """At the menus `y` or `n`, in sight of the Plan, in the place of its word."""
    later: tuple[str, ...] = ()
    """The answers at the menus that are asked for after the word."""
    ends: str = DONE
    """DONE, DECLINED (the Plan was seen, its word not given), or the id of the refusal."""
    keeps: dict[str, Kept] = field(default_factory=dict)
    by_eye: str = ""
    """A finding of the Plan at the menus alone: there the operator compares what a verb must be given."""

    @property
    def title(self) -> str:
        """How a failure names it."""
        return f"{self.where} {self.verb} {self.words} ({self.chain})"


@dataclass(frozen=True)
class Carry:
    """A file that an operator carries by SFTP from one drop box to the other."""

    file: str
    giver: str
    taker: str


@dataclass(frozen=True)
class Put:
    """A file that an operator puts into a drop box."""

    file: str
    text: str | bytes
    taker: str


@dataclass(frozen=True)
class Issue:
    """An enterprise CA answers a request that was kept: the answer is kept, and put into a drop box."""

    request: str
    answer: str
    file: str
    taker: str


@dataclass(frozen=True)
class SecondKey:
    """The operator gets another key, which his client offers after the first; kept as `second_key`."""

    where: str


@dataclass(frozen=True)
class Anew:
    """The operator signs in anew, where he was signed in all the time."""

    where: str


@dataclass(frozen=True)
class Until:
    """What comes by itself, and what follows wants: a verb that changes nothing says it, as JSON."""

    where: str
    verb: str
    said: str
    """A pattern."""


Table = tuple[Step | Issue | Carry | SecondKey | Anew | Put | Until, ...]
Memory = dict[str, str]
