"""The verbs by which an administrator decides a policy, and the menu lines that lead to them."""

from menus.item import Answers, Ask, Item, Kind, Option, Verb
from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.policy.policy import Policy
from tanos.policy.table import POLICIES
from tanos.policy_setting.operations import LIST_POLICIES, SET_POLICY, explained, named


def _explained(_: Appliance, answers: Answers) -> Message:
    return explained(named(str(answers["name"])))


def _present(appliance: Appliance, answers: Answers) -> str:
    policy = named(str(answers["name"]))
    value = policy.read(appliance)
    return ("on" if value else "off") if policy.is_switch else str(value)


NAMES = tuple(Option(policy.name, policy.label) for policy in POLICIES)
LIST = Verb("policy list", N_("List what an administrator decides about this console"), LIST_POLICIES)
SET = Verb(
    "policy set",
    N_("Decide one policy of this console"),
    SET_POLICY,
    (
        Ask("name", N_("Policy"), Kind.CHOICE, choices=NAMES, argument=True),
        Ask("value", N_("Value"), default_after=_present, is_present=True, argument=True, help_after=_explained),
    ),
)
VERBS = (LIST, SET)


def line(key: str, label: Message, policy: Policy) -> Item:
    """Return the menu line that decides `policy`; its present value stands beside it."""

    def now(appliance: Appliance, _: Answers) -> Message:
        return policy.words(policy.read(appliance))

    return Item(key, label, SET, {"name": policy.name}, hint=now, help=policy.label)


def value_line(key: str, label: Message, policy: Policy, value: str) -> Item:
    """Return the menu line that gives `policy` that one value."""
    return Item(key, label, SET, {"name": policy.name, "value": value}, help=policy.told)
