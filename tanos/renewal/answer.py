"""An issued certificate finds the key that waits for it, and is installed as a pair of that kind is.

Invariant: nothing is decided here but whose answer it is; the procedure of the pair judges it, installs it, and puts
it back where it is not served. What fits no waiting key is refused by the same words as there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import spki_of
from tanos.certificates.loaded import read_certificate, read_request
from tanos.certificates.pair_kinds import KINDS, REPORTING, SOAP, SSL
from tanos.certificates.request import pem_of
from tanos.dropbox import read_incoming
from tanos.errors import NotYet
from tanos.exchange.answers import choose_answer
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.https_pairs.install import SOAP_INSTALL, SSL_INSTALL
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Decision, Operation, Plan, Result, Tell
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file, read_pasted
from tanos.secret import Secret

Waiting = Mapping[str, Mapping[str, bytes]]
"""The requests that wait, DER, by the name of their pair and by check code."""


@dataclass(frozen=True)
class Answered:
    """The pair whose request is answered, and what its own procedure plans."""

    name: str
    plan: Plan[Any] = field(repr=False)


async def prepare(call: Call, *, source: str, text: bytes) -> Plan[Answered]:
    """Find whose answer it is, of `/incoming` or pasted, and plan its installation.

    Raises NotYet `step-missing` where no request waits, and by the ids of the pair's own procedure.
    """
    waiting = _waiting(call.appliance)
    if not waiting:
        raise NotYet(
            "step-missing",
            N_("No request waits here for a certificate."),
            N_("{renew} makes one.", renew=deeds.RENEW_CERTIFICATE),
        )
    if source == "paste":
        ders = read_pasted(text, Awaited.CERTIFICATE).ders
    else:
        codes = [code for requests in waiting.values() for code in requests]
        name = choose_answer(call.appliance, codes)
        ders = read_file(read_incoming(call.appliance, name), Awaited.CERTIFICATE).ders
    chain = "".join(pem_of(der, "CERTIFICATE") for der in ders).encode()
    name = _whose(waiting, ders)
    operation, answers = _PROCEDURES[name]
    return _answered(name, await operation.prepare(call, source="paste", text=chain, **answers))


async def apply(call: Call, plan: Plan[Answered], tell: Tell) -> Result:
    """Install it, by the pair's own procedure."""
    operation, _ = _PROCEDURES[plan.payload.name]
    return await operation.apply(call, plan.payload.plan, tell)


def _answered(name: str, plan: Plan[Any]) -> Plan[Answered]:
    """Return what the pair's own procedure plans, its last question with it."""
    last = plan.decision
    decision = Decision(last.label, lambda yes: _answered(name, last.plan(yes)), last.and_word) if last else None
    return replace(plan, payload=Answered(name, plan), decision=decision)


def _waiting(appliance: Appliance) -> Waiting:
    keeper = keeper_of(appliance)
    found = {kind.name: keeper.waiting(kind.name) for kind in KINDS}
    return {name: requests for name, requests in found.items() if requests}


def _whose(waiting: Waiting, ders: Sequence[bytes]) -> str:
    """Return the pair that it answers; where it answers none, the first that waits, whose procedure says so."""
    given = {spki_of(read_certificate(der).public_key()) for der in ders}
    for name, requests in waiting.items():
        if any(spki_of(read_request(der).public_key()) in given for der in requests.values()):
            return name
    return next(iter(waiting))


_HTTPS = {"window": True, "passphrase": Secret(""), "backup": False}
_PROCEDURES: Mapping[str, tuple[Operation[Any], Mapping[str, Any]]] = {
    REPORTING.name: (IMPORT_CERTIFICATE, {}),
    SOAP.name: (SOAP_INSTALL, {**_HTTPS, "shared_with": ""}),
    SSL.name: (SSL_INSTALL, _HTTPS),
}
"""Of each pair: how its answer is installed, and what that asks besides."""

INSTALL_ANSWER: Operation[Answered] = Operation(prepare, apply)
