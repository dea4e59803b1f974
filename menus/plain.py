"""The plain face: the same tree as numbered lines, for screen readers, dumb terminals and pipes.

Invariant: no cursor is ever addressed and nothing is coloured; one question, one line. What was typed ahead is never
lost, and the end of input signs out.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

from menus.above import names_on_trial, on_trial, sections_above
from menus.errand import run_errand
from menus.item import Item, Menu
from menus.language import pointing, speak
from menus.pasted import answer_line
from menus.perform import turned_away
from menus.shown import refusal_lines, section_lines, timed_out
from menus.streams import Idle, Streams
from menus.walk import Place, Way, choices, keyed, listed, shared_verb
from menus.ways import chain_of, menu_line
from tanos import deeds
from tanos.actor import Call
from tanos.errors import AnswerRefused, ExitCode, TanosError
from tanos.message import N_
from tanos.policy.table import MENU_TIMEOUT

SELECT = N_("Select: ")
CallFor = Callable[[str], Call]
"""The call of a menu path."""


def run_plain(call_for: CallFor, root: Menu, streams: Streams) -> int:
    """Serve the menus until sign-out or the end of input; return the exit status."""
    streams.source.idle_seconds = MENU_TIMEOUT.read(call_for("").appliance)
    sitting = _Sitting(call_for, root, streams)
    with pointing(partial(menu_line, root)), _listening(sitting.tell):
        return _serve(sitting, streams)


def _serve(sitting: "_Sitting", streams: Streams) -> int:
    goes_on, farewell = True, N_("Signed out.")
    while goes_on:
        try:
            goes_on = sitting.one_choice()
        except KeyboardInterrupt:
            streams.show([""])
        except Idle:
            goes_on, farewell = False, timed_out(streams.source.idle_seconds)
            streams.show([""])
    streams.show([speak(farewell)])
    return ExitCode.DONE


@contextmanager
def _listening(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` when the front door says that something changed which every menu shows."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGURG, lambda _number, _frame: tell())
    try:
        yield
    finally:
        signal.signal(signal.SIGURG, before)


class _Sitting:
    """One operator at his place in the menus."""

    def __init__(self, call_for: CallFor, root: Menu, streams: Streams) -> None:
        self._call_for = call_for
        self._root = root
        self._streams = streams
        self._way = Way(root, call_for(""))
        self._is_shown = False
        self._is_asking = False
        self._on_trial: tuple[str, ...] = ()

    def tell(self) -> None:
        """Say what is on trial now, where it is something else and nothing is being done; then ask again."""
        now = names_on_trial(self._call) if self._is_asking else self._on_trial
        if now == self._on_trial:
            return
        self._on_trial = now
        lines = section_lines(on_trial(self._call)) if now else [speak(N_("No change is on trial now."))]
        with suppress(RuntimeError):  # it is just writing: then the next menu says it
            self._streams.show(["", *lines])
            self._streams.say(speak(SELECT))

    def one_choice(self) -> bool:
        """Show the place, take one answer; False to sign out."""
        if not self._is_shown:
            self._streams.show(["", *_place_lines(self._way.here, self._call)])
        self._is_shown = True
        try:
            self._on_trial, self._is_asking = names_on_trial(self._call), True
            typed = answer_line(self._streams, speak(SELECT))
        except AnswerRefused as error:
            self._streams.show(refusal_lines(error, self._way.here.path))
            return True
        finally:
            self._is_asking = False
        key = (typed or "").strip()
        if typed is None or (key.casefold() == "z" and self._way.is_main):
            return False
        if key:
            self._is_shown = False
            self._obey(key)
        return True

    @property
    def _call(self) -> Call:
        return self._call_for(self._way.here.path)

    def _obey(self, key: str) -> None:
        match key.casefold():
            case "?":
                self._streams.show(_help_lines(self._way.here, self._call))
                self._is_shown = True
            case "r":
                self._way.back()
            case "rr":
                self._way.main()
            case _:
                self._follow(key)

    def _follow(self, key: str) -> None:
        try:
            errand = self._way.go(key)
        except TanosError as error:
            turned_away(self._call, self._way.meant(key), error)
            self._streams.show(refusal_lines(error, self._way.here.path))
            self._is_shown = True
            return
        if errand:
            call = replace(self._call_for(errand.path), verb=errand.item.verb.name)
            leads_to = run_errand(errand, call, self._streams)
            if leads_to:
                self._follow(chain_of(self._root, leads_to))


def _place_lines(place: Place, call: Call) -> Iterator[str]:
    identity, menu = call.appliance.identity, place.menu
    yield speak(
        N_(
            "{name} ({fqdn}), {role}, release {release}, user {user}",
            name=identity.name,
            fqdn=identity.fqdn,
            role=identity.title,
            release=identity.release.name,
            user=call.actor.user,
        )
    )
    yield _title(place)
    yield from section_lines(sections_above(menu, call))
    if place.picking and menu.pick:
        options = choices(place, call)
        yield speak(menu.pick.title if options else menu.pick.empty)
        yield from (f"{key}  {speak(option.label)}" for key, option in keyed(options))
    else:
        yield from _entry_lines(place, call)
    yield speak(N_("R  Back")) if place.keys else speak(N_("Z  Log out"))


def _title(place: Place) -> str:
    """Name the menu, the line that was picked before it, and the way to it."""
    picked = "" if place.picking else speak(place.picked)
    path = f" ({place.path})" if place.path else ""
    return speak(place.menu.label) + (f": {picked}" if picked else "") + path


def _entry_lines(place: Place, call: Call) -> Iterator[str]:
    for entry in listed(place, call):
        hint = entry.hint(call.appliance, place.bound) if entry.hint else None
        yield f"{entry.key}  {speak(entry.label)}" + (f" ({speak(hint)})" if hint else "")


def _help_lines(place: Place, call: Call) -> Iterator[str]:
    yield speak(
        N_(
            "Type the key of a line and Return. A chain such as {status:key} jumps from the main menu.",
            status=deeds.SHOW_STATUS,
        )
    )
    yield speak(N_("R goes back, RR to the main menu, ? explains; case does not matter."))
    if place.menu.help:
        yield speak(place.menu.help)
    entries = listed(place, call)
    shared = shared_verb(entries)
    if shared:
        yield speak(shared.summary)
        yield speak(N_("verb: {verb}", verb=shared.name))
    for entry in entries:
        told = entry.help or (entry.verb.summary if isinstance(entry, Item) and not shared else None)
        line = f"{entry.key}  {speak(entry.label)}" + (f": {speak(told)}" if told else "")
        yield line
        if isinstance(entry, Item) and not shared:
            yield "   " + speak(N_("verb: {verb}", verb=entry.verb.name))
