"""What is asked wherever a pair for HTTPS is replaced: the window, the backup, the passphrase, the version."""

from menus.item import Answers, Ask, Kind, Need, Option
from menus.language import speak
from tanos.appliance import Appliance
from tanos.certificates.pair_files import Version
from tanos.certificates.pair_kinds import PairKind
from tanos.https_pairs.restore import restorable
from tanos.https_pairs.served_pair import ServedPair
from tanos.https_pairs.sources import PKCS12
from tanos.message import N_, Message

__all__ = ["BACKUP", "PKCS12", "is_pkcs12", "passphrase", "version_label", "version_option", "versions_of", "window"]
_DAY, _SHORT = len("2027-12-24"), len("1A2B-3C4D")


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


def passphrase(kind: PairKind) -> Ask:
    """Ask for that of the PKCS#12 of a pair, where it comes in one."""
    told = N_("Of {file} in /incoming; empty where it has none.", file=kind.packed[0])
    return Ask("passphrase", N_("Passphrase of the PKCS#12"), Kind.SECRET, Need.OPTIONAL, when=is_pkcs12, help=told)


def versions_of(appliance: Appliance, pair: ServedPair) -> list[Option]:
    """Return the kept pairs to choose from."""
    return [version_option(each) for each in restorable(appliance, pair)]


def version_option(kept: Version) -> Option:
    """Return a kept pair as a line to choose."""
    label = version_label(kept.number, kept.installed_at, kept.not_after, kept.check_code)
    return Option(f"v{kept.number}", label)


def version_label(number: int, installed: str, end: str, code: str) -> str:
    """Return what a kept version is, as long as a small screen is wide: the days, and how its check code begins.

    Spoken here: what is kept are no words of the program, of which alone a verb would take one.
    """
    said = N_(
        "v{number}, installed {installed}, valid until {end}, check code {code}",
        number=number,
        installed=installed[:_DAY] or "-",
        end=end[:_DAY] or "-",
        code=code[:_SHORT] or "-",
    )
    return speak(said)
