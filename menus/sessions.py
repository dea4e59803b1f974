"""One session: which face it gets, in which language, as whom.

Invariant: who asks was decided at the door and is taken from the Session alone. Whatever goes wrong here is one
sentence and an exit status; a hangup ends a session as an exception does, so that nothing is left half said.
"""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from menus.command import refuse, run_words
from menus.copied import NO_WORK, add_copied, is_copy_of_keys
from menus.language import choose
from menus.streams import own_streams
from sftp.grace import end_at_hangup
from sftp.session import MENU_WORD, Session
from sftp.start import HandOver
from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.errors import TanosError, WrongUse
from tanos.message import N_
from tanos.platform import UserRole

if TYPE_CHECKING:
    from menus.screens.stage import Stage

_AS_LINES = "--plain"


def run_menu(session: Session) -> int:
    """Serve the menus: screens where there is a terminal that can, lines elsewhere; return the exit status."""
    try:
        unknown = [word for word in split_words(session.words)[1:] if word != _AS_LINES]
        if unknown:
            raise WrongUse(
                "unknown-option",
                N_("{word} is no word of `menu`.", word=unknown[0]),
                N_("Say `menu` or `menu --plain`."),
            )
    except WrongUse as error:
        choose(session.environment)
        return refuse(error, own_streams(session.environment), as_json=False)
    return _menus(session, screens=is_for_screens(session))


def is_for_screens(session: Session) -> bool:
    """Say whether `run_menu` would serve screens."""
    if session.kind != "menu" or not wants_screens(session.has_terminal, session.environment):
        return False
    try:
        return split_words(session.words) in ([], [MENU_WORD])
    except WrongUse:
        return False


def wait_for_menu(stage: "Stage", home: Path, hand_over: HandOver) -> int:
    """Serve on `stage` the operator who comes by `hand_over`, most likely to `home`; return the exit status."""
    from menus.screens.seat import Seat  # the warm parent has it already

    ready = _ready(home)

    def seat() -> Seat | None:
        session = hand_over.take()
        if session is None:
            return None
        choose(session.environment)
        appliance = _appliance(session)
        if ready is not None and (ready.home, ready.identity) == (appliance.home, appliance.identity):
            appliance = ready
        return Seat(appliance, actor_of(session, "screens"))

    try:
        return stage.serve(hand_over.descriptor, hand_over.ready, seat, *filter(None, [ready]))
    except TanosError as error:
        assert hand_over.session is not None
        return refuse(error, own_streams(hand_over.session.environment), as_json=False)


def run_verb(session: Session) -> int:
    """Do what the words of the session say."""
    choose(session.environment)
    streams = own_streams(session.environment)
    if session.words.strip() == NO_WORK:
        return 0
    if is_copy_of_keys(session.words):
        end_at_hangup()
        return add_copied(
            lambda: Call(_appliance(session), actor_of(session, "verb"), ""), streams, Path(session.home)
        )
    try:
        words = split_words(session.words)
    except WrongUse as error:
        return refuse(error, streams, as_json=False)
    end_at_hangup()
    home = Path(session.home)
    return run_words(words, lambda _: Call(_appliance(session), actor_of(session, "verb"), ""), streams, home=home)


def wants_screens(has_terminal: bool, environment: Mapping[str, str]) -> bool:
    """Say whether a terminal can show screens."""
    return has_terminal and environment.get("TERM", "dumb") not in {"", "dumb", "unknown"}


def split_words(line: str) -> list[str]:
    """Split a command line into words as a shell would, without being one. Raises WrongUse `wrong-use`."""
    try:
        return shlex.split(line)
    except ValueError:
        raise WrongUse(
            "wrong-use", N_("A quotation mark or a backslash has no partner."), N_("Close it and try again.")
        ) from None


def actor_of(session: Session, face: str) -> Actor:
    """Return who asks, by which face."""
    role = UserRole(session.role)
    return Actor(session.user, role, face, session.session, session.address, session.key, session.came_after)


def _menus(session: Session, *, screens: bool) -> int:
    choose(session.environment)
    try:
        appliance = _appliance(session)
    except TanosError as error:
        return refuse(error, own_streams(session.environment), as_json=False)
    if screens:
        from menus.screens import run_screens  # Textual only where it is shown; the warm parent has it already

        return run_screens(appliance, actor_of(session, "screens"))
    from menus.plain import run_plain
    from menus.tree import MAIN

    end_at_hangup()
    call = Call(appliance, actor_of(session, "plain"), "")
    return run_plain(lambda path: replace(call, path=path), MAIN, own_streams(session.environment))


def _ready(home: Path) -> Appliance | None:
    """Open an appliance for whoever comes; None where that fails: he who comes will hear why."""
    try:
        return Appliance.open(home)
    except TanosError:
        return None


def _appliance(session: Session) -> Appliance:
    return Appliance.open(Path(session.home))
