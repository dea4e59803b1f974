"""Another pair for console and API takes the place of the one in use, and is seen served, or the earlier one is back.

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
from tanos.certificates.pair_kinds import SOAP
from tanos.errors import AnswerRefused, Damaged, NotYet, TanosError
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Tell
from tanos.services.catalogue import HTTPS, TANIUM_SERVER
from tanos.services.control import ask_supervisor
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


def live_fingerprint(appliance: Appliance) -> str:
    """Return the fingerprint of the certificate that is installed; empty where there is none, or a damaged one."""
    try:
        pem = keeper_of(appliance).live_certificate(SOAP.name)
        return fingerprint(x509.load_pem_x509_certificate(pem)) if pem else ""
    except (ValueError, AnswerRefused):
        return ""


async def swap(call: Call, change: Change, tell: Tell, version: int = 0) -> dict[str, Any] | None:
    """Do it; return what the listener served then, None where no server runs. `version`: a kept one is put back.

    Raises NotYet `stale`, Damaged `soap-put-back`, `soap-not-served`, `disk-failed`.
    """
    tell(N_("Putting the pair in place …"))
    _put(call, change, f"v{version}" if version else change.fingerprint)
    expected = change.fingerprint or live_fingerprint(call.appliance)
    if not await _runs(call.appliance):
        return None
    tell(N_("Restarting the Tanium Server, and looking at what it serves …"))
    served, problem = await _restarted(call.appliance)
    if _is(served, expected):
        return served
    if change.present is None:
        raise _not_served(problem)
    tell(N_("It does not serve it: putting the earlier pair back …"))
    number, present = change.present, keeper_of(call.appliance).current(SOAP.name)
    back = Change(
        "", lambda: keeper_of(call.appliance).restore(SOAP.name, number), change.after, change.before, present
    )
    _put(call, back, f"v{number}")
    served, _ = await _restarted(call.appliance)
    raise _put_back(problem) if _is(served, live_fingerprint(call.appliance)) else _not_served(problem)


def _put(call: Call, change: Change, mark: str) -> None:
    def check() -> None:
        if keeper_of(call.appliance).current(SOAP.name) != change.present:
            raise NotYet(
                "stale",
                N_("Another session installed a certificate in the meantime."),
                N_("Look at the present state and try again."),
            )

    doing = Doing(SOAP.name, mark, SOAP.certificate, change.before, change.after, check)
    with taking(SWAPPING, call, doing):
        change.put()


async def _runs(appliance: Appliance) -> bool:
    try:
        answer = await ask_supervisor(appliance, "list")
    except NotYet:
        return False
    return any(each["running"] for each in answer["services"] if each["name"] == TANIUM_SERVER.name)


async def _restarted(appliance: Appliance) -> tuple[dict[str, Any], str]:
    """Return what is served after a restart, and what kept it from starting."""
    try:
        answer = await ask_supervisor(appliance, "restart", name=TANIUM_SERVER.name)
    except TanosError as error:
        return {}, error.id
    standings: list[dict[str, Any]] = answer.get("services", [])
    standing = next((each for each in standings if each["name"] == TANIUM_SERVER.name), {})
    return dict(standing.get("served", {}).get(HTTPS, {})), str(standing.get("problem") or "another-served")


def _is(served: dict[str, Any], expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(str(served.get("fingerprint", "")), expected)


def _put_back(problem: str) -> Damaged:
    return Damaged(
        "soap-put-back",
        N_(
            "The Tanium Server did not come up with the new certificate ({problem}). The earlier pair was put back by"
            " itself, and is served again.",
            problem=problem,
        ),
        N_("The log of the service says more; check the new files, then try again."),
    )


def _not_served(problem: str) -> Damaged:
    return Damaged(
        "soap-not-served",
        N_("The Tanium Server does not serve the certificate that is installed ({problem}).", problem=problem),
        N_("Look at the state and the log of the service."),
    )


def _lies_there(appliance: Appliance, _: str, mark: str) -> bool:
    if mark.startswith("v"):
        return keeper_of(appliance).current(SOAP.name) == int(mark[1:])
    return live_fingerprint(appliance) == mark


SWAPPING = Step("soap", _lies_there)
"""Its place is the pair's name, its mark the fingerprint of the certificate, or `v` and the version put back."""
