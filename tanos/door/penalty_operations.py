"""List the penalties for guessing passwords, lift one, and exempt networks from them.

Invariant: what is shown says why: how many failures, since when, until when. Lifting and exempting hold from the next
password on; a key never needed either.
"""

from dataclasses import asdict, dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.deeds import LIST_PENALTIES
from tanos.door.networks import Network, holds, read_network, shown
from tanos.door.penalties import WINDOW_SECONDS, Penalty, exemptions, penalties
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding, warn
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.policy.door import PENALTY_AFTER, PENALTY_SECONDS
from tanos.report import Fact, Facts, Say, Section, Table

_NARROW = {4: 16, 6: 48}
"""Bits of a network that one site may have, by the version of its addresses."""


@dataclass(frozen=True)
class Exemption:
    """`network` is exempt from now on, or no longer."""

    network: Network
    exempt: bool
    stood: bool
    """Whether it was exempt before."""


async def read_penalties(call: Call) -> Result:
    """List the penalties that hold now, why, and the networks that never get one."""
    exempt = exemptions(call.appliance)
    found = _listed(call.appliance)
    free = [shown(network) for network in exempt]
    columns = (N_("No."), N_("Network"), N_("Why"), N_("First seen"), N_("Until"), N_("Refused"))
    rows = tuple(
        (str(number), each.network, why(each), each.since, each.until, str(each.refused))
        for number, each in enumerate(found, start=1)
    )
    after, seconds = PENALTY_AFTER.read(call.appliance), PENALTY_SECONDS.read(call.appliance)
    sections: tuple[Section, ...] = (
        Table(columns, rows, N_("No network is penalised.")),
        Facts((Fact(N_("Exempt networks"), ", ".join(free) or N_("none")),)),
        Say(_rule(after, seconds)),
    )
    return Result(
        N_("Penalties for guessing passwords"),
        sections,
        data={"penalties": [asdict(each) for each in found], "exempt": free, "after": after, "seconds": seconds},
    )


async def prepare_lift(call: Call, *, network: str) -> Plan[str]:
    """Find the penalty, by its network or number in the list; where none holds there is nothing to do.

    Raises AnswerRefused `bad-network`.
    """
    name = _meant(call.appliance, network)
    found = _find(call, name)
    title = N_("Lift this penalty")
    if found is None:
        facts = Facts((Fact(N_("Network"), name), Fact(N_("Penalty"), N_("none"))))
        return Plan(title, name, (facts,), data={"network": name}, confirmation=NOTHING_TO_DO)
    facts = Facts(
        (
            Fact(N_("Network"), found.network),
            Fact(N_("Why"), why(found)),
            Fact(N_("First seen"), found.since),
            Fact(N_("Until"), found.until),
        )
    )
    told = Say(N_("Passwords from there are checked again, and its failures are forgotten."))
    return Plan(title, name, (facts, told), data=asdict(found))


async def lift(call: Call, plan: Plan[str], tell: Tell) -> Result:
    """Lift it."""
    network = plan.payload
    with call.appliance.store.change(call, about=network) as change:
        found = _find(call, network)
        change.quiet = found is None
        change.execute("UPDATE penalties SET lifted = 1 WHERE network = ?", network)
        change.before, change.after = f"until {found.until}" if found else "", "lifted"
    return Result(N_("{network} is not penalised now.", network=network), data={"network": network})


async def prepare_exemption(call: Call, *, network: str) -> Plan[Exemption]:
    """Read the network that is never to be penalised. Raises AnswerRefused `bad-network`."""
    wanted = read_network(network)
    stands = wanted in exemptions(call.appliance)
    told = Say(N_("Every password that is guessed from there is checked, one after the other."))
    return Plan(
        N_("Guessing from there is never penalised"),
        Exemption(wanted, True, stands),
        (_network(wanted), told),
        _is_wide(wanted),
        {"network": shown(wanted), "exempt": True},
        confirmation=NOTHING_TO_DO if stands else YES,
    )


async def prepare_end(call: Call, *, network: str) -> Plan[Exemption]:
    """Find the network that is exempt. Raises AnswerRefused `bad-network`, `no-such-network`."""
    wanted = read_network(network)
    if wanted not in exemptions(call.appliance):
        raise AnswerRefused(
            "no-such-network",
            N_("{network} is not exempt.", network=shown(wanted)),
            N_("{list} shows the networks that are.", list=LIST_PENALTIES),
        )
    return Plan(
        N_("Guessing from there is penalised again"),
        Exemption(wanted, False, True),
        (_network(wanted),),
        data={"network": shown(wanted), "exempt": False},
    )


async def exempt(call: Call, plan: Plan[Exemption], tell: Tell) -> Result:
    """Exempt the network, or no longer. Raises NotYet `stale`."""
    wanted = plan.payload
    with call.appliance.store.change(call, about=shown(wanted.network)) as change:
        stands = wanted.network in exemptions(call.appliance)
        if stands != wanted.stood:
            raise NotYet(
                "stale",
                N_("Another session changed the exempt networks in the meantime."),
                N_("Look at them again and decide anew."),
            )
        change.quiet = stands == wanted.exempt
        if stands and not wanted.exempt:
            change.execute("DELETE FROM penalty_exemptions WHERE network = ?", shown(wanted.network))
        elif wanted.exempt and not stands:
            change.execute("INSERT INTO penalty_exemptions VALUES (?, ?)", shown(wanted.network), change.now)
        change.before, change.after = _state(stands), _state(wanted.exempt)
    return Result(N_("Decided."), data={"network": shown(wanted.network), "exempt": wanted.exempt})


def why(penalty: Penalty) -> Message:
    """Say for what a network is penalised."""
    if not penalty.connections:
        return N_("{count} wrong password", "{count} wrong passwords", count=penalty.passwords)
    return N_(
        "{passwords} wrong passwords, {connections} connections with unknown keys",
        passwords=penalty.passwords,
        connections=penalty.connections,
    )


def _rule(after: int, seconds: int) -> Message:
    if not after:
        return N_("No network is ever penalised: the policy {name} is 0.", name=PENALTY_AFTER.name)
    return N_(
        "After {after} wrong passwords within {minutes} minutes no password from that network is checked for"
        " {seconds} seconds. Keys always sign in.",
        after=after,
        minutes=WINDOW_SECONDS // 60,
        seconds=seconds,
    )


def _is_wide(network: Network) -> tuple[Finding, ...]:
    if network.prefixlen >= _NARROW[network.version]:
        return ()
    return (
        warn(
            "wide-network",
            N_(
                "That is {addresses} addresses: whoever guesses from there is never kept from it.",
                addresses=network.num_addresses,
            ),
            N_("Name the network of those who need it, if you know it."),
        ),
    )


def _listed(appliance: Appliance) -> list[Penalty]:
    exempt = exemptions(appliance)
    return [each for each in penalties(appliance) if not holds(exempt, each.network)]


def _meant(appliance: Appliance, typed: str) -> str:
    """Return the network of a number of the list, or that was typed. Raises AnswerRefused `bad-network`."""
    numbered = {str(number): each.network for number, each in enumerate(_listed(appliance), start=1)}
    return numbered.get(typed.strip()) or shown(read_network(typed))


def _network(network: Network) -> Facts:
    return Facts((Fact(N_("Network"), shown(network)), Fact(N_("Addresses"), str(network.num_addresses))))


def _find(call: Call, network: str) -> Penalty | None:
    return next((each for each in penalties(call.appliance) if each.network == network), None)


def _state(exempt: bool) -> str:
    return "exempt" if exempt else "not exempt"


READ_PENALTIES = Inquiry(read_penalties)
LIFT_PENALTY: Operation[str] = Operation(prepare_lift, lift)
EXEMPT_NETWORK: Operation[Exemption] = Operation(prepare_exemption, exempt)
END_EXEMPTION: Operation[Exemption] = Operation(prepare_end, exempt)
