"""C → K, Revoked Keys: what signs in nowhere, whoever authorised it."""

from menus.item import Answers, Ask, Item, Kind, Menu, Need, Option, Verb
from tanos.appliance import Appliance
from tanos.inert import inert
from tanos.keys.revoked import revoked
from tanos.keys.revoking import LIST_REVOKED, REVOKE, UNREVOKE
from tanos.message import N_
from tanos.pasting.awaited import Awaited


def _entries(appliance: Appliance) -> list[Option]:
    return [Option(each.name, f"{each.name} {inert(str(each.mark))}") for each in revoked(appliance)]


def _is_list(answers: Answers) -> bool:
    return not str(answers["what"]).strip()


def _is_paste(answers: Answers) -> bool:
    return _is_list(answers) and not str(answers["file"]).strip()


WHAT = Ask(
    "what",
    N_("What to revoke"),
    need=Need.OPTIONAL,
    argument=True,
    help=N_("SHA256:… of a key, `serial: N` or `id: NAME` of a certificate; empty to give a list."),
)
FILE = Ask(
    "file",
    N_("List in /incoming"),
    need=Need.OPTIONAL,
    when=_is_list,
    help=N_("A file with a fingerprint, key, serial or key id a line, or a binary list of OpenSSH; empty to paste."),
)
AUTHORITY = Ask(
    "authority",
    N_("Authority of the certificates"),
    need=Need.OPTIONAL,
    help=N_("SHA256:… of whose serials and key ids these are; empty: of every authority."),
)
REASON = Ask("reason", N_("Reason"), need=Need.OPTIONAL)
TEXT = Ask("text", N_("Key to revoke"), Kind.PASTE, when=_is_paste, awaited=Awaited.SSH_KEY)
ENTRY = Ask("entry", N_("Entry"), Kind.CHOICE, options=_entries, argument=True)

LIST = Verb("revoked-keys list", N_("List the revoked keys and certificates"), LIST_REVOKED)
ADD = Verb(
    "revoked-keys add",
    N_("Revoke keys and certificates, whoever authorised them"),
    REVOKE,
    (WHAT, FILE, AUTHORITY, REASON, TEXT),
)
REMOVE = Verb("revoked-keys remove", N_("Take something off the list of revoked keys"), UNREVOKE, (ENTRY,))
VERBS = (LIST, ADD, REMOVE)

MENU = Menu(
    "K",
    N_("Revoked Keys"),
    (Item("1", N_("List"), LIST), Item("2", N_("Revoke"), ADD), Item("3", N_("Take off the list"), REMOVE)),
    help=N_("A revoked key signs in nowhere, whoever authorised it, and neither do certificates that it signed."),
)
