"""What `?` explains: this menu, its lines and their verbs, and the keys that work everywhere."""

from menus.item import Item, Verb
from menus.screens.body import Body
from menus.screens.desk import Back, Desk
from menus.screens.page import Page
from menus.walk import Way, listed, shared_verb
from tanos import deeds
from tanos.message import N_

KEYS = (
    N_(
        "Key and Return takes a line, in any case; {status:key} jumps there from the main menu.",
        status=deeds.SHOW_STATUS,
    ),
    N_("R or Esc goes back, RR to the main menu; Z there logs out; ? explains."),
    N_("Up, Down choose; PageUp, PageDown turn; Ctrl-C, Ctrl-U clear; Ctrl-L repaints."),
)


async def explain(desk: Desk, way: Way) -> None:
    """Show the help of a place until the operator goes back."""
    page = Page(
        title=N_("Help"),
        path=way.here.path or N_("main menu"),
        write=lambda body: _write(body, way),
        prompt=N_("Return goes back "),
        hints=N_("Up, Down, PageUp, PageDown turn the page"),
    )
    try:
        await desk.line(page)
    except Back:
        return


def _write(body: Body, way: Way) -> None:
    menu = way.here.menu
    body.say(body.look.words(menu.label), "bold")
    if menu.help:
        body.say(body.look.words(menu.help))
    body.free()
    entries = listed(way.here, way.call)
    shared = shared_verb(entries)
    if shared:
        _about(body, shared, indent=1)
    for entry in entries:
        body.row((f"  {entry.key:<4}", "bold"), (body.look.words(entry.label), ""))
        if entry.help:
            body.say(body.look.words(entry.help), indent=6)
        if isinstance(entry, Item) and not shared:
            _about(body, entry.verb, indent=6)
    body.free()
    for line in KEYS:
        body.say(body.look.words(line))


def _about(body: Body, verb: Verb, indent: int) -> None:
    body.say(body.look.words(verb.summary), indent=indent)
    body.say(body.look.words(N_("As a verb: {verb}", verb=verb.name)), indent=indent)
