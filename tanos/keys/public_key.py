"""An SSH public key, and the one way by which a pasted line becomes one.

Invariant: what comes out is exactly one key of an accepted type, proved whole by the lengths inside it and
rewritten canonically. Anything else is refused by name; every repair is said. Options change what a key may do: they
are taken where its authorisation is read, whole or not at all, and nowhere else.
"""

import hashlib
from base64 import b64encode
from dataclasses import dataclass

from tanos.errors import AnswerRefused
from tanos.finding import Finding, note
from tanos.inert import inert
from tanos.keys import forms
from tanos.keys.block import unpack_block
from tanos.keys.cleaned import cleaned_text
from tanos.keys.line import TakenLine, take_line
from tanos.keys.options import KeyOptions, NotHonoured, read_options
from tanos.keys.refusals import not_a_key, option_not_honoured
from tanos.message import N_, Message

MOST_COMMENT = 200


@dataclass(frozen=True)
class SshPublicKey:
    """One public key; only `read_pasted_key` and `read_line` make it."""

    type: str
    blob: bytes
    """The wire form."""
    comment: str
    """Inert, at most 200 characters; may be empty."""
    bits: int

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` as every OpenSSH program prints it."""
        return fingerprint_of(self.blob)

    @property
    def line(self) -> str:
        """`type base64 comment`, canonical, without a newline."""
        return f"{self.type} {b64encode(self.blob).decode()} {self.comment}".rstrip()


@dataclass(frozen=True)
class AuthorizedLine:
    """One key and what it may do, as pasted."""

    key: SshPublicKey
    options: KeyOptions
    number: int
    """Of its line in the paste."""
    findings: tuple[Finding, ...]
    repairs: tuple[Message, ...]


def fingerprint_of(blob: bytes) -> str:
    """Return `SHA256:…` of a key's wire form."""
    return "SHA256:" + b64encode(hashlib.sha256(blob).digest()).rstrip(b"=").decode()


def read_line(line: str) -> SshPublicKey:
    """Read a line that a program wrote; raise AnswerRefused for anything but one clean line."""
    key, _, repairs = read_pasted_key(line.encode())
    if repairs:
        raise AnswerRefused.because(not_a_key(N_("This is more than one line with one key.")))
    return key


def read_pasted_key(raw: bytes) -> tuple[SshPublicKey, tuple[Finding, ...], tuple[Message, ...]]:
    """Return the key in a paste, what was noticed, and what was repaired.

    Raises AnswerRefused `private-key`, `putty-file`, `certificate`, `known-hosts-line`, `wrapped`, `two-keys`,
    `options`, `weak-key`, `broken-key`, `dsa`, `not-a-key`. A private key is named before anything else is looked at.
    """
    taken, repairs = _taken(raw)
    key, findings = _checked(taken)
    return key, findings, repairs


def read_authorized_line(raw: bytes) -> AuthorizedLine:
    """Return the key in a paste, with the options before it. Raises as `read_pasted_key`.

    An option that cannot be honoured is refused by `options`, with its line and its name.
    """
    taken, repairs = _taken(raw, with_options=True)
    try:
        options = read_options(taken.options)
    except NotHonoured as bad:
        raise AnswerRefused.because(option_not_honoured(taken.number, bad.option, bad.why)) from None
    key, findings = _checked(taken)
    return AuthorizedLine(key, options, taken.number, findings, repairs)


def _taken(raw: bytes, *, with_options: bool = False) -> tuple[TakenLine, tuple[Message, ...]]:
    forms.refuse_private(raw)
    text, repairs = cleaned_text(raw)
    forms.refuse_private(text.encode())
    forms.refuse_other_documents(text)
    taken = unpack_block(text) or take_line(text, with_options=with_options)
    return taken, (*repairs, *taken.repairs)


def _checked(taken: TakenLine) -> tuple[SshPublicKey, tuple[Finding, ...]]:
    comment = inert(" ".join(taken.comment.split()))
    findings: tuple[Finding, ...] = ()
    if len(comment) > MOST_COMMENT:
        comment = comment[:MOST_COMMENT].rstrip()
        findings = (
            note(
                "comment-shortened",
                N_("The comment was cut to {most} characters.", most=MOST_COMMENT),
                N_("Nothing needs to be done: a comment has no effect."),
            ),
        )
    return SshPublicKey(taken.type, taken.blob, comment, taken.bits), findings
