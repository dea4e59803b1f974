"""Registering anew once our certificate was replaced: those who know the earlier one are told of the present one.

Invariants: whoever is told presents the very certificate that is kept of him, so that nothing has to be compared. At
a Tanium Server the earlier pair, which is trusted there, speaks for the present one, but where the present one is
trusted already, since an answer was lost: then it is recorded. At a Module Server it is an Administrator of each
console. Each is done for itself: one that cannot be reached keeps no other waiting. Afterwards
the services restart (seed 002), of an active-active pair never both servers.
"""

import asyncio
import time
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos import deeds
from tanos.active_pair.other_server import make_sure_other_serves
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.pair_kinds import SOAP
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.finding import Finding, warn
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.platform import Role
from tanos.registration.at_tanium_server import sign_in
from tanos.registration.joining import SigningIn, join
from tanos.registration.presented import own_listener
from tanos.registration.reaching import Post, converse
from tanos.registration.trusted import Trusted, outdated, plain_pem, put_trusted
from tanos.report import Fact, Facts, Mark, Say, Section, Table
from tanos.secret import Secret
from tanos.services.catalogue import MODULE_SERVER, TANIUM_SERVER, services_of
from tanos.services.control import HOLD, START, conversation

REGISTER = "/register"
_UNKNOWN = {"no-registration-open", "registration-refused"}
"""How a pair is refused that is not trusted there."""
_SERVICE = {Role.TANIUM_SERVER: TANIUM_SERVER, Role.MODULE_SERVER: MODULE_SERVER}
BACK_SECONDS, LOOK_AGAIN_SECONDS = 30.0, 0.2


@dataclass(frozen=True)
class Again:
    """Who is told, and by whom."""

    others: tuple[Trusted, ...]
    signing_in: SigningIn


async def _prepare(call: Call, *, user: str, password: Secret) -> Plan[Again]:
    appliance = call.appliance
    late = tuple(outdated(appliance))
    at_server = appliance.identity.role is Role.TANIUM_SERVER
    rows = tuple((each.name, each.where, check_code(each.certificate.public_key())) for each in late)
    table = Table((N_("name"), N_("at"), N_("check code")), rows, empty=N_("Nobody has to be registered anew."))
    told: tuple[Section, ...] = ()
    if late:
        told = (Say(N_("The services of the Module Server restart, and with them what runs there.")),)
        told += (Say(N_("Then the Tanium Server here restarts.")),) if at_server else ()
    plan = Plan(
        N_("Register anew"),
        Again(late, SigningIn(user.strip(), password)),
        (table, *told),
        data={"others": [each.name for each in late]},
        confirmation=YES if late else NOTHING_TO_DO,
    )

    def signed_in(answers: Mapping[str, Any]) -> Plan[Again]:
        return replace(plan, payload=Again(late, SigningIn(answers["user"].strip(), answers["password"])))

    return replace(plan, then=signed_in)


async def _apply(call: Call, plan: Plan[Again], tell: Tell) -> Result:
    """Tell each.

    Raises AnswerRefused `console-sign-in-refused`, as `own_listener` does, and what kept the last one from it where
    none could be told.
    """
    if plan.nothing_to_do:
        return Result(N_("Nobody has to be registered anew."), data={"registered": [], "refused": []})
    if _role(call) is Role.TANIUM_SERVER:
        await sign_in(call.appliance, plan.payload.signing_in, call.actor.address)
    telling = _Telling(call, plan.payload.signing_in, *await own_listener(call.appliance, _SERVICE[_role(call)]))
    done, findings = dict[str, tuple[Fact, ...]](), list[Finding]()
    for each in plan.payload.others:
        tell(N_("Registering with {name} …", name=each.name))
        try:
            done[each.name] = await telling.tell(each)
        except TanosError as error:
            if each is plan.payload.others[-1] and not done:
                raise
            findings.append(_refused(each, error))
    restarted = await _restart(call.appliance, tell)
    facts = Facts((*(fact for facts in done.values() for fact in facts), *restarted))
    refused = [each.name for each in plan.payload.others if each.name not in done]
    return Result(
        N_("Successfully completed registration."),
        (facts, *(() if _role(call) is Role.TANIUM_SERVER else _at_each_server())),
        tuple(findings),
        {"registered": list(done), "refused": refused},
    )


class _Telling:
    """Telling others of our certificate."""

    def __init__(self, call: Call, who: SigningIn, own: x509.Certificate, port: int) -> None:
        self._call, self._who, self._own, self._port = call, who, own, port

    async def tell(self, other: Trusted) -> tuple[Fact, ...]:
        """Have one trust it; return what came of it. Raises a TanosError."""
        appliance, at = self._call.appliance, (other.host, other.port)
        told = [Fact(N_("registered"), other.name, Mark.OK)]
        if _role(self._call) is Role.MODULE_SERVER:
            await join(appliance, self._who, at, _der(other), self._own, self._port)
        else:
            is_back = await self._told_by_a_pair(other)
            told.append(Fact(N_("its services restarted"), other.name, Mark.OK if is_back else Mark.WAIT))
        with appliance.store.change(self._call, about=other.name) as change:
            change.before, change.after = other.shown, fingerprint(self._own)
            put_trusted(change, appliance, replace(other, shown=fingerprint(self._own)))
        return tuple(told)

    async def _told_by_a_pair(self, other: Trusted) -> bool:
        """Have the Module Server trust `own`; say whether its services were seen to have restarted since.

        Raises NotYet `step-missing`, and as `converse` does.
        """
        appliance = self._call.appliance
        earlier, present = (
            keeper_of(appliance).pair_shown(SOAP.name, each) for each in (other.shown, fingerprint(self._own))
        )
        words = {"code": "", "name": appliance.identity.fqdn, "port": self._port, "pem": plain_pem(self._own)}

        def say(post: Post) -> str:
            return str(post(REGISTER, words, {})["since"])

        async def said(pair: tuple[bytes, bytes]) -> str:
            return await converse(other.host, other.port, _der(other), say, _text(pair))

        if present is not None and await _is_answered(said(present)):
            return False
        if earlier is None or present is None:
            raise NotYet(
                "step-missing",
                N_("The certificate that {name} knows is kept here no more.", name=other.name),
                N_("Register it by a code: {register}.", register=deeds.REGISTER_MODULE_SERVER),
            )
        before = await said(earlier)
        deadline = time.monotonic() + BACK_SECONDS
        while time.monotonic() < deadline:  # until another process answers there, which knows the present pair
            with suppress(NotYet, AnswerRefused):
                if await said(present) != before:
                    return True
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return False


async def _is_answered(asked: Awaitable[str]) -> bool:
    """Say whether the pair that asks is trusted there. Raises what else keeps it from an answer."""
    try:
        await asked
    except (NotYet, AnswerRefused) as error:
        if error.id in _UNKNOWN:
            return False
        raise
    return True


def _at_each_server() -> tuple[Section, ...]:
    return (Say(N_("Then restart each Tanium Server, one after the other, at its own menu: {restart:key}.",
                   restart=deeds.RESTART_SERVICE)),)  # fmt: skip


async def _restart(appliance: Appliance, tell: Tell) -> list[Fact]:
    """Restart what runs here of the services that registered; `other-server-down` keeps the Tanium Server up."""
    is_module_server = appliance.identity.role is Role.MODULE_SERVER
    mine = [each for each in services_of(appliance.identity) if is_module_server or each is TANIUM_SERVER]
    if not is_module_server:
        try:
            await make_sure_other_serves(appliance)
        except NotYet as error:
            return [Fact(N_("not restarted"), error.message, Mark.WAIT)]
    done = []
    async with conversation(appliance) as ask:
        listed = (await ask("list"))["services"]
        running = [each for each in mine if any(one["name"] == each.name and one["running"] for one in listed)]
        for each in reversed(running):
            tell(N_("Stopping the {service} …", service=each.label))
            await ask(HOLD, name=each.name)
        for each in running:
            tell(N_("Starting the {service} …", service=each.label))
            told = (await ask(START, name=each.name))["services"]
            is_up = any(one["name"] == each.name and one["running"] for one in told)
            done.append(Fact(N_("restarted"), each.name, Mark.OK if is_up else Mark.FAIL))
    return done


def _refused(other: Trusted, error: TanosError) -> Finding:
    said = N_("{name} was not registered anew: {reason}", name=other.name, reason=error.message)
    return warn("not-re-registered", said, error.remedy)


def _role(call: Call) -> Role:
    return call.appliance.identity.role


def _der(other: Trusted) -> bytes:
    return other.certificate.public_bytes(Encoding.DER)


def _text(pair: tuple[bytes, bytes]) -> str:
    return (pair[1] + b"\n" + pair[0]).decode()


RE_REGISTER: Operation[Again] = Operation(_prepare, _apply)
