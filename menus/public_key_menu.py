"""2 → 8 and 2 → I: the public half of the root, put out for the other appliances and trusted by them."""

from menus.item import Ask, Item, Menu, Need, Verb
from menus.sources import FILE, FROM_PEER, INCOMING, PASTE, PULL, pasted, source_of
from sftp.operations import IMPORT_PUBLIC_KEY
from tanos import deeds
from tanos.appliance import Appliance
from tanos.exchange.offers import ROOT_EXPORT, ROOT_IMPORT
from tanos.infrastructure.operations import EXPORT_INFRASTRUCTURE, TAKES_INIT
from tanos.message import N_
from tanos.pasting.awaited import Awaited
from tanos.report import Say, Section

EXPORT = Verb(
    "public-key export",
    N_("Put tanium.pub, and on 7.4 tanium-init.dat, into /outgoing"),
    EXPORT_INFRASTRUCTURE,
    (),
    ROOT_EXPORT,
)
IMPORT = Verb(
    "public-key import",
    N_("Trust the root certificate of the Tanium Server"),
    IMPORT_PUBLIC_KEY,
    (
        source_of(INCOMING, PASTE, PULL),
        FILE,
        pasted(Awaited.CERTIFICATE, N_("Root certificate (tanium.pub)")),
        FROM_PEER,
        Ask("fingerprint", N_("Check code or SHA-256 fingerprint of the root"), need=Need.FOR_VERBS),
    ),
    ROOT_IMPORT,
)
VERBS = (EXPORT, IMPORT)

EXPORT_LINE = Item(
    "8", N_("Infrastructure files to /outgoing"), EXPORT, help=N_("What servers and clients trust this server by.")
)


def _which(appliance: Appliance) -> tuple[Section, ...]:
    """Say which file it is that is imported here."""
    file = "tanium-init.dat" if TAKES_INIT.holds_for(appliance.identity) else "tanium.pub"
    return (Say(N_("{file}, which the Tanium Server puts out: {export}.", file=file, export=deeds.EXPORT_ROOT)),)


MENU = Menu(
    "I",
    N_("Import Public Key"),
    (
        Item("1", N_("From /incoming"), IMPORT, {"source": INCOMING.value}),
        Item("2", N_("Paste the text"), IMPORT, {"source": PASTE.value}),
        Item("3", N_("Pull by SFTP from the Tanium Server"), IMPORT, {"source": PULL.value}),
    ),
    ROOT_IMPORT,
    state=_which,
    help=N_("Without the Tanium Server's root no signed certificate can be verified here."),
)
