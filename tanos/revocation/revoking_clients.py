"""Revoke one client of release 7.4, for good: it is refused by servers, and by other clients.

Invariant: what is revoked is an id, which is the identifier of a client's own key: another client proves it never,
and the same machine comes back under another id alone, as a new client does.
"""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding, note, warn
from tanos.inert import inert
from tanos.message import N_
from tanos.offer import Offer
from tanos.operation import NOTHING_TO_DO, Confirmation, Operation, Plan, Result, Tell
from tanos.platform import Role
from tanos.report import Fact, Facts, Mark, Say
from tanos.revocation.clients import RevokedClient, revoked_client, write_revoked
from tanos.services.control import ask_supervisor
from tanos.services.protocol import NEW
from tanos.services.registered import Registered, registered_anywhere

HERE = Offer(frozenset({Role.TANIUM_SERVER}), automatic_tls_only=True)
_WORD = 4
"""Characters at the end of an id that are typed."""
_CLAIMED = Say(
    N_("Who registers may say another client's id: make sure that name and address are of the one that is meant."),
    Mark.WARN,
)


@dataclass(frozen=True)
class Wanted:
    """Who is to be revoked."""

    client: Registered
    revoked: RevokedClient | None
    """Where that was done before."""


async def prepare(call: Call, *, client: str) -> Plan[Wanted]:
    """Find it, and say what stops. Raises AnswerRefused `no-such-client`."""
    found = _found(call.appliance, client)
    wanted = Wanted(found, revoked_client(call.appliance, found.id))
    stops = (
        Say(
            N_("Within a minute servers refuse it, and its connections end; clients refuse it some minutes later."),
            Mark.WARN,
        ),
        Say(N_("It stays so: the same machine comes back as a new client alone, once its state file is removed.")),
        *([_CLAIMED] if found.protocol == NEW else ()),
    )
    return Plan(
        N_("Revoke the client {name}", name=inert(found.name)),
        wanted,
        (_facts(wanted), *(() if wanted.revoked else stops)),
        _findings(wanted),
        _data(wanted),
        NOTHING_TO_DO if wanted.revoked else Confirmation(found.id[-_WORD:]),
    )


async def apply(call: Call, plan: Plan[Wanted], tell: Tell) -> Result:
    """Write it down, have it spread. Raises AnswerRefused `list-full`, NotYet `busy`."""
    client, appliance = plan.payload.client, call.appliance
    if plan.payload.revoked is None:
        with appliance.store.change(call, about=client.id) as change:
            write_revoked(change, [RevokedClient(client.id, call.actor.user, change.now)])
            change.after = inert(client.name)
    wanted = Wanted(client, revoked_client(appliance, client.id))
    findings: tuple[Finding, ...] = ()
    try:
        await ask_supervisor(appliance, "revoked")
    except NotYet as error:
        findings = (warn(error.id, error.message, N_("The services refuse it when they start.")),)
    return Result(
        N_("The client {name} is revoked.", name=inert(client.name)), (_facts(wanted),), findings, _data(wanted)
    )


def _found(appliance: Appliance, client: str) -> Registered:
    wanted = client.strip()
    for each in registered_anywhere(appliance, "client"):
        if wanted and each.id.strip() == wanted:
            return each
    raise AnswerRefused(
        "no-such-client",
        N_("No client of id {id} has registered here.", id=inert(wanted)[:80]),
        N_("Choose it among the clients that registered; programs are told of the ids of all, by --json."),
    )


def _findings(wanted: Wanted) -> tuple[Finding, ...]:
    if wanted.revoked is not None:
        said = N_(
            "It was revoked at {time} by {user}.", time=wanted.revoked.revoked_at, user=wanted.revoked.revoked_by
        )
        return (note("already-revoked", said, N_("Nothing needs to be done about it.")),)
    if wanted.client.protocol == NEW:
        return ()
    return (
        warn(
            "id-not-proved",
            N_("A client of before release 7.4 proves its id by nothing, and can say another."),
            N_("Keep it out by the network, or let no such client in (enable_protocol_314_flag)."),
        ),
    )


def _facts(wanted: Wanted) -> Facts:
    client = wanted.client
    rows = [
        Fact(N_("client"), inert(client.name)),
        Fact(N_("id"), inert(client.id)),
        Fact(N_("address"), inert(client.address)),
        Fact(N_("registered by"), inert(client.via or client.server) or N_("this server")),
        Fact(N_("last registered"), client.at),
    ]
    if wanted.revoked is not None:
        said = N_("{time} by {user}", time=wanted.revoked.revoked_at, user=wanted.revoked.revoked_by)
        rows.append(Fact(N_("revoked"), said))
    return Facts(tuple(rows))


def _data(wanted: Wanted) -> dict[str, object]:
    revoked = wanted.revoked
    return {**wanted.client.as_data(), "revoked_at": revoked.revoked_at if revoked else "",
            "revoked_by": revoked.revoked_by if revoked else ""}  # fmt: skip


REVOKE_CLIENT: Operation[Wanted] = Operation(prepare, apply)
