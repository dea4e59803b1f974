"""A zone server that proves nothing asked a server of 7.4 for a key: `python -m … HOME`, as the user of that home."""

import sys
from pathlib import Path

from tanos.appliance import Appliance
from tanos.certificates.new_request import new_request
from tanos.certificates.pair_kinds import SERVER_TLS
from tanos.subordinate.pending import keep_pending
from tests.conftest import call

NAME = "zs9.lab.test"


def ask(home: Path) -> None:
    """Have its request wait there."""
    _, request = new_request(SERVER_TLS, NAME, ())
    keep_pending(call(Appliance.open(home)), NAME, "", request)


if __name__ == "__main__":
    ask(Path(sys.argv[1]))
