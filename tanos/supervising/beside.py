"""The supervisor beside the front door: forked before that gives up its rights, confined before it does anything."""

import ctypes
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tanos.appliance import Appliance
from tanos.confinement.capabilities import give_up
from tanos.confinement.confine import confine
from tanos.confinement.home import supervisor_needs
from tanos.faults import write_fault
from tanos.store.store import Store
from tanos.watching import Watched, watched, when_gone

_PR_SET_NAME = 15
_LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def supervised(
    appliance: Appliance, address: str, keeper: int, reach_keeper: Callable[[], None]
) -> Iterator[Watched]:
    """Have the services run for as long as the block lasts.

    `keeper` is a descriptor of a line to the keeper, for the supervisor alone and closed here; `reach_keeper` has a
    process ask over it. Call it while there is one thread and no connection to the store is open. Raises OSError.
    """

    def be(front: socket.socket) -> None:
        _supervise(appliance, address, front, reach_keeper)

    def fault(error: Exception) -> None:
        write_fault(appliance.home, "supervisor", error)

    with watched(b"tanos-watch", keeper, be, fault) as mine:
        yield mine


def _supervise(appliance: Appliance, address: str, front: socket.socket, reach_keeper: Callable[[], None]) -> None:
    from tanos.supervising.supervisor import supervise

    _LIBC.prctl(_PR_SET_NAME, b"tanos-services", 0, 0, 0)
    held = Store(appliance.home / "appliance.db", appliance.clock)
    held.rows("PRAGMA user_version")  # so that the files of the store stay the ones that are granted
    reach_keeper()
    os.environ["TMPDIR"] = str(appliance.run)
    confined = False
    try:
        give_up()
        confined = confine(supervisor_needs(appliance)).landlock > 0
    except (OSError, RuntimeError) as error:
        write_fault(appliance.home, "supervisor, not confined", error)
    supervise(appliance, address, lambda: when_gone(front), confined=confined)
