"""List, add and remove the networks from which users sign in.

Invariant: a rule that keeps the present session's address out goes on trial, whether it is added or removed; the
session itself goes on. While the rules are on trial, whatever is changed in them is.
"""

from contextlib import nullcontext
from dataclasses import dataclass

from tanos.actor import Call
from tanos.door.networks import Network, holds, read_network, shown
from tanos.door.rules import SSH_RULES, let_in, rules
from tanos.errors import AnswerRefused, NotYet
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Section, Table
from tanos.trials.announced import how_to_keep_it, on_trial_warning
from tanos.trials.tables import is_on_trial, whole_on_trial


@dataclass(frozen=True)
class Rule:
    """`network` stands among the rules afterwards, or does not."""

    network: Network
    stands: bool
    standing: tuple[Network, ...]
    """The rules that were found."""


async def read_rules(call: Call) -> Result:
    """List from where users sign in."""
    found = rules(call.appliance)
    rows = tuple((shown(each), str(each.num_addresses)) for each in found)
    table = Table((N_("Network"), N_("Addresses")), rows, N_("No rule: users sign in from everywhere."))
    told = Say(N_("They hold for menus and verbs; keys of tancopy have networks of their own (from=)."))
    return Result(N_("SSH rules"), (table, told), data={"rules": [shown(each) for each in found]})


async def prepare_addition(call: Call, *, network: str) -> Plan[Rule]:
    """Read the network. Raises AnswerRefused `bad-network`, `too-many-rules`."""
    wanted, standing = read_network(network), rules(call.appliance)
    if wanted not in standing and len(standing) >= MOST_RULES:
        raise AnswerRefused(
            "too-many-rules",
            N_("There is no room for another rule."),
            N_("Remove one, or name a network that holds several."),
        )
    return _plan(call, Rule(wanted, True, tuple(standing)), standing)


async def prepare_removal(call: Call, *, network: str) -> Plan[Rule]:
    """Find the rule. Raises AnswerRefused `bad-network`, `no-such-network`."""
    wanted, standing = read_network(network), rules(call.appliance)
    if wanted not in standing:
        raise AnswerRefused(
            "no-such-network",
            N_("No rule names {network}.", network=shown(wanted)),
            N_("List the rules to see those that stand."),
        )
    return _plan(call, Rule(wanted, False, tuple(standing)), standing)


async def apply(call: Call, plan: Plan[Rule], tell: Tell) -> Result:
    """Add or remove it. Raises NotYet `stale`."""
    rule = plan.payload
    name = shown(rule.network)
    with call.appliance.store.change(call, about=name) as change:
        standing = rules(call.appliance)
        if tuple(standing) != rule.standing:
            raise NotYet("stale", N_("Another session changed the rules meanwhile."), N_("List them, and try again."))
        trial = _trial_because(call, rule, standing) is not None
        change.quiet = (rule.network in standing) == rule.stands
        change.before, change.after = _words(standing), _words(_after(rule, standing))
        with whole_on_trial(change, call, SSH_RULES) if trial else nullcontext():
            if rule.stands and not change.quiet:
                change.execute("INSERT INTO ssh_rules VALUES (?, ?, ?)", name, call.actor.user, change.now)
            elif not rule.stands:
                change.execute("DELETE FROM ssh_rules WHERE network = ?", name)
    left = _after(rule, standing)
    sections: tuple[Section, ...] = (Facts((Fact(N_("Users sign in from"), _words(left)),)),)
    more = (how_to_keep_it(),) if trial else ()
    return Result(N_("Decided."), (*sections, *more), data={"rules": [shown(each) for each in left]})


def _plan(call: Call, rule: Rule, standing: list[Network]) -> Plan[Rule]:
    left = _after(rule, standing)
    reason = _trial_because(call, rule, standing)
    return Plan(
        N_("Add an SSH rule") if rule.stands else N_("Remove an SSH rule"),
        rule,
        (Facts((Fact(N_("Network"), shown(rule.network)), Fact(N_("Users sign in from then"), _words(left)))),),
        (on_trial_warning(call.appliance, reason),) if reason else (),
        {"network": shown(rule.network), "rules": [shown(each) for each in left]},
        NOTHING_TO_DO if left == standing else YES,
    )


def _after(rule: Rule, standing: list[Network]) -> list[Network]:
    others = [each for each in standing if each != rule.network]
    if not rule.stands:
        return others
    return standing if rule.network in standing else [*standing, rule.network]


def _trial_because(call: Call, rule: Rule, standing: list[Network]) -> Message | None:
    if _keeps_out(call, rule, standing):
        return N_("{address}, from where you came, is not among them.", address=call.actor.address)
    if _after(rule, standing) != standing and is_on_trial(call.appliance, SSH_RULES):
        return N_("The rules are on trial already, and go back together.")
    return None


def _keeps_out(call: Call, rule: Rule, standing: list[Network]) -> bool:
    """Say whether who came from there would come no longer; a local console has no address and needs no way in."""
    actor, left = call.actor, _after(rule, standing)
    came = not actor.address or let_in(standing, actor.address, actor.user)
    return bool(actor.address) and came and bool(left) and not holds(left, actor.address)


def _words(networks: list[Network]) -> str:
    return ", ".join(shown(each) for each in networks) or "everywhere"


MOST_RULES = 64
LIST_RULES = Inquiry(read_rules)
ADD_RULE: Operation[Rule] = Operation(prepare_addition, apply)
REMOVE_RULE: Operation[Rule] = Operation(prepare_removal, apply)
