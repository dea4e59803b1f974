"""Who came to a server of 7.4: `python -m … HOME`, as the user of that home.

A zone server that proves nothing asked for a key, and a client registered. The hub is to go there, where nobody is:
what others asked for is forgotten.
"""

import sys
from pathlib import Path

from tanos.appliance import Appliance
from tanos.certificates.new_request import new_request
from tanos.certificates.pair_kinds import SERVER_TLS
from tanos.services.registered import write as register
from tanos.settings.catalogue import setting_named
from tanos.settings.values import write
from tanos.subordinate.pending import keep_pending
from tests.conftest import call

NAME = "zs9.lab.test"
CLIENT = "0123456789abcdef0123456789abcdef"


def ask(home: Path) -> None:
    """Have the request wait there, and the client be registered."""
    _, request = new_request(SERVER_TLS, NAME, ())
    appliance = Appliance.open(home)
    with appliance.store.change(call(appliance)) as change:
        write(change, setting_named(appliance.identity, "ZoneServerList"), f"{NAME}=127.0.0.9:1")
    keep_pending(call(appliance), NAME, "", request)
    register(appliance, [{
        "kind": "client", "id": CLIENT, "name": "pc1", "release": "7.4", "protocol": 315, "via": NAME,
        "using_tls": True, "address": "192.0.2.7", "said": "",
    }])  # fmt: skip


if __name__ == "__main__":
    ask(Path(sys.argv[1]))
