"""The process of one drop box connection: SFTP on descriptor 0, a line for each event on descriptor 3.

Invariants: the database is read once, at the start, and closed before the first byte of the client is read; the
process may open few files and write none larger than allowed. A lost connection is seen by the end of the input, so
that what was closed is still made durable, which is work that was confirmed; the exit status tells whether all was.
"""

import resource
import signal
import socket
import sys
from functools import partial
from pathlib import Path

from sftp.files.box import Box
from sftp.files.handler import MOST_HANDLES, Handler, run
from sftp.files.publisher import MOST_PENDING
from sftp.files.server import DropBoxServer
from sftp.files.teller import Teller
from sftp.files.upload import LARGEST, tag_of
from sftp.grace import confirmed_work
from sftp.session import Session
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import REPORTING
from tanos.exchange.file_names import request_name
from tanos.exchange.ledger import Side, open_exchanges

_MOST_DESCRIPTORS = MOST_HANDLES + MOST_PENDING + 32


def main(session: Session) -> int:
    """Serve one connection; returns the exit status."""
    home = Path(session.home)
    _limit()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    box = Box(home / "dropbox", tag_of(session.key or session.user), partial(is_protected, home))
    teller = Teller()
    server = DropBoxServer(box, teller)
    with confirmed_work():
        with socket.socket(fileno=0) as link:
            run(Handler(server, link))
            failures = server.publisher.close()
        teller.flush()
    for sentence in failures:
        print(sentence, file=sys.stderr)  # noqa: T201 - the client's own stderr
    return 1 if failures else 0


def is_protected(home: Path, name: str) -> bool:
    """Say whether an open exchange stands on this file now: a connection may be older than the exchange."""
    return name.startswith(REPORTING.name) and name in protected_names(home)


def protected_names(home: Path) -> frozenset[str]:
    """Return the files of `/incoming` that open exchanges of this issuer stand on."""
    appliance = Appliance.open(home)
    try:
        return frozenset(
            request_name(appliance, Side.ISSUER, exchange.check_code)
            for exchange in open_exchanges(appliance)
            if exchange.side is Side.ISSUER
        )
    finally:
        appliance.store.close()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_DESCRIPTORS, _MOST_DESCRIPTORS))
