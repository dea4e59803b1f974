"""Replacing certificates step by step (seed 002): which step is done at which server, and which is next.

Invariant: what is told of the other server is what it presents now; what of the Module Server, what is kept here.
"""

from dataclasses import dataclass

from cryptography import x509

from tanos import deeds
from tanos.active_pair.other_server import OtherServer, Part, other_server
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.loaded import read_certificate
from tanos.certificates.root import is_self_signed
from tanos.errors import AnswerRefused, NotYet
from tanos.https_pairs.interrupting import is_running
from tanos.https_pairs.served_pair import CONSOLE
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_, Deed, Message
from tanos.operation import Inquiry, Result
from tanos.registration.reaching import shown_certificate
from tanos.registration.trusted import outdated, trusted
from tanos.report import Fact, Facts, Say, Section, Table, Words

HERE, DUE = N_("here"), N_("due")


@dataclass(frozen=True)
class _Seen:
    """How both servers stand."""

    own: x509.Certificate | None
    other: OtherServer | None
    runs: bool
    """Whether this server presents its own."""
    theirs: x509.Certificate | None
    """What the other one presents; None where it does not serve, or there is none."""

    @property
    def differs(self) -> bool:
        """Whether a certificate that both share is at one of them alone."""
        return bool(self.other and self.other.shares and self.own and self.theirs and self.own != self.theirs)

    @property
    def is_behind(self) -> bool:
        """Whether the other one has the newer certificate of the two."""
        return bool(self.own and self.theirs and self.theirs.not_valid_before_utc > self.own.not_valid_before_utc)


@dataclass(frozen=True)
class _Step:
    what: Deed
    where: Words
    state: Message | str = ""


async def _guide(call: Call) -> Result:
    appliance = call.appliance
    seen = await _look(appliance)
    steps = list(_steps(appliance, seen))
    due = next((step for step in steps if step.state == DUE), None)
    rows = tuple((str(number), N_("{what}", what=each.what), each.where, each.state or "-")
                 for number, each in enumerate(steps, start=1))  # fmt: skip
    table = Table((N_("step"), N_("what"), N_("where"), N_("state")), rows, empty=N_("Nothing."))
    data = {
        "steps": [
            {"verb": each.what.verb, "where": each.where if isinstance(each.where, str) else "here",
             "due": each.state == DUE} for each in steps
        ],
        "next": due.what.verb if due else None,
        "other": {"host": seen.other.host, "serves": seen.theirs is not None} if seen.other else None,
    }  # fmt: skip
    return Result(N_("Replacing SOAPServer.crt, step by step"), (_state(seen), table, *_said(seen, due)), data=data)


async def _look(appliance: Appliance) -> _Seen:
    pem, other = keeper_of(appliance).live_certificate(CONSOLE.kind.name), other_server(appliance)
    own, runs = read_certificate(pem) if pem else None, await is_running(appliance, CONSOLE)
    if other is None:
        return _Seen(own, None, runs, None)
    try:
        return _Seen(own, other, runs, read_certificate(await shown_certificate(other.host, other.port)))
    except (NotYet, AnswerRefused):
        return _Seen(own, other, runs, None)


def _steps(appliance: Appliance, seen: _Seen) -> list[_Step]:
    needs_one = seen.own is None or is_self_signed(seen.own)
    steps = [_Step(deeds.SOAP_NOTE, HERE), _Step(deeds.SOAP_CREATE_CSR, HERE)]
    if seen.other is None:
        steps.append(_Step(deeds.SOAP_INSTALL, HERE, DUE if needs_one else N_("done")))
    else:
        mine = DUE if needs_one or (seen.differs and seen.is_behind) else N_("done")
        theirs = DUE if seen.differs and not seen.is_behind else N_("see there")
        both = [_Step(deeds.SOAP_INSTALL, HERE, mine), _Step(deeds.SOAP_INSTALL, inert(seen.other.host), theirs)]
        steps += both if seen.other.part is Part.PRIMARY else both[::-1]
    again = [_Step(deeds.RE_REGISTER, HERE, DUE)] if any(outdated(appliance)) else []
    if not trusted(appliance):
        again = [_Step(deeds.REGISTER_MODULE_SERVER, HERE, N_("if there is one"))]
    again = again or [_Step(deeds.RE_REGISTER, HERE, N_("done"))]
    if seen.other:
        there = _Step(deeds.RE_REGISTER, inert(seen.other.host), N_("see there"))
        again = [*again, there] if seen.other.part is Part.PRIMARY else [there, *again]
    return [*steps, *again]


def _state(seen: _Seen) -> Facts:
    label = N_("this server presents") if seen.runs else N_("installed, and not served now")
    rows = [Fact(label, _shown(seen.own))]
    if seen.other:
        label = N_("{host} presents", host=inert(seen.other.host))
        rows.append(Fact(label, _shown(seen.theirs) if seen.theirs else N_("nothing: it does not serve")))
        part = N_("the primary") if seen.other.part is Part.PRIMARY else N_("the secondary")
        rows.append(Fact(N_("this server is"), part))
    return Facts(tuple(rows))


def _shown(certificate: x509.Certificate | None) -> str:
    if certificate is None:
        return "-"
    return f"{check_code(certificate.public_key())}, {certificate.not_valid_after_utc:%Y-%m-%d}"


def _said(seen: _Seen, due: _Step | None) -> tuple[Section, ...]:
    said = [Say(N_("Next: {what}.", what=due.what))] if due and due.where == HERE else []
    if due and due.where != HERE:
        said.append(Say(N_("Next, at {host}, {what}.", host=str(due.where), what=due.what)))
    if seen.other:
        said.append(Say(N_("Do one server at a time; while one is down the other is not stopped.")))
    return (*said, Say(N_("Re-registering restarts the services of the Module Server, and this server's.")))


SOAP_GUIDE = Inquiry(_guide)
