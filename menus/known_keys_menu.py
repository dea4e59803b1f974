"""C → E, Keys That Everybody Has: they are refused wherever a key enters; published lists name more of them."""

from menus.item import Ask, Item, Kind, Menu, Option, Verb
from tanos.appliance import Appliance
from tanos.dropbox import incoming_files
from tanos.known_keys.operations import IMPORT_KNOWN_KEYS, LIST_KNOWN_KEYS, REMOVE_KNOWN_KEYS, lists_of
from tanos.message import N_


def _files(appliance: Appliance) -> list[Option]:
    return [Option(each.name, each.name) for each in incoming_files(appliance)]


def _lists(appliance: Appliance) -> list[Option]:
    return [Option(each.name, each.name) for each in lists_of(appliance)]


LIST = Verb("known-keys list", N_("Say which keys are refused since everybody has them"), LIST_KNOWN_KEYS)
IMPORT = Verb(
    "known-keys import",
    N_("Refuse the keys of a published list"),
    IMPORT_KNOWN_KEYS,
    (
        Ask(
            "file",
            N_("File of /incoming"),
            Kind.CHOICE,
            options=_files,
            any_value=True,
            argument=True,
            help=N_("badkeys' blocklist.dat, or a list of openssl-blacklist or openssh-blacklist."),
        ),
    ),
)
REMOVE = Verb(
    "known-keys remove",
    N_("Take such a list away"),
    REMOVE_KNOWN_KEYS,
    (Ask("name", N_("List"), Kind.CHOICE, options=_lists, any_value=True, argument=True),),
)
VERBS = (LIST, IMPORT, REMOVE)

MENU = Menu(
    "E",
    N_("Keys That Everybody Has"),
    (
        Item("1", N_("Show the lists"), LIST),
        Item("2", N_("Bring a list"), IMPORT),
        Item("3", N_("Take one away"), REMOVE),
    ),
    help=N_("Keys whose private half is published are refused; a list from /incoming names more of them."),
)
