"""What `?` explains: this menu, its lines and their verbs, and the keys that work everywhere."""

from menus.item import Item, Menu
from menus.screens.body import Body, padded
from menus.screens.desk import Back, Desk
from menus.screens.page import Page
from menus.walk import Way, listed
from tanos.message import N_

KEYS = (
    (N_("2 Return"), N_("the line with the key 2; case does not matter")),
    (N_("2-Z-1 Return"), N_("straight there, always from the main menu")),
    (N_("R, RR"), N_("back, and back to the main menu; Esc is R")),
    (N_("Up, Down"), N_("choose a line; Return takes it")),
    (N_("PageUp, PageDown"), N_("turn a page that is longer than the screen")),
    (N_("Ctrl-U, Ctrl-C"), N_("clear the line; Ctrl-C also drops what was typed ahead")),
    (N_("Ctrl-L"), N_("paint the screen anew")),
    (N_("Z Return"), N_("log out, at the main menu")),
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
    for entry in () if way.here.picking else listed(way.here, way.call):
        _entry(body, entry)
    body.free()
    body.say(body.look.words(N_("Keys")), "bold")
    for keys, what in KEYS:
        body.row((f"  {padded(body.look.words(keys), 18)}", "bold"), (body.look.words(what), ""))


def _entry(body: Body, entry: Menu | Item) -> None:
    body.row((f"  {entry.key:<4}", "bold"), (body.look.words(entry.label), ""))
    about = entry.help or (entry.verb.summary if isinstance(entry, Item) else None)
    if about:
        body.say(body.look.words(about), indent=6)
    if isinstance(entry, Item):
        body.say(body.look.words(N_("As a verb: {verb}", verb=entry.verb.name)), indent=6)
