"""Replacing `ssl.crt` and `ssl.key` of a Module Server (ours: the documents leave it to the vendor's support).

Invariants: what is installed passes the rules of the console's certificate (seed 002 asks the same of both), is seen
served, and goes back by itself where it is not. The uploaded key is wiped once its pair is installed. Every Tanium
Server refuses the new certificate until it is registered again.
"""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.pair_kinds import SSL
from tanos.dropbox import read_incoming
from tanos.exchange.installed import certificate_data
from tanos.finding import note
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, Confirmation, Operation, Plan, Result, Tell
from tanos.registration.trusted import must_register
from tanos.report import Fact, Facts, Mark, Say
from tanos.soap.backup import discard
from tanos.soap.requirements import examine
from tanos.soap.swap import Change, live_fingerprint, swap
from tanos.soap.uploaded import Uploaded, read_pair

GO = Confirmation("YES")


@dataclass(frozen=True)
class Replacement:
    """A pair, and the version in use when it was judged."""

    uploaded: Uploaded
    present: int | None


async def _prepare(call: Call) -> Plan[Replacement]:
    """Read and judge what lies in `/incoming`. Raises AnswerRefused by the ids of `read_pair`."""
    appliance = call.appliance
    uploaded = read_pair(read_incoming(appliance, SSL.certificate), read_incoming(appliance, SSL.key))
    payload = Replacement(uploaded, keeper_of(appliance).current(SSL.name))
    data = certificate_data(uploaded.leaf, appliance.clock())
    facts = _facts(uploaded)
    if live_fingerprint(appliance, SSL.name) == fingerprint(uploaded.leaf):
        told = note("already-installed", N_("Exactly this is in use."), N_("There is nothing to do."))
        title = N_("This certificate is installed already")
        return Plan(title, payload, (facts,), (told,), data, NOTHING_TO_DO)
    return Plan(
        N_("Install ssl.crt and ssl.key"),
        payload,
        (
            facts,
            Say(N_("The Module Server is restarted; every Tanium Server must register it again afterwards.")),
            Say(N_("The uploaded key is wiped from /incoming afterwards: delete every other copy of it.")),
        ),
        examine(appliance, uploaded),
        data,
        GO,
    )


async def _apply(call: Call, plan: Plan[Replacement], tell: Tell) -> Result:
    """Swap, look, wipe. Raises as `swap` does."""
    appliance, wanted = call.appliance, plan.payload.uploaded
    shown, facts, served = fingerprint(wanted.leaf), _facts(wanted), None
    if not plan.nothing_to_do:

        def put() -> None:
            keeper_of(appliance).install_pair(SSL.name, wanted.key_pem, wanted.chain_pem, call.actor.user)

        before = live_fingerprint(appliance, SSL.name)
        served = await swap(call, Change(shown, put, before, shown, plan.payload.present, SSL), tell)
    discard(appliance.incoming / SSL.key)
    if served is not None:
        words = N_(
            "{protocol} {cipher}, serves this certificate", protocol=served["protocol"], cipher=served["cipher"]
        )
        facts = Facts((*facts.rows, Fact(N_("handshake"), words, Mark.OK)))
    data = {**plan.data, "version": keeper_of(appliance).current(SSL.name), "served": served}
    findings = plan.findings if plan.nothing_to_do else must_register(appliance)
    return Result(N_("ssl.crt and ssl.key are in use."), (facts,), findings, data)


def _facts(uploaded: Uploaded) -> Facts:
    leaf = uploaded.leaf
    return Facts(
        (
            *(Fact(N_("repaired"), repair) for repair in uploaded.repairs),
            Fact(N_("subject"), leaf.subject.rfc4514_string()),
            Fact(N_("issued by"), leaf.issuer.rfc4514_string()),
            Fact(N_("check code"), check_code(leaf.public_key())),
            Fact(N_("fingerprint"), fingerprint(leaf)),
        )
    )


INSTALL_CERT: Operation[Replacement] = Operation(_prepare, _apply)
