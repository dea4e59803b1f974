"""Which request of `/incoming` is meant: what waits there, recognised by its content and not by its name.

Invariant: one request under two names is one line; a file that cannot be read as a request is listed with the
reason, so that an upload never vanishes without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tanos.appliance import Appliance
from tanos.certificates.request import examine_request
from tanos.dropbox import IncomingFile, incoming_files, read_incoming
from tanos.errors import AnswerRefused, NotYet
from tanos.exchange.issued import answered
from tanos.message import N_
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file

SUFFIXES = (".csr",)
FAMILY = "reporting"


@dataclass(frozen=True)
class IncomingRequest(IncomingFile):
    """A request in `/incoming`."""

    check_code: str = ""
    subject: str = ""
    answered: bool = False
    """Its certificate was issued already."""
    problem: str = ""
    """The id of the finding that makes it unreadable."""


def incoming_requests(appliance: Appliance) -> list[IncomingRequest]:
    """Return what to choose from: requests not yet answered first, then the newest; each request once."""
    seen: dict[bytes, IncomingRequest] = {}
    unreadable = []
    for der, request in _read_all(appliance):
        if request.problem:
            unreadable.append(request)
        elif der not in seen or len(request.name) > len(seen[der].name):
            seen[der] = request
    found = sorted(seen.values(), key=lambda request: request.answered)
    return found + unreadable


def choose_request(appliance: Appliance) -> str:
    """Return the name of the one request that is meant where no file was named.

    Raises NotYet `step-missing` where none lies there, AnswerRefused `several-files` where it is not clear.
    """
    found = incoming_requests(appliance)
    named = [request for request in found if request.name.startswith(FAMILY)] or found
    if not named:
        raise NotYet(
            "step-missing",
            N_("No certificate request lies in /incoming."),
            N_("Send it there by SFTP as tancopy, or paste it."),
        )
    readable = [request for request in named if not request.problem] or named
    waiting = [request for request in readable if not request.answered] or readable
    if len(waiting) > 1:
        raise AnswerRefused(
            "several-files",
            N_("Several requests lie in /incoming: {files}.", files=", ".join(map(_told, waiting))),
            N_("Say which: --file NAME."),
        )
    return waiting[0].name


def _told(request: IncomingRequest) -> str:
    return f"{request.name} ({request.check_code or request.problem})"


def _read_all(appliance: Appliance) -> Iterator[tuple[bytes, IncomingRequest]]:
    for file in incoming_files(appliance, SUFFIXES):
        facts = (file.name, file.size, file.modified)
        try:
            der = read_file(read_incoming(appliance, file.name), Awaited.REQUEST).ders[0]
            request, _ = examine_request(der)
        except AnswerRefused as refused:
            yield b"", IncomingRequest(*facts, problem=refused.id)
        else:
            done = answered(appliance, der)
            yield der, IncomingRequest(*facts, request.check_code, request.subject, done)
