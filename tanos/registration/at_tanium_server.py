"""2 → 3 at the Tanium Server: the Module Server is seen, confirmed, and told our certificate with its own code.

Invariants: both ends change only by an operator's act at each: the code was made there, the certificate confirmed
here, by somebody who then signs in to the console as an Administrator. `trusted-module-servers.crt` holds what was
confirmed, and nothing that was sent.
"""

from dataclasses import dataclass, replace
from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.console_users.accounts import ConsoleRole
from tanos.console_users.sign_in import check
from tanos.errors import AnswerRefused
from tanos.identity import checked_fqdn
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.platform import Role
from tanos.registration.joining import SigningIn
from tanos.registration.presented import Presented, own_listener, present
from tanos.registration.reaching import Post, converse
from tanos.registration.trusted import FILES, Trusted, plain_pem, put_trusted
from tanos.report import Say
from tanos.secret import Secret
from tanos.services.catalogue import TANIUM_SERVER
from tanos.settings.catalogue import setting_named
from tanos.settings.setting import Component
from tanos.settings.values import write
from tanos.store.store import Change

PORT, REGISTER = 17477, "/register"


@dataclass(frozen=True)
class Registration:
    """What is confirmed, who signs in to the console here, and what proves it at the other end."""

    presented: Presented
    signing_in: SigningIn
    code: Secret


async def _prepare(
    call: Call, *, address: str, user: str, password: Secret, code: Secret, fingerprint: str = ""
) -> Plan[Registration]:
    presented = await present(call.appliance, address, PORT, fingerprint)
    told = N_("Compare the fingerprint with what the Module Server itself shows.")

    def planned(*, user: str, password: Secret, code: Secret, **_: Any) -> Plan[Registration]:
        payload = Registration(presented, SigningIn(user.strip(), password), code)
        return Plan(N_("Register the Module Server"), payload, (presented.facts, Say(told)), data=presented.data)

    plan = planned(user=user, password=password, code=code)
    return replace(plan, then=lambda answers: planned(**answers))


async def _apply(call: Call, plan: Plan[Registration], tell: Tell) -> Result:
    """Raises AnswerRefused `console-sign-in-refused`, and as `own_listener` and `converse` do."""
    appliance, wanted = call.appliance, plan.payload
    await sign_in(appliance, wanted.signing_in, call.actor.address)
    own, port = await own_listener(appliance, TANIUM_SERVER)
    tell(N_("Registering …"))
    words = {
        "code": wanted.code.reveal().decode(errors="replace").strip(),
        "name": appliance.identity.fqdn,
        "port": port,
        "pem": plain_pem(own),
    }
    shown = wanted.presented

    def say(post: Post) -> str:
        return checked_fqdn(str(post(REGISTER, words, {})["registered"]))

    name = await converse(shown.host, shown.port, shown.der, say)
    other = Trusted(name, shown.host, shown.port, plain_pem(shown.certificate), fingerprint(own), "")
    with appliance.store.change(call, about=name) as change:
        change.after = fingerprint(shown.certificate)
        trust_module_server(change, appliance, other)
    return Result(
        N_("Successfully completed registration."),
        (shown.facts,),
        data={**shown.data, "name": name, "file": FILES[Role.TANIUM_SERVER]},
    )


async def sign_in(appliance: Appliance, who: SigningIn, address: str) -> None:
    """Return where that is an Administrator of the console. Raises AnswerRefused `console-sign-in-refused`."""
    role = await check(appliance, who.user, who.password, address)
    if role is not ConsoleRole.ADMINISTRATOR:
        raise AnswerRefused(
            "console-sign-in-refused",
            N_("No Administrator of the console signs in by that name and password."),
            N_("Give a user of the Tanium Console, not of this menu; too many wrong passwords lock it."),
        )


def trust_module_server(change: Change, appliance: Appliance, other: Trusted) -> None:
    """Trust a Module Server from now on, and have modules be sought there."""
    put_trusted(change, appliance, other)
    for name, value in (("ModuleServer", other.host), ("ModuleServerPort", other.port)):
        write(change, setting_named(appliance.identity, name, Component.SERVER.value), value)


REGISTER_MODULE_SERVER: Operation[Registration] = Operation(_prepare, _apply)
