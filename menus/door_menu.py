"""What A, Appliance Configuration says about the front door itself: whom it makes wait, and how it proves itself."""

from menus.item import Answers, Ask, Item, Kind, Menu, Option, Verb
from tanos.appliance import Appliance
from tanos.door.banner_operations import IMPORT_BANNER, READ_BANNER, REMOVE_BANNER
from tanos.door.fingerprints import READ_FINGERPRINTS
from tanos.door.given_up import FORGET_HOST_KEY
from tanos.door.networks import shown
from tanos.door.penalties import exemptions, penalties
from tanos.door.penalty_operations import END_EXEMPTION, EXEMPT_NETWORK, LIFT_PENALTY, READ_PENALTIES
from tanos.door.rotation_operations import RETIRE_HOST_KEY, ROTATE_HOST_KEY
from tanos.door.rule_operations import ADD_RULE, LIST_RULES, REMOVE_RULE
from tanos.door.rules import rules
from tanos.message import N_, Message


def _penalised(appliance: Appliance) -> str:
    return next((each.network for each in penalties(appliance)), "")


def _exempt(appliance: Appliance) -> list[Option]:
    return [Option(shown(each), shown(each)) for each in exemptions(appliance)]


def _rules(appliance: Appliance) -> list[Option]:
    return [Option(shown(each), shown(each)) for each in rules(appliance)]


def _count(appliance: Appliance, _: Answers) -> Message:
    return N_("{count} now", count=len(penalties(appliance)))


PENALTIES = Verb("penalties list", N_("List who is penalised for guessing passwords, and why"), READ_PENALTIES)
LIFT = Verb(
    "penalties lift",
    N_("Check passwords from a penalised network again"),
    LIFT_PENALTY,
    (
        Ask(
            "network",
            N_("Network"),
            default=_penalised,
            argument=True,
            help=N_("By its number in the list, or as that shows it."),
        ),
    ),
)
EXEMPT = Verb(
    "penalties exempt",
    N_("Decide that a network is never penalised"),
    EXEMPT_NETWORK,
    (Ask("network", N_("Network"), argument=True, help=N_("Write it as 192.0.2.0/24 or 2001:db8::/48.")),),
)
ENFORCE = Verb(
    "penalties enforce",
    N_("Decide that an exempt network is penalised again"),
    END_EXEMPTION,
    (Ask("network", N_("Network"), Kind.CHOICE, options=_exempt, argument=True),),
)
RULES = Verb("ssh-rules list", N_("List from where users sign in"), LIST_RULES)
RULE_ADD = Verb(
    "ssh-rules add",
    N_("Let users sign in from a network, and from no other"),
    ADD_RULE,
    (Ask("network", N_("Network"), argument=True, help=N_("Write it as 192.0.2.0/24 or 2001:db8::/48.")),),
)
RULE_REMOVE = Verb(
    "ssh-rules remove",
    N_("Remove a network from where users sign in"),
    REMOVE_RULE,
    (Ask("network", N_("Network"), Kind.CHOICE, options=_rules, argument=True),),
)
BANNER = Verb("banner show", N_("Show what is shown before signing in"), READ_BANNER)
BANNER_IMPORT = Verb("banner import", N_("Take the banner from banner_ssh.txt of /incoming"), IMPORT_BANNER)
BANNER_REMOVE = Verb("banner remove", N_("Show nothing before signing in"), REMOVE_BANNER)
FINGERPRINTS = Verb("host-keys show", N_("Show the host keys as clients do"), READ_FINGERPRINTS)
KINDS = (Option("ed25519", N_("Ed25519")), Option("rsa", N_("RSA, for older clients")))
ROTATE = Verb(
    "host-keys rotate",
    N_("Make the next host key of a type, and announce it"),
    ROTATE_HOST_KEY,
    (Ask("kind", N_("Type"), Kind.CHOICE, choices=KINDS, argument=True),),
)
RETIRE = Verb(
    "host-keys retire",
    N_("Let the next host key of a type take over"),
    RETIRE_HOST_KEY,
    (Ask("kind", N_("Type"), Kind.CHOICE, choices=KINDS, argument=True),),
)
FORGET = Verb(
    "host-keys forget",
    N_("Give up the next host key of a type, before it takes over"),
    FORGET_HOST_KEY,
    (Ask("kind", N_("Type"), Kind.CHOICE, choices=KINDS, argument=True),),
)
VERBS = (
    PENALTIES, LIFT, EXEMPT, ENFORCE,
    RULES, RULE_ADD, RULE_REMOVE,
    BANNER, BANNER_IMPORT, BANNER_REMOVE,
    FINGERPRINTS, ROTATE, RETIRE, FORGET,
)  # fmt: skip

MANAGE_SSH = Menu(
    "2",
    N_("Manage SSH"),
    (
        Item("1", N_("List rules"), RULES),
        Item("A", N_("Add a rule"), RULE_ADD),
        Item("D", N_("Delete a rule"), RULE_REMOVE),
    ),
    help=N_("From which networks users sign in; without a rule from everywhere."),
)
SSH_BANNER = Menu(
    "3",
    N_("Configure SSH Banner"),
    (
        Item("1", N_("Show the banner"), BANNER),
        Item("2", N_("Import the banner"), BANNER_IMPORT),
        Item("3", N_("Remove the banner"), BANNER_REMOVE),
    ),
    help=N_("What everybody is shown before signing in; it is taken from banner_ssh.txt of /incoming."),
)
SSH_FINGERPRINTS = Menu(
    "4",
    N_("SSH Fingerprints"),
    (
        Item("1", N_("View SSH Fingerprints"), FINGERPRINTS),
        Item("2", N_("Make the next host key"), ROTATE),
        Item("3", N_("Let the next host key take over"), RETIRE),
        Item("4", N_("Give up the next host key"), FORGET),
    ),
    help=N_("By which keys this appliance proves itself, and how they are replaced without locking anybody out."),
)

PENALTY_LINES = (
    Item("1", N_("List penalties"), PENALTIES, hint=_count),
    Item("2", N_("Lift a penalty"), LIFT),
    Item("3", N_("Exempt a network"), EXEMPT),
    Item("4", N_("Exempt a network no longer"), ENFORCE),
)
