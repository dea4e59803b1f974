"""One process at a time serves an appliance, or changes what it is."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.files import disk_trouble
from tanos.message import N_


@contextmanager
def only_one(appliance: Appliance) -> Iterator[None]:
    """Hold the directory `run` itself: a lock that needs no file can be had on any disk.

    Raises NotYet `already-serving`, Damaged `disk-failed`.
    """
    try:
        lock = os.open(appliance.run, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise disk_trouble(error, "run") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise NotYet(
            "already-serving",
            N_("Another process serves {home} already.", home=str(appliance.home)),
            N_("End that one first."),
        ) from None
    try:
        yield
    finally:
        os.close(lock)
