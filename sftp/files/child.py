"""The process of one drop box connection: SFTP to the client, a line for each event on descriptor 3.

Invariants: before the first byte of the client is read, the process is held to the drop box (`tanos.confinement`), or
serves nothing; it neither opens nor inherits the database, a key or anything else of the appliance. A lost connection
is seen by the end of the input, so that what was closed is still made durable, which is work that was confirmed; the
exit status tells whether all was.
"""

import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from sftp.files.box import Box
from sftp.files.confined import keep_to
from sftp.files.handler import MOST_HANDLES, Handler, run
from sftp.files.link import Link
from sftp.files.places import Place
from sftp.files.publisher import MOST_PENDING
from sftp.files.server import DropBoxServer
from sftp.files.teller import Teller
from sftp.files.upload import tag_of
from sftp.grace import confirmed_work
from sftp.session import Session
from tanos.errors import TanosError
from tanos.faults import broken

Speaks = Callable[[DropBoxServer, Link], Handler]
_MOST_DESCRIPTORS = MOST_HANDLES + 4 * MOST_PENDING + 32


def main(session: Session) -> int:
    """Serve one connection of the front door, on the socket that is descriptor 0; returns the exit status."""
    with socket.socket(fileno=0) as link:
        return serve(Path(session.home) / "dropbox", session.key or session.user, link, only=session.direction)


def serve(dropbox: Path, sender: str, link: Link, handler: Speaks = Handler, *, only: str = "") -> int:
    """Serve one connection of `sender` and be confined from now on; returns the exit status.

    `only`: the one directory that it is for.
    """
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    teller = Teller()
    try:
        wanted = teller.wanted()
        box = Box(dropbox, tag_of(sender), teller.is_protected, only, wanted, teller.is_person)
        keep_to(dropbox, box.directory(Place()), largest=wanted.largest, descriptors=_MOST_DESCRIPTORS)
        failures = _serve(DropBoxServer(box, teller, teller.flush), teller, link, handler)
    except TanosError as error:
        return _end(int(error.exit_code), str(error.message), str(error.remedy))
    except Exception as error:
        said = broken(None, "files", error, teller.fault(error))
        return _end(int(said.exit_code), str(said.message), str(said.remedy), said.reference)
    return _end(1 if failures else 0, *failures)


def _serve(server: DropBoxServer, teller: Teller, link: Link, handler: Speaks) -> list[str]:
    server.publisher.fault = teller.fault
    with confirmed_work():
        run(handler(server, link))
        failures = server.publisher.close()
        teller.flush()
    return failures


def _end(status: int, *sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)  # noqa: T201 - the client's own stderr
    return status
