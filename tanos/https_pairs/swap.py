"""Another pair for HTTPS takes the place of the one in use, and is seen served, or the earlier one is back.

Invariants: stopped, swapped, started, looked at, in this order and each told. What is stopped is started again by the
supervisor should this process die, which then also looks at it (`going_back`). The pair changes by one rename,
recorded as begun before it. What is told afterwards is what a handshake with the listener showed; where it does not
show the new certificate, the earlier pair is put back and is looked at the same way. A server that did not run is not
started.
"""

import hmac
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tanos.active_pair.other_server import make_sure_other_serves, note_shown
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.pair_kinds import SOAP
from tanos.errors import AnswerRefused, Damaged, NotYet
from tanos.https_pairs.served_pair import CONSOLE, ServedPair
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Tell
from tanos.report import Fact, Mark
from tanos.services.catalogue import HTTPS, Service
from tanos.services.control import HOLD, START, Ask, conversation
from tanos.services.frames import Frame
from tanos.store.begun import Doing, Step, taking


@dataclass(frozen=True)
class Change:
    """One pair takes another's place."""

    fingerprint: str
    """Of the certificate that will be served; empty where that is known once it is in place."""
    put: Callable[[], object]
    """Does it; raises a TanosError where it did not."""
    before: str
    after: str
    present: int | None
    """The version in use when it was planned."""
    pair: ServedPair = CONSOLE
    version: int = 0
    """Of a kept pair that is put back."""


@dataclass(frozen=True)
class Swapped:
    """How it went."""

    served: dict[str, Any] | None
    """What the listener presented then; None where no server runs."""
    steps: tuple[Fact, ...]
    """Each step with its outcome."""
    ran: tuple[Service, ...] = ()
    """What ran before."""


def live_fingerprint(appliance: Appliance, kind: str = SOAP.name) -> str:
    """Return the fingerprint of the certificate that is installed; empty where there is none, or a damaged one."""
    try:
        pem = keeper_of(appliance).live_certificate(kind)
        return fingerprint(x509.load_pem_x509_certificate(pem)) if pem else ""
    except (ValueError, AnswerRefused):
        return ""


async def swap(call: Call, change: Change, tell: Tell) -> Swapped:
    """Do it.

    Raises NotYet `stale`, `other-server-down`, Damaged `soap-put-back`, `soap-not-served`, `disk-failed`.
    """
    pair = change.pair
    shown = await make_sure_other_serves(call.appliance) if pair is CONSOLE else ""
    async with AsyncExitStack() as stack:
        ask = await _reached(stack, call.appliance)
        done, problem = await _change_over(call, ask, change, tell, shown)
        if done.served is None or _is(
            done.served, change.fingerprint or live_fingerprint(call.appliance, pair.kind.name)
        ):
            return done
        if change.present is None:
            raise _not_served(pair.service, problem)
        tell(N_("It does not serve it: putting the earlier pair back …"))
        opposite = _opposite(call.appliance, change, change.present)
        back, _ = await _change_over(call, ask, opposite, tell, "", done.ran)
        is_back = _is(back.served or {}, live_fingerprint(call.appliance, pair.kind.name))
        raise _put_back(pair.service, problem) if is_back else _not_served(pair.service, problem)


async def _change_over(
    call: Call, ask: Ask | None, change: Change, tell: Tell, shown: str, wanted: tuple[Service, ...] = ()
) -> tuple[Swapped, str]:
    """Stop, swap, start what runs or is `wanted`, look; return how it went, and what kept it from starting."""
    pair = change.pair
    listed = await ask("list") if ask else {}
    running = wanted or tuple(each for each in pair.stopped if _standing(listed, each).get("running"))
    steps = await _stop(running, tell, ask) if ask else ()
    if steps and shown:  # as that one may have looked here a moment ago, and be stopped now
        await make_sure_other_serves(call.appliance)
    tell(N_("Putting the pair in place …"))
    put_in_place(call, change, shown)
    steps = (*steps, _in_place(call.appliance, pair))
    if not ask or pair.service not in running:
        return Swapped(None, steps), ""
    started, served, problem = await _start(pair.service, running, tell, ask)
    return Swapped(served, (*steps, *started, *((_seen(served),) if served else ())), running), problem


async def _reached(stack: AsyncExitStack, appliance: Appliance) -> Ask | None:
    with suppress(NotYet):
        return await stack.enter_async_context(conversation(appliance))
    return None


async def _stop(running: Sequence[Service], tell: Tell, ask: Ask) -> tuple[Fact, ...]:
    for each in running:
        tell(N_("Stopping the {service} …", service=each.label))
        await ask(HOLD, name=each.name)
    return tuple(Fact(N_("stopped"), each.name, Mark.OK) for each in running)


async def _start(
    service: Service, running: Sequence[Service], tell: Tell, ask: Ask
) -> tuple[tuple[Fact, ...], dict[str, Any], str]:
    """Start what ran; return the steps, what `service` serves then, and what kept it from starting."""
    steps, standing = [], Frame()
    for each in reversed(running):
        tell(N_("Starting the {service} …", service=each.label))
        now = _standing(await _started(ask, each), each)
        standing = now if each is service else standing
        steps.append(Fact(N_("started"), each.name, Mark.OK if now.get("running") else Mark.FAIL))
    served = dict(standing.get("served", {}).get(HTTPS, {}))
    return tuple(steps), served, str(standing.get("problem") or "another-served")


async def _started(ask: Ask, service: Service) -> Frame:
    try:
        return await ask(START, name=service.name, judged=True)
    except NotYet as error:
        return {"services": [{"name": service.name, "problem": error.id}]}


def _standing(answer: Frame, service: Service) -> Frame:
    return next((each for each in answer.get("services", []) if each["name"] == service.name), {})


def _opposite(appliance: Appliance, change: Change, version: int) -> Change:
    kind, keeper = change.pair.kind.name, keeper_of(appliance)
    return Change(
        "",
        lambda: keeper.restore(kind, version),
        change.after,
        change.before,
        keeper.current(kind),
        change.pair,
        version,
    )


def put_in_place(call: Call, change: Change, shown: str = "") -> None:
    """Have the pair change, recorded; `shown` is what the other server presents. Raises NotYet `stale`, as `put`."""
    kind = change.pair.kind

    def check() -> None:
        if keeper_of(call.appliance).current(kind.name) != change.present:
            raise NotYet(
                "stale",
                N_("Another session installed a certificate in the meantime."),
                N_("Look at the present state and try again."),
            )

    mark = f"v{change.version}" if change.version else change.fingerprint
    doing = Doing(kind.name, mark, kind.certificate, change.before, change.after, check)
    with taking(SWAPPING, call, doing) as recorded:
        change.put()
        note_shown(call.appliance, recorded, shown)


def _in_place(appliance: Appliance, pair: ServedPair) -> Fact:
    version = keeper_of(appliance).current(pair.kind.name)
    said = N_("version {number} of {certificate} and {key}", number=version or "-", certificate=pair.kind.certificate,
              key=pair.kind.key)  # fmt: skip
    return Fact(N_("put in place"), said, Mark.OK)


def _seen(served: dict[str, Any]) -> Fact:
    words = N_("{protocol} {cipher}, serves this certificate", protocol=served["protocol"], cipher=served["cipher"])
    return Fact(N_("handshake"), words, Mark.OK)


def _is(served: dict[str, Any], expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(str(served.get("fingerprint", "")), expected)


def _put_back(service: Service, problem: str) -> Damaged:
    return Damaged(
        "soap-put-back",
        N_(
            "The {service} did not come up with the new certificate ({problem}). The earlier pair was put back by"
            " itself, and is served again.",
            service=service.label,
            problem=problem,
        ),
        N_("The log of the service says more; check the new files, then try again."),
    )


def _not_served(service: Service, problem: str) -> Damaged:
    return Damaged(
        "soap-not-served",
        N_(
            "The {service} does not serve the certificate that is installed ({problem}).",
            service=service.label,
            problem=problem,
        ),
        N_("Look at the state and the log of the service."),
    )


def _lies_there(appliance: Appliance, kind: str, mark: str) -> bool:
    if mark.startswith("v"):
        return keeper_of(appliance).current(kind) == int(mark[1:])
    return live_fingerprint(appliance, kind) == mark


SWAPPING = Step("soap", _lies_there)
"""Its place is the pair's name, its mark the fingerprint of the certificate, or `v` and the version put back."""
