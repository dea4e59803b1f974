"""2 → 3 at the Module Server: a code for who registers from the Tanium Server, or registering from here.

Invariants: a code is shown once and kept as its hash. From here (`TaniumModuleServer register`, seed 002) the Tanium
Server's certificate is confirmed first; user and password of its console go to that certificate alone.
"""

from dataclasses import dataclass, replace
from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.errors import NotYet
from tanos.finding import Finding, note
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.platform import Role
from tanos.registration.codes import MINUTES, make_code
from tanos.registration.joining import SigningIn, join
from tanos.registration.presented import Presented, own_listener, present
from tanos.registration.trusted import FILES, Trusted, own_certificate, plain_pem, put_trusted
from tanos.report import Fact, Facts, Say, shown_once
from tanos.secret import Secret
from tanos.services.catalogue import MODULE_SERVER
from tanos.services.control import ask_supervisor

CONSOLE_PORT = 443


async def _prepare_code(call: Call) -> Plan[None]:
    facts = _own_facts(call.appliance)
    told = Say(
        N_(
            "For {minutes} minutes who says the code may register; it is good once, and replaces an earlier one.",
            minutes=str(MINUTES),
        )
    )
    return Plan(N_("Make a registration code"), None, (facts, told))


async def _code(call: Call, plan: Plan[None], tell: Tell) -> Result:
    appliance = call.appliance
    with appliance.store.change(call, about="registration code") as change:
        code = make_code(change, appliance)
    once = shown_once(N_("Code, shown only now"), Secret(code))
    own = own_certificate(appliance)
    data = {"code": code, "fingerprint": fingerprint(own) if own else "", "minutes": MINUTES}
    return Result(N_("A Tanium Server may register."), (once, _own_facts(appliance)), await renewed(appliance), data)


def _own_facts(appliance: Appliance) -> Facts:
    own = own_certificate(appliance)
    if own is None:
        return Facts(())
    return Facts(
        (
            Fact(N_("SHA-256 of ssl.crt"), fingerprint(own)),
            Fact(N_("check code"), check_code(own.public_key())),
        )
    )


@dataclass(frozen=True)
class Joining:
    """A Tanium Server that is confirmed, and who signs in to its console."""

    presented: Presented
    signing_in: SigningIn


async def _prepare_join(
    call: Call, *, address: str, user: str, password: Secret, fingerprint: str = ""
) -> Plan[Joining]:
    presented = await present(call.appliance, address, CONSOLE_PORT, fingerprint)
    told = N_("Compare the fingerprint with what the Tanium Server itself shows.")

    def planned(*, user: str, password: Secret, **_: Any) -> Plan[Joining]:
        payload = Joining(presented, SigningIn(user.strip(), password))
        return Plan(N_("Register with the Tanium Server"), payload, (presented.facts, Say(told)), data=presented.data)

    return replace(planned(user=user, password=password), then=lambda answers: planned(**answers))


async def _join(call: Call, plan: Plan[Joining], tell: Tell) -> Result:
    appliance, wanted = call.appliance, plan.payload
    shown = wanted.presented
    own, port = await own_listener(appliance, MODULE_SERVER)
    tell(N_("Registering …"))
    name = await join(appliance, wanted.signing_in, (shown.host, shown.port), shown.der, own, port)
    other = Trusted(name, shown.host, shown.port, plain_pem(shown.certificate), fingerprint(own), "")
    with appliance.store.change(call, about=name) as change:
        change.after = fingerprint(shown.certificate)
        put_trusted(change, appliance, other)
    return Result(
        N_("Successfully completed registration."),
        (shown.facts,),
        await renewed(appliance),
        {**shown.data, "name": name, "file": FILES[Role.MODULE_SERVER]},
    )


async def renewed(appliance: Appliance) -> tuple[Finding, ...]:
    """Have the Module Server go by what stands in the store now; a note where it does not run."""
    try:
        await ask_supervisor(appliance, "renew", name=MODULE_SERVER.name)
    except NotYet:
        return (
            note(
                "not-served",
                N_("No service runs here now; it holds from their next start on."),
                N_("Serve the appliance to start them."),
            ),
        )
    return ()


MAKE_CODE: Operation[None] = Operation(_prepare_code, _code)
JOIN: Operation[Joining] = Operation(_prepare_join, _join)
