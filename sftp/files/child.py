"""The process of one drop box connection: SFTP on descriptor 0, a line for each event on descriptor 3.

Invariants: the database is read once, at the start, and closed before the first byte of the client is read; the
process may open few files, write none larger than allowed, and start nothing.
"""

import json
import os
import resource
import socket
from contextlib import suppress
from pathlib import Path

from sftp.files.box import Box
from sftp.files.handler import MOST_HANDLES, Handler, run
from sftp.files.server import DropBoxServer
from sftp.files.upload import LARGEST, tag_of
from sftp.session import Session
from tanos.appliance import Appliance
from tanos.exchange.file_names import request_name
from tanos.exchange.ledger import Side, open_exchanges

EVENTS = 3
"""The descriptor that tells the front what was done."""
_MOST_REFUSALS_TOLD = 100


def main(session: Session) -> int:
    """Serve one connection; returns the exit status."""
    home = Path(session.home)
    _limit()
    names = protected_names(home)
    box = Box(home / "dropbox", tag_of(session.key or session.user), names.__contains__)
    with socket.socket(fileno=0) as link:
        run(Handler(DropBoxServer(box, _Teller()), link))
    return 0


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
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_HANDLES + 32, MOST_HANDLES + 32))


class _Teller:
    """Writes events for the front to record."""

    def __init__(self) -> None:
        self._refusals = 0

    def __call__(self, did: str, about: str, after: str, result: str) -> None:
        if did == "refused":
            self._refusals += 1
            if self._refusals > _MOST_REFUSALS_TOLD:
                return
        line = json.dumps({"did": did, "about": about, "after": after, "result": result})
        with suppress(OSError):
            os.write(EVENTS, line.encode() + b"\n")
