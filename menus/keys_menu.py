"""C → 3, SSH Key Management: each user's own pair, and the keys that may sign in as him."""

from dataclasses import replace

from menus.item import Answers, Ask, Item, Kind, Menu, Need, Option, Pick, Verb
from menus.pairing_menu import pairing
from menus.sources import INCOMING, PASTE, is_incoming, source_of
from tanos.appliance import Appliance
from tanos.keys.authorized import authorized_keys
from tanos.keys.operations import ADD_AUTHORIZED, GENERATE_KEY, LIST_AUTHORIZED, REMOVE_AUTHORIZED, SHOW_KEY
from tanos.message import N_
from tanos.offer import EVERYBODY
from tanos.pasting.awaited import Awaited
from tanos.platform import DROP_BOX_USER
from tanos.users.accounts import users


def _users(appliance: Appliance) -> list[Option]:
    return [Option(user.name, user.name) for user in users(appliance)]


def _keys(appliance: Appliance, answers: Answers) -> list[Option]:
    keys = authorized_keys(appliance, str(answers["user"]))
    return [Option(key.fingerprint, f"{key.fingerprint} {key.type} {key.comment}".rstrip()) for key in keys]


USER = Ask("user", N_("User"), Kind.CHOICE, options=_users, argument=True, is_own=True)
SOURCE = replace(source_of(PASTE, INCOMING), need=Need.FOR_VERBS, default=lambda _: PASTE.value)
FILE = Ask("file", N_("File name in /incoming"), when=is_incoming)
KEY_TEXT = Ask(
    "text",
    N_("Public key"),
    Kind.PASTE,
    when=lambda answers: not is_incoming(answers),
    awaited=Awaited.SSH_KEY,
)
ALLOWED_FROM = Ask(
    "allowed_from",
    N_("Addresses it may come from"),
    need=Need.OPTIONAL,
    help=N_("Addresses, networks (10.0.0.0/8) or patterns (10.0.*), separated by commas; ! excludes. No names."),
)
EXPIRES = Ask(
    "expires",
    N_("Until when it may be used"),
    need=Need.OPTIONAL,
    help=N_("YYYY-MM-DD, YYYY-MM-DDTHH:MM or YYYYMMDD[HHMM[SS]]; with Z at the end it is UTC."),
)
DIRECTION = Ask(
    "direction",
    N_("For which directory"),
    Kind.CHOICE,
    Need.OPTIONAL,
    choices=(
        Option("incoming", N_("/incoming: it brings files")),
        Option("outgoing", N_("/outgoing: it takes files away")),
        Option("both", N_("both")),
    ),
    when=lambda answers: answers.get("user") == DROP_BOX_USER,
)
KEY = Ask("fingerprint", N_("Fingerprint of the key"), Kind.CHOICE, options_after=_keys)

SHOW = Verb("ssh-keys show", N_("Show the public key of a user"), SHOW_KEY, (USER,), EVERYBODY)
GENERATE = Verb("ssh-keys generate", N_("Generate the SSH key pair of a user"), GENERATE_KEY, (USER,), EVERYBODY)
LIST = Verb(
    "authorized-keys list", N_("List the keys that may sign in as a user"), LIST_AUTHORIZED, (USER,), EVERYBODY
)
ADD = Verb(
    "authorized-keys add",
    N_("Let a key sign in as a user"),
    ADD_AUTHORIZED,
    (USER, SOURCE, FILE, ALLOWED_FROM, EXPIRES, DIRECTION, KEY_TEXT),
    EVERYBODY,
)
REMOVE = Verb(
    "authorized-keys remove", N_("Let a key no longer sign in as a user"), REMOVE_AUTHORIZED, (USER, KEY), EVERYBODY
)
VERBS = (SHOW, GENERATE, LIST, ADD, REMOVE)

_NO_LIMITS = {"allowed_from": "", "expires": "", "direction": ""}
AUTHORIZED_KEYS = Menu(
    "3",
    N_("Authorized Keys"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Add"), ADD, _NO_LIMITS),
        Item("3", N_("Delete"), REMOVE),
        Item("4", N_("Add with limits"), ADD),
        Item("5", N_("Add from /incoming"), ADD, {"source": INCOMING.value, **_NO_LIMITS}),
    ),
    EVERYBODY,
    help=N_("The keys that may sign in as this user."),
)

SSH_KEYS = Menu(
    "3",
    N_("SSH Key Management"),
    (
        Item("1", N_("Generate the key pair"), GENERATE),
        Item("2", N_("View public key"), SHOW),
        AUTHORIZED_KEYS,
        pairing("4"),
    ),
    EVERYBODY,
    pick=Pick("user", N_("Whose keys? Type the line number."), _users, N_("There is no user."), is_own=True),
    help=N_("Each user's own key pair, and the keys that may sign in as that user."),
)
