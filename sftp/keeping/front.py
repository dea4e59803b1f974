"""What the front door's process gives up before it reads a byte of the outside, and with it all that it starts.

Invariant: from then on none of them can open a private key, whatever code runs in it; the keeper, forked before, is
asked. What keeps that from being so is said, and keeps nobody from signing in.
"""

import os

from tanos.appliance import Appliance
from tanos.confinement import landlock
from tanos.confinement.capabilities import give_up
from tanos.confinement.confine import confine
from tanos.confinement.home import missing, served_needs
from tanos.confinement.single import keep_unread
from tanos.errors import TanosError
from tanos.message import N_, Message
from tanos.store.store import Store

UNCONFINED = N_("sessions can open the private keys of this appliance as far as its account can")

_HELD: list[Store] = []


def give_up_keys(appliance: Appliance) -> list[Message]:
    """Hold this process, and what it starts, to what serving needs; return what is to be said of that.

    A connection to the store stays open for as long as this process lives, so that its files stay the ones that are
    granted.
    """
    if not landlock.version():
        return [_because(N_("this kernel has no Landlock"))]
    try:
        _HELD.append(Store(appliance.home / "appliance.db", appliance.clock))
        _HELD[-1].rows("PRAGMA user_version")
        left_out = missing(appliance)
    except TanosError as error:
        return [_because(error.message)]
    if left_out:
        return [_because(N_("the database's files are not there ({names})", names=", ".join(left_out)))]
    os.environ["TMPDIR"] = str(appliance.run)
    try:
        keep_unread()
        give_up()
        confine(served_needs(appliance))
    except (OSError, RuntimeError) as error:
        return [_because(N_("{reason}", reason=str(error)))]
    return []


def _because(reason: Message) -> Message:
    return N_("Not confined: {reason}; {so}.", reason=reason, so=UNCONFINED)
