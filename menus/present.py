"""That somebody is at a console which serves itself, for the audit: when he came and when he went.

Invariant: a console is served all the same where nothing can be written just now, since behind it is where that is
mended; who sits there is told that it was not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from menus.language import choose, speak
from menus.sessions import actor_of
from menus.streams import own_streams
from sftp.session import Session
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.message import N_

SAID = "by a console of its own"


@contextmanager
def present(session: Session) -> Iterator[None]:
    """Write down that who is served here came, and that he went, however it ends."""
    _note(session, "sign-in")
    try:
        yield
    finally:
        _note(session, "sign-out")


def _note(session: Session, verb: str) -> None:
    appliance = Appliance.open(Path(session.home))
    try:
        with appliance.store.change(Call(appliance, actor_of(session, "door"), verb)) as change:
            change.after = SAID if verb == "sign-in" else ""
    except TanosError as error:
        choose(session.environment)
        told = N_("That you are here could not be written down: {reason}", reason=error.message)
        own_streams(session.environment).complain([speak(told)])
    finally:
        appliance.store.close()
