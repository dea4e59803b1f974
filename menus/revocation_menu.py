"""4 → 2 → 6, Issued and Revoked: the register, revoking one certificate, the list that tells others (ours)."""

from menus.item import Answers, Ask, Item, Kind, Menu, Need, Option, Verb
from menus.sources import INCOMING, PASTE, is_incoming, none, pasted, source_of
from tanos.appliance import Appliance
from tanos.dropbox import incoming_files
from tanos.message import N_
from tanos.pasting.awaited import Awaited
from tanos.revocation.bringing import BRING_IN
from tanos.revocation.glance import page_state
from tanos.revocation.list_operations import PUT_LIST, RENEW_LIST, SHOW_LIST
from tanos.revocation.operations import EXPORT_ISSUED, HELD, HERE, LIST_ISSUED, MOST_LISTED, SHOW_ISSUED
from tanos.revocation.reasons import REASONS
from tanos.revocation.register import VALID, Entry, entries
from tanos.revocation.revoking import REVOKE_CERTIFICATE


def _option(each: Entry) -> Option:
    return Option(each.serial, f"{each.serial[-8:]} {each.subject} {each.issued_at[:10]}")


def _all(appliance: Appliance) -> list[Option]:
    return [_option(each) for each in entries(appliance, "", MOST_LISTED)]


def _valid(appliance: Appliance) -> list[Option]:
    return [_option(each) for each in entries(appliance, "", MOST_LISTED) if each.state == VALID]


def _certificates(appliance: Appliance) -> list[Option]:
    found = incoming_files(appliance, (".crt", ".cer", ".pem", ".der", ".p7b"))
    return [Option(each.name, each.name) for each in found]


def _is_list(answers: Answers) -> bool:
    return not str(answers["serial"]).strip()


SEARCH = Ask(
    "search",
    N_("What to look for (empty: everything)"),
    need=Need.OPTIONAL,
    help=N_("A part of a serial, subject, name or check code."),
)
LIST = Verb("issued list", N_("List the certificates that this server issued"), LIST_ISSUED, (SEARCH,), HERE)
SHOW = Verb(
    "issued show",
    N_("Show one certificate that this server issued"),
    SHOW_ISSUED,
    (
        Ask(
            "serial",
            N_("Serial"),
            Kind.CHOICE,
            options=_all,
            any_value=True,
            argument=True,
            none=N_("Nothing was issued yet."),
        ),
    ),
    HERE,
)
REVOKE = Verb(
    "issued revoke",
    N_("Revoke certificates that this server issued"),
    REVOKE_CERTIFICATE,
    (
        Ask(
            "serial",
            N_("Serial (empty: a list)"),
            Kind.CHOICE,
            Need.OPTIONAL,
            default=none,
            options=_valid,
            any_value=True,
            argument=True,
        ),
        Ask(
            "file",
            N_("List in /incoming"),
            when=_is_list,
            help=N_("A file with a serial a line, hexadecimal; all of them are revoked, or none."),
        ),
        Ask("reason", N_("Reason"), Kind.CHOICE, choices=tuple(Option(name, said) for name, said in REASONS.items())),
    ),
    HERE,
)
EXPORT = Verb(
    "issued export", N_("Put the register into /outgoing, one JSON line each"), EXPORT_ISSUED, (SEARCH,), HERE
)
SHOW_REVOKED = Verb("revocation-list show", N_("Show the revocation list that is kept here"), SHOW_LIST, (), HELD)
PUT = Verb("revocation-list export", N_("Put the revocation list into /outgoing"), PUT_LIST, (), HELD)
RENEW = Verb("revocation-list renew", N_("Sign the revocation list anew"), RENEW_LIST, (), HERE)
IMPORT = Verb(
    "issued import",
    N_("Bring certificates that a root of this server signed elsewhere into the register"),
    BRING_IN,
    (
        source_of(INCOMING, PASTE),
        Ask(
            "file", N_("File in /incoming"), Kind.CHOICE, options=_certificates, any_value=True, when=is_incoming,
            none=N_("No certificate lies in /incoming."),
            help=N_("One certificate or several, as KeyUtility or openssl wrote them."),
        ),
        pasted(Awaited.CERTIFICATE, N_("Certificates")),
    ),
    HERE,
)  # fmt: skip
VERBS = (LIST, SHOW, REVOKE, EXPORT, IMPORT, SHOW_REVOKED, PUT, RENEW)

MENU = Menu(
    "6",
    N_("Issued and Revoked"),
    (
        Item("1", N_("Register of what was issued"), LIST),
        Item("2", N_("Show one"), SHOW),
        Item("3", N_("Revoke"), REVOKE),
        Item("4", N_("Register to /outgoing"), EXPORT),
        Item("5", N_("Revocation list"), SHOW_REVOKED),
        Item("6", N_("Revocation list to /outgoing"), PUT),
        Item("7", N_("Sign the revocation list anew"), RENEW),
        Item("8", N_("Bring certificates into the register"), IMPORT),
    ),
    HELD,
    state=page_state,
    help=N_("What this server's root issued; servers refuse what is revoked within a minute."),
)
