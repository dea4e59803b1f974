"""What is asked wherever a pair for HTTPS is replaced: the window, the backup, the passphrase, the version."""

from menus.item import Answers, Ask, Kind, Need, Option
from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.soap.restore import restorable
from tanos.soap.served_pair import ServedPair
from tanos.soap.sources import PKCS12

__all__ = ["BACKUP", "PKCS12", "is_pkcs12", "versions_of", "window"]


def window(announced: Message) -> Ask:
    """Ask for YES before anything is looked at; of a verb it is taken."""
    return Ask("window", N_("Type YES to go on"), Kind.FLAG, Need.AT_MENUS, word="YES", help=announced)


BACKUP = Ask(
    "backup",
    N_("Create no backup of the pair in use in /outgoing"),
    Kind.FLAG,
    Need.FOR_VERBS,
    flag="--no-backup",
    means_no=True,
    help=N_("It is kept here in any case; the copy in /outgoing is to be fetched."),
)
"""At a menu it is decided in sight of the Plan."""


def is_pkcs12(answers: Answers) -> bool:
    """Say whether the pair comes in one."""
    return bool(answers["source"] == PKCS12)


def versions_of(appliance: Appliance, pair: ServedPair) -> list[Option]:
    """Return the kept pairs to choose from."""
    return [
        Option(f"v{each.number}", f"v{each.number} {each.check_code} {each.not_after}")
        for each in restorable(appliance, pair)
    ]
