"""Who came to a server of 7.4: `python -m … HOME`, as the user of that home.

A zone server that proves nothing asked for a key, and a client registered.
"""

import sys
from pathlib import Path

from tanos.appliance import Appliance
from tanos.certificates.new_request import new_request
from tanos.certificates.pair_kinds import SERVER_TLS
from tanos.services.registered import write
from tanos.subordinate.pending import keep_pending
from tests.conftest import call

NAME = "zs9.lab.test"
CLIENT = "0123456789abcdef0123456789abcdef"


def ask(home: Path) -> None:
    """Have the request wait there, and the client be registered."""
    _, request = new_request(SERVER_TLS, NAME, ())
    appliance = Appliance.open(home)
    keep_pending(call(appliance), NAME, "", request)
    write(appliance, [{
        "kind": "client", "id": CLIENT, "name": "pc1", "release": "7.4", "protocol": 315, "via": NAME,
        "using_tls": True, "address": "192.0.2.7", "said": "",
    }])  # fmt: skip


if __name__ == "__main__":
    ask(Path(sys.argv[1]))
