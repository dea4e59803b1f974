"""Another pair for HTTPS takes the place of the one in use, and is seen served, or the earlier one is back.

Invariants: the pair changes by one rename, recorded as begun before it. The restart is asked of the supervisor in one
word once the pair is in place, so that a session that dies leaves no stopped server. What is told afterwards is what
a handshake with the listener showed; where it does not show the new certificate, the earlier pair is put back and is
looked at the same way. A server that did not run is not started.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.pair_kinds import SOAP, SSL, PairKind
from tanos.errors import AnswerRefused, Damaged, NotYet, TanosError
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Tell
from tanos.services.catalogue import HTTPS, MODULE_SERVER, TANIUM_SERVER, Service
from tanos.services.control import ask_supervisor
from tanos.store.begun import Doing, Step, taking

SERVED_BY = {SOAP.name: TANIUM_SERVER, SSL.name: MODULE_SERVER}


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
    kind: PairKind = SOAP


def live_fingerprint(appliance: Appliance, kind: str = SOAP.name) -> str:
    """Return the fingerprint of the certificate that is installed; empty where there is none, or a damaged one."""
    try:
        pem = keeper_of(appliance).live_certificate(kind)
        return fingerprint(x509.load_pem_x509_certificate(pem)) if pem else ""
    except (ValueError, AnswerRefused):
        return ""


async def swap(call: Call, change: Change, tell: Tell, version: int = 0) -> dict[str, Any] | None:
    """Do it; return what the listener served then, None where no server runs. `version`: a kept one is put back.

    Raises NotYet `stale`, Damaged `soap-put-back`, `soap-not-served`, `disk-failed`.
    """
    tell(N_("Putting the pair in place …"))
    _put(call, change, f"v{version}" if version else change.fingerprint)
    kind, service = change.kind.name, SERVED_BY[change.kind.name]
    expected = change.fingerprint or live_fingerprint(call.appliance, kind)
    if not await _runs(call.appliance, service):
        return None
    tell(N_("Restarting the {service}, and looking at what it serves …", service=service.label))
    served, problem = await _restarted(call.appliance, service)
    if _is(served, expected):
        return served
    if change.present is None:
        raise _not_served(service, problem)
    tell(N_("It does not serve it: putting the earlier pair back …"))
    number, present = change.present, keeper_of(call.appliance).current(kind)
    restore = keeper_of(call.appliance).restore
    back = Change("", lambda: restore(kind, number), change.after, change.before, present, change.kind)
    _put(call, back, f"v{number}")
    served, _ = await _restarted(call.appliance, service)
    is_back = _is(served, live_fingerprint(call.appliance, kind))
    raise _put_back(service, problem) if is_back else _not_served(service, problem)


def _put(call: Call, change: Change, mark: str) -> None:
    def check() -> None:
        if keeper_of(call.appliance).current(change.kind.name) != change.present:
            raise NotYet(
                "stale",
                N_("Another session installed a certificate in the meantime."),
                N_("Look at the present state and try again."),
            )

    doing = Doing(change.kind.name, mark, change.kind.certificate, change.before, change.after, check)
    with taking(SWAPPING, call, doing):
        change.put()


async def _runs(appliance: Appliance, service: Service) -> bool:
    try:
        answer = await ask_supervisor(appliance, "list")
    except NotYet:
        return False
    return any(each["running"] for each in answer["services"] if each["name"] == service.name)


async def _restarted(appliance: Appliance, service: Service) -> tuple[dict[str, Any], str]:
    """Return what is served after a restart, and what kept it from starting."""
    try:
        answer = await ask_supervisor(appliance, "restart", name=service.name)
    except TanosError as error:
        return {}, error.id
    standings: list[dict[str, Any]] = answer.get("services", [])
    standing = next((each for each in standings if each["name"] == service.name), {})
    return dict(standing.get("served", {}).get(HTTPS, {})), str(standing.get("problem") or "another-served")


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
