"""4 → 2, Certificates: each in use here, and the next one asked for, issued and installed (ours)."""

from menus import revocation_menu
from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from menus.sources import INCOMING, PASTE, none, pasted, source_of
from tanos.appliance import Appliance
from tanos.message import N_
from tanos.offer import EVERYBODY
from tanos.pasting.awaited import Awaited
from tanos.renewal.answer import INSTALL_ANSWER
from tanos.renewal.due import is_renewable
from tanos.renewal.held import Held, survey
from tanos.renewal.page import LIST_CERTIFICATES, SHOW_CERTIFICATE, page_state
from tanos.renewal.renew import RENEW


def _option(held: Held) -> Option:
    return Option(held.name, f"{held.name} {held.file}")


def _all(appliance: Appliance) -> list[Option]:
    return [_option(held) for held in survey(appliance).held]


def _renewable(appliance: Appliance) -> list[Option]:
    return [_option(held) for held in survey(appliance).held if is_renewable(appliance, held)]


LIST = Verb(
    "certificates list",
    N_("List the certificates in use: by whom, and how long they last"),
    LIST_CERTIFICATES,
    (),
    EVERYBODY,
)
SHOW = Verb(
    "certificates show",
    N_("Show one certificate in use, and what is next"),
    SHOW_CERTIFICATE,
    (Ask("name", N_("Which"), Kind.CHOICE, options=_all, any_value=True, argument=True),),
    EVERYBODY,
)
RENEWING = Verb(
    "certificates renew",
    N_("Have the next certificate issued, while the present one serves"),
    RENEW,
    (
        Ask(
            "name",
            N_("Which"),
            Kind.CHOICE,
            Need.OPTIONAL,
            default=none,
            options=_renewable,
            any_value=True,
            argument=True,
        ),
        Ask("due", N_("All that are due"), Kind.FLAG, when=lambda answers: not answers["name"]),
        Ask(
            "alt_names",
            N_("Further names, besides those of the present one"),
            need=Need.OPTIONAL,
            many=True,
            flag="--alt-name",
            when=lambda answers: bool(answers["name"]),
        ),
    ),
)
ANSWER = Verb(
    "certificates install-answer",
    N_("Install an issued certificate: it finds the key that waits for it"),
    INSTALL_ANSWER,
    (source_of(INCOMING, PASTE), pasted(Awaited.CERTIFICATE, N_("Certificate, with those of its issuers"))),
)
VERBS = (LIST, SHOW, RENEWING, ANSWER)

MENU = Menu(
    "2",
    N_("Certificates"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Show one"), SHOW),
        Item("3", N_("Renew one"), RENEWING, {"due": False}),
        Item("4", N_("Renew all that are due"), RENEWING, {"name": "", "due": True}),
        Menu(
            "5",
            N_("Install the answer"),
            (
                Item("1", N_("From /incoming"), ANSWER, {"source": INCOMING.value}),
                Item("2", N_("Paste the text"), ANSWER, {"source": PASTE.value}),
            ),
        ),
        revocation_menu.MENU,
    ),
    EVERYBODY,
    state=page_state,
    help=N_("A certificate is due with less than thirty days, or less than a third of its life, left."),
)
