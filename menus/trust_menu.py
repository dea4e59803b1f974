"""2 → T, Trusted Tanium Servers: the other server of an active-active pair, decided on each of the two (seed 004)."""

from collections.abc import Callable

from menus.item import Answers, Ask, Item, Kind, Menu, Need, Option, Verb
from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.roots.offers import ROTATED_HERE
from tanos.synchronising.operations import FIND_SERVER, SYNCHRONISATION
from tanos.trust.deciding import ACCEPT_SERVER, DENY_SERVER, REVOKE_TRUST, check_waiting
from tanos.trust.guide import REPLACE_SERVER
from tanos.trust.kept import Other, others
from tanos.trust.page import LIST_SERVERS, SHOW_HISTORY, SHOW_SERVER, page_state, status_of


def _options(appliance: Appliance) -> list[Option]:
    return [_option(each) for each in others(appliance)]


def _option(other: Other) -> Option:
    words = N_("{fqdn}, {key}… ({state})", fqdn=other.fqdn, key=other.key[:23], state=status_of(other))
    return Option(other.key, words)


def _acceptable(appliance: Appliance) -> list[Option]:
    return [_option(each) for each in others(appliance) if each.standing.can_accept]


def _revocable(appliance: Appliance) -> list[Option]:
    return [_option(each) for each in others(appliance) if each.standing.can_revoke]


def _deniable(appliance: Appliance) -> list[Option]:
    return [_option(each) for each in others(appliance) if each.standing.can_deny]


def _has_no_code(answers: Answers) -> bool:
    return not str(answers["code"]).strip()


SERVER = N_("Tanium Server")


def _server(options: Callable[[Appliance], list[Option]], none: Message) -> Ask:
    return Ask("name", SERVER, Kind.CHOICE, options=options, any_value=True, argument=True, none=none)


LIST = Verb("trust list", N_("List the other Tanium Servers, and what to compare"), LIST_SERVERS, (), ROTATED_HERE)
SHOW = Verb(
    "trust show",
    N_("Show another Tanium Server, and its history"),
    SHOW_SERVER,
    (_server(_options, N_("No other Tanium Server is known here.")),),
    ROTATED_HERE,
)
ACCEPT = Verb(
    "trust accept",
    N_("Trust another Tanium Server, once it was compared"),
    ACCEPT_SERVER,
    (
        Ask("name", SERVER, Kind.CHOICE, Need.OPTIONAL, options=_acceptable, any_value=True, argument=True),
        Ask(
            "code",
            N_("Six digits that the other server shows"),
            need=Need.OPTIONAL,
            help=N_("It shows them under Trusted Tanium Servers. Leave this empty to give its fingerprint instead."),
        ),
        Ask(
            "fingerprint",
            N_("Root key fingerprint that the other server shows"),
            need=Need.OPTIONAL,
            when=_has_no_code,
            help=N_("It stands in Root Key Management there; the check code will do."),
        ),
    ),
    ROTATED_HERE,
    first=check_waiting,
)
DENY = Verb(
    "trust deny",
    N_("Deny trust to another Tanium Server, for good"),
    DENY_SERVER,
    (_server(_deniable, N_("None can be denied here: who is trusted is revoked first.")),),
    ROTATED_HERE,
)
REVOKE = Verb(
    "trust revoke",
    N_("Take back the trust in another Tanium Server"),
    REVOKE_TRUST,
    (_server(_revocable, N_("No other Tanium Server is trusted here.")),),
    ROTATED_HERE,
)
HISTORY = Verb("trust history", N_("Show what became of each, the latest first"), SHOW_HISTORY, (), ROTATED_HERE)
GUIDE = Verb(
    "trust guide",
    N_("Replace the other Tanium Server: show which step is done, and which is next"),
    REPLACE_SERVER,
    (),
    ROTATED_HERE,
)
DISCOVER = Verb(
    "trust discover",
    N_("Find the other Tanium Server by its address"),
    FIND_SERVER,
    (Ask("address", N_("Its address"), argument=True, help=N_("As ts2.example.org, with :PORT where not 17472.")),),
    ROTATED_HERE,
)
ALIKE = Verb(
    "trust synchronisation",
    N_("Show how both servers are kept alike"),
    SYNCHRONISATION,
    (),
    ROTATED_HERE,
    follow=2.0,
)
VERBS = (LIST, SHOW, ACCEPT, DENY, REVOKE, HISTORY, GUIDE, DISCOVER, ALIKE)
MENU = Menu(
    "T",
    N_("Trusted Tanium Servers"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Show one"), SHOW),
        Item("3", N_("Accept"), ACCEPT),
        Item("4", N_("Deny"), DENY),
        Item("5", N_("Revoke"), REVOKE),
        Item("6", N_("Trust History"), HISTORY),
        Item("7", N_("Replace the other server, step by step"), GUIDE),
        Item("8", N_("Find the other server"), DISCOVER),
        Item("9", N_("Synchronisation"), ALIKE),
    ),
    ROTATED_HERE,
    state=page_state,
    help=N_("Two Tanium Servers synchronise once each was accepted on the other; a denial is final."),
    follow=2.0,
)
