"""`zone-server create-csr [--send]` and `zone-server send-csr`: a request goes to the Tanium Server's `/incoming`.

Invariant: a request that was made is never lost to a network: where sending fails, it stays, and the Result says what
was not done and why. The ledger says *sent* only after the other side holds every byte.
"""

from contextlib import suppress
from dataclasses import dataclass

from sftp.carrying.proposal import Proposal, destination
from sftp.client import drop_box
from sftp.drop_box import DropBox
from tanos import deeds
from tanos.actor import Call
from tanos.dropbox import LARGEST
from tanos.errors import NotYet, TanosError, WrongUse
from tanos.exchange import create_csr, ledger
from tanos.exchange.file_names import REQUEST, request_name
from tanos.exchange.ledger import Side
from tanos.exchange.waiting import waiting_requests
from tanos.finding import Finding, note, warn
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import YES, Operation, Plan, Result, Tell
from tanos.peers import check_fresh, store_peer
from tanos.report import Fact, Facts, Mark, Say


@dataclass(frozen=True)
class Create:
    """What create-csr does: make the request, and perhaps send it."""

    made: Plan[create_csr.Wanted]
    to: Proposal | None


@dataclass(frozen=True)
class Waiting:
    """A request that waits here, and where it goes."""

    check_code: str
    pem: str
    to: Proposal


async def prepare_create(
    call: Call,
    *,
    common_name: str = "",
    alt_names: tuple[str, ...] = (),
    send: bool = False,
    peer: str = "",
    host: str = "",
    port: str = "",
    host_key: str = "",
) -> Plan[Create]:
    """Check the names and, where it shall be sent, the way there."""
    made = await create_csr.prepare(call, common_name=common_name, alt_names=alt_names)
    if not send:
        if peer or host or host_key:
            raise WrongUse(
                "missing-answer", N_("A peer is given, but not that the request shall be sent."), N_("Add --send.")
            )
        create = Create(made, None)
        return Plan(made.title, create, made.sections, made.findings, made.data, made.confirmation)
    to = await destination(call, peer, host, port, host_key)
    return Plan(
        made.title,
        Create(made, to),
        (*made.sections, to.facts, Say(N_("The request is then sent to {peer}.", peer=to.peer.name))),
        (*made.findings, *to.findings),
        {**made.data, "peer": to.data},
        to.confirmation if made.confirmation == YES else made.confirmation,
    )


async def apply_create(call: Call, plan: Plan[Create], tell: Tell) -> Result:
    """Make the request; then send it and pin the peer. What fails after the request was made is a finding."""
    result = await create_csr.apply(call, plan.payload.made, tell)
    if plan.payload.to is None:
        return result
    waiting = Waiting(result.data["check_code"], result.data["csr"], plan.payload.to)
    try:
        sent = await _send(call, waiting, tell)
    except TanosError as error:
        _remember(call, plan.payload.to)
        return _not_sent(result, waiting, error)
    return _joined(result, sent)


async def prepare_send(
    call: Call, *, check_code: str = "", peer: str = "", host: str = "", port: str = "", host_key: str = ""
) -> Plan[Waiting]:
    """Find the request that waits (the latest, if none is named) and the way to the peer.

    Raises NotYet `step-missing`, and as `destination` does.
    """
    waiting = waiting_requests(keeper_of(call.appliance))
    codes = [exchange.check_code for exchange in ledger.open_requests(call.appliance)]
    found = [code for code in codes if code in waiting and code.startswith(check_code.strip().upper())]
    if not found:
        raise NotYet(
            "step-missing", N_("No request waits here."), N_("{create_csr} comes first.", create_csr=deeds.CREATE_CSR)
        )
    exchange = ledger.find(call.appliance, Side.REQUESTER, found[0])
    to = await destination(call, peer or _usual(exchange, host), host, port, host_key)
    request = waiting[found[0]]
    facts = Facts((Fact(N_("subject"), request.subject), Fact(N_("check code"), request.check_code)))
    return Plan(
        N_("Send the request to {peer}", peer=to.peer.name),
        Waiting(request.check_code, request.pem, to),
        (facts, to.facts),
        to.findings,
        {"check_code": request.check_code, "subject": request.subject, "peer": to.data},
        to.confirmation,
    )


async def apply_send(call: Call, plan: Plan[Waiting], tell: Tell) -> Result:
    """Send, and pin the peer."""
    return await _send(call, plan.payload, tell)


async def _send(call: Call, waiting: Waiting, tell: Tell) -> Result:
    """Send, then record it; a new peer is pinned in the same transaction, so that a failure changes nothing."""
    peer = waiting.to.peer
    check_fresh(call.appliance, peer)
    tell(N_("Sending to {peer} …", peer=peer.name))
    file = f"/incoming/{request_name(call.appliance, Side.REQUESTER, waiting.check_code)}"
    async with drop_box(call.appliance, peer) as box:
        await _put(box, file, waiting.pem.encode())
        findings = await _put_latest(box, waiting.pem.encode(), peer.name)
    with call.appliance.store.change(call, about=waiting.check_code) as change:
        if not waiting.to.stored:
            store_peer(change, peer)
        ledger.move(change, Side.REQUESTER, waiting.check_code, "sent", peer.name)
        change.after = f"sent to {peer.name} {peer.address} {peer.host_key_fingerprint}"
    facts = Facts((Fact(N_("sent to"), f"{peer.name} ({peer.address})", Mark.OK), Fact(N_("file there"), file)))
    data = {"check_code": waiting.check_code, "sent": True, "peer": peer.name, "file_there": file}
    said = N_(
        "Next: on {peer}, {import_request}, from /incoming; compare the check code there.",
        peer=peer.name,
        import_request=deeds.IMPORT_REQUEST,
    )
    return Result(
        N_("Certificate request sent"),
        (facts, Say(said)),
        findings,
        data,
    )


def _remember(call: Call, to: Proposal) -> None:
    """Store the peer that the operator confirmed, so that sending later asks nothing again."""
    with suppress(TanosError), call.appliance.store.change(call, about=to.peer.name) as change:
        to.pin(change)


async def _put(box: DropBox, path: str, data: bytes) -> None:
    """Put a file; that the other side keeps an equal one already is as good."""
    try:
        await box.put(path, data)
    except NotYet as error:
        if error.id != "peer-refused" or await box.fetch(path, LARGEST) != data:
            raise


async def _put_latest(box: DropBox, data: bytes, peer: str) -> tuple[Finding, ...]:
    """Put it under the plain name, too; another server's open exchange may hold that."""
    try:
        await _put(box, f"/incoming/{REQUEST}", data)
    except NotYet as error:
        if error.id != "peer-refused":
            raise
        return (
            note(
                "plain-name-taken",
                N_("At {peer} the name {file} belongs to another exchange.", peer=peer, file=REQUEST),
                N_("Choose the file with this check code in its name there."),
            ),
        )
    return ()


def _joined(made: Result, sent: Result) -> Result:
    findings = (*made.findings, *sent.findings)
    sections = (*made.sections[:-1], *sent.sections)
    return Result(
        N_("Certificate request made and sent"),
        sections,
        findings,
        {**made.data, **sent.data},
    )


def _not_sent(made: Result, waiting: Waiting, error: TanosError) -> Result:
    findings = (*made.findings, warn(error.id, error.message, error.remedy))
    said = N_(
        "The request was made, but not sent. Send it later ({send_csr:key}), or copy and paste it; it also lies in "
        "/outgoing.",
        send_csr=deeds.SEND_CSR,
    )
    data = {**made.data, "sent": False, "peer": waiting.to.peer.name}
    return Result(N_("Certificate request made, not sent"), (*made.sections, Say(said, Mark.WARN)), findings, data)


def _usual(exchange: ledger.Exchange | None, host: str) -> str:
    return "" if host or exchange is None else exchange.peer


CREATE_CSR = Operation(prepare_create, apply_create)
SEND_CSR = Operation(prepare_send, apply_send)
