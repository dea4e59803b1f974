"""Revoke one certificate that this server's root issued, for good.

Invariants: what is in use here is never revoked, so that nobody cuts this server off from its own; the mark and the
list that tells of it are one transaction. Keys, requests and exchanges stay as they are.
"""

from dataclasses import dataclass

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.issued import serial_text
from tanos.errors import NotYet, TanosError
from tanos.exchange import ledger
from tanos.exchange.installed import installed_certificate
from tanos.finding import Finding, note, refuse, warn
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, Confirmation, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Mark, Say, Section
from tanos.revocation.lists import renew_list, signer
from tanos.revocation.names import file_name
from tanos.revocation.reasons import KEY_COMPROMISE, REASONS
from tanos.revocation.register import ENDED, REVOKED, Entry, data_of, entry
from tanos.revocation.shown import entry_facts
from tanos.roots.kept import Root
from tanos.services.control import ask_supervisor
from tanos.store.store import Change

_WORD = 4
"""Digits at the end of a serial that are typed."""


@dataclass(frozen=True)
class Revocation:
    """What will be revoked, and why."""

    entry: Entry
    reason: str


async def prepare(call: Call, *, serial: str, reason: str) -> Plan[Revocation]:
    """Find it, and say what stops working. Raises AnswerRefused `no-such-serial`."""
    found = entry(call.appliance, serial)
    is_done = found.state == REVOKED
    stops = () if is_done else (_stops(call, found), Say(_for_good(call)))
    return Plan(
        N_("Revoke the certificate of {subject}", subject=found.subject),
        Revocation(found, reason),
        (entry_facts(found), Facts((Fact(N_("reason"), REASONS[reason]),)), *stops),
        _findings(call, found, reason),
        {**data_of(found), "for": reason},
        NOTHING_TO_DO if is_done else Confirmation(found.serial[-_WORD:]),
    )


async def apply(call: Call, plan: Plan[Revocation], tell: Tell) -> Result:
    """Mark it, sign the list, have it spread.

    Raises NotYet `busy`, `step-missing`, `stale`, Damaged `root-damaged`.
    """
    appliance, found = call.appliance, plan.payload.entry
    number, file = None, ""
    if found.state != REVOKED:
        root = _signer(appliance, found)
        with appliance.store.change(call, about=f"serial {found.serial}") as change:
            _look_again(call, found)
            _mark(change, call, plan.payload)
            number, file = renew_list(change, appliance, root), file_name(root.certificate)
            change.after = f"{plan.payload.reason}, list {number}"
    revoked = entry(appliance, found.serial)
    spread, findings = await _spread(call)
    facts = (*((_listed(number, file),) if number else ()), *spread)
    data = {**data_of(revoked), "list": number}
    shown = (entry_facts(revoked), Facts(facts)) if facts else (entry_facts(revoked),)
    return Result(N_("The certificate is revoked."), shown, findings, data)


def _mark(change: Change, call: Call, wanted: Revocation) -> None:
    change.execute(
        "INSERT INTO revoked_certificates (serial, reason, revoked_by, revoked_at) VALUES (?, ?, ?, ?)",
        wanted.entry.serial,
        wanted.reason,
        call.actor.user,
        change.now,
    )


def _look_again(call: Call, found: Entry) -> None:
    if entry(call.appliance, found.serial).state != found.state or _is_own(call, found):
        raise _stale()


def _findings(call: Call, found: Entry, reason: str) -> tuple[Finding, ...]:
    if found.state == REVOKED:
        said = N_("It was revoked at {time} by {user}.", time=found.revoked_at, user=found.revoked_by)
        return (note("already-revoked", said, N_("Nothing needs to be done about it.")),)
    if found.state == ENDED:
        said = N_("It ended at {time}, so that nobody accepts it any more.", time=found.not_after)
        return (refuse("expired", said, N_("Nothing needs to be done about it.")),)
    if _is_own(call, found):
        return (
            refuse(
                "in-use-here",
                N_("This server itself presents it: its zone servers and clients would lose it."),
                N_("Have the next one issued first ({renew}), then revoke this.", renew=deeds.RENEW_CERTIFICATE),
            ),
        )
    if signer(call.appliance, found.root) is None:
        return (
            refuse(
                "wrong-issuer",
                N_("Another root signed it, whose key is not here: {code}.", code=found.root),
                N_("Who trusts the present root alone does not accept it; where both are trusted, revoke that root."),
            ),
        )
    return () if call.appliance.identity.release.automatic_tls else _about_key(reason)


def _about_key(reason: str) -> tuple[Finding, ...]:
    if reason != KEY_COMPROMISE:
        return ()
    return (
        warn(
            "key-given-up",
            N_("No other certificate is issued for this key here."),
            N_(
                "On its server create a new CSR, which has a new key ({create_csr:key} there).",
                create_csr=deeds.CREATE_CSR,
            ),
        ),
    )


def _signer(appliance: Appliance, found: Entry) -> Root:
    root = signer(appliance, found.root)
    if root is None:
        raise _stale()
    return root


def _stale() -> NotYet:
    return NotYet(
        "stale",
        N_("Another session changed this certificate's state in the meantime."),
        N_("Look at the present state and try again."),
    )


def _is_own(call: Call, found: Entry) -> bool:
    try:
        own = installed_certificate(call.appliance)
    except TanosError:
        return False
    return own is not None and serial_text(own.serial_number) == found.serial


def _stops(call: Call, found: Entry) -> Section:
    peers = [each.peer for each in ledger.exchanges(call.appliance) if each.check_code == found.check_code]
    name = next((peer for peer in peers if peer), found.subject)
    return Say(
        N_(
            "Within a minute {name} is refused wherever it shows this certificate, and its connections end.",
            name=name,
        ),
        Mark.WARN,
    )


def _for_good(call: Call) -> Message:
    if call.appliance.identity.release.automatic_tls:
        return N_("It stays so, and no other can be requested there on this release.")
    return N_("It stays so: what is revoked is never taken back.")


def _listed(number: int, file: str) -> Fact:
    return Fact(N_("revocation list"), N_("number {number}, at /pub/{file}", number=number, file=file), Mark.OK)


async def _spread(call: Call) -> tuple[tuple[Fact, ...], tuple[Finding, ...]]:
    try:
        answer = await ask_supervisor(call.appliance, "revoked")
    except NotYet as error:
        return (), (warn(error.id, error.message, N_("The services take the list when they start.")),)
    told = ", ".join(answer.get("told", ())) or "-"
    return (Fact(N_("told at once"), told),), ()


REVOKE_CERTIFICATE: Operation[Revocation] = Operation(prepare, apply)
