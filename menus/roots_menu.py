"""2 → K, Root Key Management: by which keys everything below is signed (the documents have it in the web console)."""

from menus import subordinate_menu
from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from tanos.appliance import Appliance
from tanos.infrastructure.operations import LIST_INFRASTRUCTURE
from tanos.message import N_
from tanos.roots.backup import BACK_UP_ROOTS, REMOVE_ROOT_BACKUP, check_sealed
from tanos.roots.create import CREATE_ROOT
from tanos.roots.guide import GUIDE_ROTATION
from tanos.roots.kept import Root, State, roots
from tanos.roots.offers import HERE, REPLACED_HERE, ROTATED_HERE
from tanos.roots.own import RENEW_OWN_PAIR
from tanos.roots.page import SHOW_ROOT, page_state
from tanos.roots.replace import REPLACE_ROOT
from tanos.roots.sealed import is_sealed
from tanos.roots.sealing import SEAL_ROOTS
from tanos.trust.root_list import LIST_ROOTS_OF_BOTH
from tanos.trust.root_revoking import REVOKE_ROOT_IN_PAIR


def _option(root: Root) -> Option:
    return Option(root.check_code, N_("{name} {code} ({state})", name=root.server_value, code=root.check_code,
                                      state=root.state.label))  # fmt: skip


def _all(appliance: Appliance) -> list[Option]:
    return [_option(each) for each in roots(appliance)]


def _revocable(appliance: Appliance) -> list[Option]:
    return [_option(each) for each in roots(appliance) if each.state is not State.REVOKED]


LIST = Verb(
    "root-keys list",
    N_("List the root keys, those revoked too, and what each has signed"),
    LIST_ROOTS_OF_BOTH,
    (),
    HERE,
)
SHOW = Verb(
    "root-keys show",
    N_("Show one root key: its public half, and what it has signed"),
    SHOW_ROOT,
    (Ask("name", N_("Root key"), Kind.CHOICE, options=_all, any_value=True, argument=True),),
    HERE,
)
CREATE = Verb("root-keys create", N_("Make another root key beside the present one"), CREATE_ROOT, (), ROTATED_HERE)
REPLACE = Verb("root-keys replace", N_("Replace tanium.pub and tanium.pvk"), REPLACE_ROOT, (), REPLACED_HERE)
RENEW_OWN = Verb(
    "root-keys renew-own",
    N_("Make this server's own reporting pair anew, by the root key in use"),
    RENEW_OWN_PAIR,
    (),
    HERE,
)
REVOKE = Verb(
    "root-keys revoke",
    N_("Revoke a root key: what it signed stops working here"),
    REVOKE_ROOT_IN_PAIR,
    (Ask("name", N_("Root key"), Kind.CHOICE, options=_revocable, any_value=True, argument=True),),
    HERE,
)
_PASSWORD = N_(
    "Who has a copy of pki.db, or a backup, opens it by this password alone. It is kept nowhere: write it down"
    " elsewhere."
)
SEAL = Verb(
    "root-keys seal",
    N_("Seal pki.db by a password (PKIDatabasePassword), or by another one"),
    SEAL_ROOTS,
    (
        Ask("password", N_("Password of pki.db"), Kind.SECRET, help=_PASSWORD),
        Ask("again", N_("The same again"), Kind.SECRET),
        Ask(
            "former",
            N_("Former password of pki.db (empty where there is none)"),
            Kind.SECRET,
            Need.OPTIONAL,
            where=is_sealed,
        ),
    ),
    ROTATED_HERE,
)
BACK_UP = Verb(
    "root-keys backup",
    N_("Put root keys and database, sealed, into /outgoing as one file"),
    BACK_UP_ROOTS,
    (Ask("password", N_("Password of pki.db"), Kind.SECRET),),
    ROTATED_HERE,
    first=check_sealed,
)
REMOVE_BACKUP = Verb(
    "root-keys remove-backup",
    N_("Remove the backup of root keys from /outgoing"),
    REMOVE_ROOT_BACKUP,
    (),
    ROTATED_HERE,
)
FILES = Verb(
    "infrastructure list",
    N_("List the infrastructure files: which is for whom, and what is compared"),
    LIST_INFRASTRUCTURE,
    (),
    HERE,
)
GUIDE = Verb(
    "root-keys guide",
    N_("Show how far the rotation of a root key is, and what is next"),
    GUIDE_ROTATION,
    (),
    ROTATED_HERE,
)
VERBS = (LIST, SHOW, CREATE, REPLACE, RENEW_OWN, REVOKE, SEAL, BACK_UP, REMOVE_BACKUP, FILES, GUIDE)
MENU = Menu(
    "K",
    N_("Root Key Management"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Show one"), SHOW),
        Item("3", N_("Create another"), CREATE),
        Item("4", N_("Replace tanium.pub and tanium.pvk"), REPLACE),
        Item("5", N_("Make this server's own pair anew"), RENEW_OWN),
        Item("6", N_("Revoke"), REVOKE),
        Item("7", N_("Seal pki.db by a password"), SEAL),
        Item("8", N_("Back up root keys and database"), BACK_UP),
        Item("9", N_("Remove that backup from /outgoing"), REMOVE_BACKUP),
        Item("G", N_("Rotate step by step"), GUIDE),
        Item("I", N_("Infrastructure files: which for whom"), FILES),
        subordinate_menu.MENU,
    ),
    HERE,
    state=page_state,
    help=N_(
        "Everything that servers show each other is signed by a root key; whoever holds its public half trusts it."
    ),
)
