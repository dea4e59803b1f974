"""A session that installs what lies in `/incoming` and is killed at one moment; `python -m` runs it.

The first argument is the home, the second says when it is killed: `renamed` once the pair is in place and
before that is recorded, `recorded` before the server is started, `started` once it was seen not to serve it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tanos.appliance import Appliance
from tanos.https_pairs import swap
from tanos.https_pairs.install import SOAP_INSTALL
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.secret import Secret
from tests.conftest import NOON, TS1, call

ANSWERS: dict[str, Any] = {
    "window": True,
    "source": "incoming",
    "passphrase": Secret(""),
    "text": b"",
    "backup": False,
    "shared_with": "",
}


def main(home: Path, when: str) -> None:
    """Do it until then."""
    where: dict[str, tuple[object, str]] = {
        "renamed": (Keeper, "install_pair"),
        "recorded": (swap, "_in_place"),
        "started": (swap, "_opposite"),
    }
    owner, name = where[when]
    setattr(owner, name, _last(getattr(owner, name)))
    asyncio.run(_install(Appliance(home, TS1, lambda: NOON)))


async def _install(appliance: Appliance) -> None:
    plan = await SOAP_INSTALL.prepare(call(appliance), **ANSWERS)
    await SOAP_INSTALL.apply(call(appliance), plan, silent)


def _last(does: Callable[..., object]) -> Callable[..., object]:
    def do(*words: object) -> object:
        does(*words)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    return do


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
