"""Inspecting without an appliance: what is given is read, judged and told; nothing is changed, nothing is kept.

Invariant: one file that cannot be read hides no other; where there is only one, its reason is the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography import x509

from tanos.certificates.loaded import read_certificate
from tanos.errors import AnswerRefused
from tanos.finding import Finding, Severity, warn
from tanos.inspecting.found import KEYS, Found, What
from tanos.inspecting.judging import Purpose, judge_all
from tanos.inspecting.reading import read_objects
from tanos.inspecting.told import told
from tanos.message import N_, Message
from tanos.operation import Result
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file
from tanos.secret import Secret


@dataclass(frozen=True)
class Given:
    """What is to be inspected: bytes, or why there are none."""

    data: bytes | AnswerRefused
    name: str = ""
    """Of the file; empty for what was pasted or piped."""
    is_typed: bool = False
    """It came through a terminal."""

    def __repr__(self) -> str:
        return f"Given({self.name!r})"


def inspect_all(given: Sequence[Given], purpose: Purpose, passphrase: Secret | None = None) -> Result:
    """Return what is in all of it. Raises AnswerRefused as `read_objects` where that is one thing alone."""
    objects: list[Found] = []
    repairs: list[Message] = []
    for each in given:
        try:
            objects += _read(each, passphrase, repairs)
        except AnswerRefused as refused:
            if len(given) == 1:
                raise
            objects.append(
                Found(What.OTHER, each.name, findings=refused.findings or (_why(refused),), is_broken=True)
            )
    return told(judge_all(objects, purpose), repairs, purpose)


def read_root(raw: bytes) -> x509.Certificate:
    """Return the root certificate in a file. Raises AnswerRefused by the ids of any file with certificates."""
    return read_certificate(read_file(raw, Awaited.CERTIFICATE).ders[0])


def _read(given: Given, passphrase: Secret | None, repairs: list[Message]) -> list[Found]:
    if isinstance(given.data, AnswerRefused):
        raise given.data
    read = read_objects(given.data, given.name, passphrase)
    repairs += read.repairs
    return [
        replace(each, findings=(*each.findings, _exposed())) if given.is_typed and each.what in KEYS else each
        for each in read.objects
    ]


def _exposed() -> Finding:
    return warn(
        "private-key",
        N_("This private key came through a clipboard or a terminal."),
        N_("Consider it exposed where others may have seen it; a file never has to be pasted here."),
    )


def _why(refused: AnswerRefused) -> Finding:
    return Finding(refused.id, Severity.REFUSE, refused.message, refused.remedy)
