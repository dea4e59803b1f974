"""A Tanium Server's own reporting pair, issued anew by its own root.

Invariants: the earlier pair serves until the new one is in place, by one rename that is recorded as begun before it.
Nobody is cut off: server and hub take the new pair for whoever comes, or is gone to, from then on.
"""

from contextlib import suppress
from dataclasses import dataclass

from tanos.actor import Call
from tanos.certificates.check_code import fingerprint
from tanos.certificates.loaded import read_certificate
from tanos.certificates.names import checked_names, show_names
from tanos.certificates.pair_kinds import REPORTING
from tanos.errors import NotYet, TanosError
from tanos.exchange.evidence import gather
from tanos.exchange.own_pair import issue_own_certificate
from tanos.exchange.serving import serve_installed
from tanos.https_pairs.swap import SWAPPING, live_fingerprint
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Mark, Say
from tanos.services.catalogue import TANIUM_SERVER, ZONE_SERVER_HUB
from tanos.services.control import ask_supervisor
from tanos.store.begun import Doing, taking


@dataclass(frozen=True)
class OwnPair:
    """What will be issued, and the version in use when it was planned."""

    names: tuple[str, ...]
    present: int | None


async def prepare(call: Call, *, alt_names: tuple[str, ...]) -> Plan[OwnPair]:
    """Check the names. Raises AnswerRefused `san-bad`, `san-forbidden`."""
    fqdn = call.appliance.identity.fqdn
    names = show_names(checked_names((fqdn, *alt_names)))
    present = keeper_of(call.appliance).current(REPORTING.name)
    facts = Facts(
        (
            Fact(N_("common name"), fqdn),
            Fact(N_("names"), ", ".join(names)),
            Fact(N_("replaces"), N_("version {number}, which is kept", number=present or "-")),
        )
    )
    return Plan(
        N_("Issue this server's own {certificate} anew", certificate=REPORTING.certificate),
        OwnPair(names, present),
        (facts, Say(N_("Its own root issues it at once; whoever is connected stays connected."))),
        data={"names": list(names), "present": present},
    )


async def apply(call: Call, plan: Plan[OwnPair], tell: Tell) -> Result:
    """Issue, install, have it served.

    Raises NotYet `step-missing`, `stale`, Damaged `root-damaged`, `disk-failed`.
    """
    appliance, keeper = call.appliance, keeper_of(call.appliance)
    tell(N_("Issuing …"))
    _check_stale(call, plan.payload)
    code, pem = issue_own_certificate(call, keeper, plan.payload.names)
    shown, before = fingerprint(read_certificate(pem.encode())), live_fingerprint(appliance, REPORTING.name)

    def check() -> None:
        _check_stale(call, plan.payload)

    def undo() -> None:
        with suppress(TanosError):
            keeper.discard(code)

    doing = Doing(REPORTING.name, shown, REPORTING.certificate, before, shown, check)
    with taking(SWAPPING, call, doing, undo):
        number = keeper.install(REPORTING.name, code, pem, call.actor.user)
    serving = await serve_installed(appliance, code, tell, TANIUM_SERVER)
    with suppress(TanosError):
        await ask_supervisor(appliance, "renew", name=ZONE_SERVER_HUB.name)
    evidence = gather(appliance, code)
    facts = Facts(
        (
            Fact(N_("check code"), code, Mark.OK),
            Fact(N_("version"), str(number)),
            evidence.fact,
            *serving.facts,
        )
    )
    data = {"check_code": code, "version": number, "handshake": evidence.data, "served": serving.data}
    title = N_("{certificate} is issued and in use", certificate=REPORTING.certificate)
    return Result(title, (facts,), (*evidence.findings, *serving.findings), data)


def _check_stale(call: Call, wanted: OwnPair) -> None:
    if keeper_of(call.appliance).current(REPORTING.name) != wanted.present:
        raise NotYet(
            "stale",
            N_("Another session installed a certificate in the meantime."),
            N_("Look at the present state and try again."),
        )


RENEW_OWN: Operation[OwnPair] = Operation(prepare, apply)
