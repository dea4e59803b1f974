"""Other Tanium Servers become known to one that is not served yet: `python -m … HOME`, as the user of that home."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tanos.appliance import Appliance, lay_out, utc_now
from tanos.keeper import Keeper
from tanos.platform import R7_4, Identity, Role
from tanos.roots.create import make_first_root
from tanos.trust.exchange import outgoing, receive
from tests.conftest import call

NOBODY_THERE = "127.0.0.1:9"


def introduce(home: Path, name: str, ago: timedelta) -> None:
    """Have a new server of that name speak to the one at `home`, so long ago, until both have said all."""

    def clock() -> datetime:
        return utc_now() - ago

    one = Appliance.open(home, clock)
    with TemporaryDirectory() as made:
        identity = Identity(name, f"{name}.lab.test", Role.TANIUM_SERVER, R7_4)
        lay_out(Path(made) / name, identity)
        other = Appliance(Path(made) / name, identity, clock)
        Keeper(other).make_root()
        make_first_root(call(other, "init root-key"))
        answer = receive(one, outgoing(other), NOBODY_THERE)
        for _ in range(2):
            answer = receive(one, receive(other, answer, ""), NOBODY_THERE)


if __name__ == "__main__":
    for minutes, each in ((2, "ts3"), (1, "ts4")):
        introduce(Path(sys.argv[1]), each, timedelta(minutes=minutes))
