"""Which request of `/incoming` is meant: what waits there, recognised by its content and not by its name.

Invariant: one request under two names is one line; a file that cannot be read as a request is listed with the
reason, so that an upload never vanishes without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tanos.appliance import Appliance
from tanos.certificates.issued import answered
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.request import examine_request
from tanos.dropbox import IncomingFile, incoming_files
from tanos.errors import AnswerRefused, NotYet
from tanos.files import read_plain
from tanos.message import N_
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file

SUFFIXES = (".csr",)
FAMILY = REPORTING.name
MOST_LISTED = 200
LARGEST_LISTED = 16 * 1024
"""Bytes; a request of a hundred names is half of it. A larger file can still be named."""


@dataclass(frozen=True)
class IncomingRequest(IncomingFile):
    """A request in `/incoming`."""

    check_code: str = ""
    subject: str = ""
    answered: bool = False
    """Its certificate was issued already."""
    problem: str = ""
    """The id of the finding that makes it unreadable."""

    @property
    def waits(self) -> bool:
        """Whether it can be answered and was not yet."""
        return not (self.answered or self.problem)


def incoming_requests(appliance: Appliance) -> list[IncomingRequest]:
    """Return what to choose from: what waits first, what was answered last; the newer before; each once."""
    seen: dict[bytes, IncomingRequest] = {}
    unreadable = []
    for der, request in _read_all(appliance):
        if request.problem:
            unreadable.append(request)
        elif der not in seen or len(request.name) > len(seen[der].name):
            seen[der] = request
    return sorted([*seen.values(), *unreadable], key=lambda request: (request.answered, bool(request.problem)))


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
    for file in incoming_files(appliance, SUFFIXES)[:MOST_LISTED]:
        seen = _look(appliance.incoming / file.name)
        done = bool(seen.der) and answered(appliance, seen.der)
        facts = (file.name, file.size, file.modified)
        yield seen.der, IncomingRequest(*facts, seen.check_code, seen.subject, done, seen.problem)


@dataclass(frozen=True)
class _Seen:
    """What one state of a file holds."""

    der: bytes = b""
    check_code: str = ""
    subject: str = ""
    problem: str = ""


def _look(path: Path) -> _Seen:
    try:
        status = path.lstat()
    except OSError:
        return _Seen(problem="missing-file")
    return _examined(path, status.st_ino, status.st_ctime_ns, status.st_size)


@lru_cache(maxsize=2 * MOST_LISTED)
def _examined(path: Path, _inode: int, _changed: int, size: int) -> _Seen:
    """Examine a file once for each state of it: a menu that lists them is drawn often."""
    if size > LARGEST_LISTED:
        return _Seen(problem="too-large")
    try:
        der = read_file(read_plain(path, LARGEST_LISTED), Awaited.REQUEST).ders[0]
        request, _ = examine_request(der)
    except AnswerRefused as refused:
        return _Seen(problem=refused.id)
    return _Seen(der, request.check_code, request.subject)
