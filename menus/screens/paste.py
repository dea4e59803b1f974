"""A paste that is awaited: raw bytes go to the collector, past all key handling, until it is over and quiet.

Invariant: nothing of a paste is shown but a count, and nothing of it ever becomes an answer.
"""

from menus.item import Ask
from menus.pasted import HINT_SECONDS, counted_so_far, how_it_ends, invitation
from menus.screens.body import Body
from menus.screens.desk import Back, Desk
from menus.screens.page import Notice, Page
from menus.screens.typed import ESCAPE_SECONDS
from menus.walk import Errand
from tanos.message import N_
from tanos.pasting.awaited import Awaited
from tanos.pasting.collector import DRAIN_SECONDS, GIVE_UP_SECONDS, PasteCollector
from tanos.report import Mark


async def take_paste(desk: Desk, errand: Errand, ask: Ask) -> bytes:
    """Return the raw text of one paste. Raises Back where the operator gives up."""
    awaited = ask.awaited or Awaited.CERTIFICATE
    collector = PasteCollector(awaited)
    page = Page(
        title=errand.title,
        path=errand.path,
        write=lambda body: _write(body, awaited, collector),
        hints=N_("Esc or Ctrl-C gives up")
        if awaited is Awaited.SSH_KEY
        else N_("it ends by itself · Esc or Ctrl-C gives up"),
    )
    with desk.typed.raw():
        desk.display.show(page, None)
        await _collect(desk, page, collector, awaited)
    pasted = collector.finish()
    nothing = collector.abandoned or not collector.characters
    collector.wipe()
    if nothing:
        raise Back
    return pasted


async def _collect(desk: Desk, page: Page, collector: PasteCollector, awaited: Awaited) -> None:
    """Feed the collector until the paste is over and quiet, or nothing came for too long."""
    while True:
        over = collector.ended or collector.abandoned or collector.overflow
        begun = bool(collector.characters) and not page.notice.words
        data = await desk.typed.read(DRAIN_SECONDS if over else HINT_SECONDS if begun else GIVE_UP_SECONDS)
        if not data and begun and not over:
            page.notice = Notice((how_it_ends(awaited),), Mark.WAIT)
            desk.display.show(page, None)
            continue
        if not data:
            return
        page.notice = Notice()
        collector.feed(data)
        if data.endswith(b"\x1b"):
            collector.feed(await desk.typed.read(ESCAPE_SECONDS))
            collector.quiet()
        desk.display.show(page, None)


def _write(body: Body, awaited: Awaited, collector: PasteCollector) -> None:
    body.free()
    body.say(body.look.words(invitation(awaited)))
    body.say(body.look.words(N_("Esc gives up.")))
    body.free()
    count = body.look.words(counted_so_far(collector))
    body.say(count + body.look.letters(" …"), "bold", indent=6)
