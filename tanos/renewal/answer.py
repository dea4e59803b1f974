"""An issued certificate finds the key that waits for it, and is installed as a pair of that kind is.

Invariant: nothing is decided here but whose answer it is; the procedure of the pair judges it, installs it, and puts
it back where it is not served. What fits no waiting key is refused by the same words as there.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import spki_of
from tanos.certificates.loaded import read_certificate, read_request
from tanos.certificates.pair_kinds import KINDS, REPORTING, SOAP
from tanos.certificates.request import pem_of
from tanos.dropbox import read_incoming
from tanos.errors import NotYet
from tanos.exchange import import_certificate
from tanos.exchange.answers import choose_answer
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file, read_pasted
from tanos.secret import Secret
from tanos.soap.install import SOAP_INSTALL

Waiting = Mapping[str, Mapping[str, bytes]]
"""The requests that wait, DER, by the name of their pair and by check code."""


async def prepare(call: Call, *, source: str, text: bytes) -> Plan[Any]:
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
    return await _PLANS[_whose(waiting, ders)](call, chain)


async def apply(call: Call, plan: Plan[Any], tell: Tell) -> Result:
    """Install it, by the pair's own procedure."""
    is_reporting = isinstance(plan.payload, import_certificate.Installation)
    return await (import_certificate.apply if is_reporting else SOAP_INSTALL.apply)(call, plan, tell)


def _waiting(appliance: Appliance) -> Waiting:
    keeper = keeper_of(appliance)
    found = {kind.name: keeper.waiting(kind.name) for kind in KINDS if kind.name in _PLANS}
    return {name: requests for name, requests in found.items() if requests}


def _whose(waiting: Waiting, ders: Sequence[bytes]) -> str:
    """Return the pair that it answers; where it answers none, the first that waits, whose procedure says so."""
    given = {spki_of(read_certificate(der).public_key()) for der in ders}
    for name, requests in waiting.items():
        if any(spki_of(read_request(der).public_key()) in given for der in requests.values()):
            return name
    return next(iter(waiting))


async def _reporting(call: Call, chain: bytes) -> Plan[Any]:
    return await import_certificate.prepare(call, source="paste", text=chain)


async def _soap(call: Call, chain: bytes) -> Plan[Any]:
    return await SOAP_INSTALL.prepare(
        call, window=True, source="paste", passphrase=Secret(""), text=chain, backup=False, shared_with=""
    )


_PLANS: Mapping[str, Callable[[Call, bytes], Awaitable[Plan[Any]]]] = {REPORTING.name: _reporting, SOAP.name: _soap}

INSTALL_ANSWER: Operation[Any] = Operation(prepare, apply)
