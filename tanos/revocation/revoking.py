"""Revoke certificates that this server's roots issued, for good: one by its serial, or a list of them.

Invariant: the marks and the lists that tell of them are one transaction: of several all are revoked, or none. Keys,
requests and exchanges stay as they are.
"""

from dataclasses import dataclass, replace
from typing import Any

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.list_names import file_name
from tanos.dropbox import read_incoming
from tanos.errors import NotYet
from tanos.exchange import ledger
from tanos.finding import Finding, warn
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, Confirmation, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Mark, Say, Section, Table
from tanos.revocation.judging import examine, own_serials
from tanos.revocation.lists import renew_list, signer
from tanos.revocation.reasons import REASONS
from tanos.revocation.register import REVOKED, STATES, Entry, data_of, entry
from tanos.revocation.serials import read_serials
from tanos.revocation.shown import entry_facts
from tanos.services.control import ask_supervisor
from tanos.store.store import Change

MOST_NAMED = 16
"""Of a list, in one line of a page and in the audit; the register has each with its time."""
_WORD = 4
"""Digits at the end of a serial that are typed."""


@dataclass(frozen=True)
class Revocation:
    """What will be revoked, and why."""

    entries: tuple[Entry, ...]
    reason: str

    @property
    def wanted(self) -> tuple[Entry, ...]:
        """Those that are not revoked yet."""
        return tuple(each for each in self.entries if each.state != REVOKED)


async def prepare(call: Call, *, serial: str, file: str = "", reason: str) -> Plan[Revocation]:
    """Find it, or those that a file of `/incoming` lists, and say what stops working.

    Raises AnswerRefused `no-such-serial`, `revocation-unread`, those of `read_incoming` and `decode_text`.
    """
    appliance = call.appliance
    serials = (serial,) if serial.strip() or not file.strip() else read_serials(read_incoming(appliance, file))
    revocation = Revocation(tuple(entry(appliance, each) for each in serials), reason)
    found, wanted = revocation.entries, revocation.wanted
    stops = (_stops(appliance, wanted), Say(_for_good(appliance))) if wanted else ()
    return Plan(
        _title(found),
        revocation,
        (*_shown(found), Facts((Fact(N_("reason"), REASONS[reason]),)), *stops),
        _findings(appliance, found, reason),
        {**_data(found), "for": reason},
        Confirmation(_word(wanted)) if wanted else NOTHING_TO_DO,
    )


async def apply(call: Call, plan: Plan[Revocation], tell: Tell) -> Result:
    """Mark them, sign the lists, have them spread.

    Raises NotYet `busy`, `step-missing`, `stale`, Damaged `root-damaged`.
    """
    numbers = _revoke(call, plan.payload) if plan.payload.wanted else {}
    revoked = tuple(entry(call.appliance, each.serial) for each in plan.payload.entries)
    spread, findings = await _spread(call)
    facts = (*(_listed(number, file) for file, number in numbers.items()), *spread)
    shown = (*_shown(revoked), Facts(facts)) if facts else _shown(revoked)
    data = {**_data(revoked), "list": next(iter(numbers.values()), None), "lists": numbers}
    done = N_("{count} certificate is revoked.", "{count} certificates are revoked.", count=len(revoked))
    return Result(N_("The certificate is revoked.") if len(revoked) == 1 else done, shown, findings, data)


def _revoke(call: Call, revocation: Revocation) -> dict[str, int]:
    """Return the numbers of the lists that tell of it, by their files."""
    wanted, numbers = revocation.wanted, {}
    about = _some([f"serial {each.serial}" for each in wanted], "{names} and {count} more")
    with call.appliance.store.change(call, about=about) as change:
        _look_again(call.appliance, wanted)
        _mark(change, call, revocation)
        for code in dict.fromkeys(each.root for each in wanted):
            root = signer(call.appliance, code)
            if root is None:
                raise _stale()
            numbers[file_name(root.certificate)] = renew_list(change, call.appliance, root)
        change.after = ", ".join([revocation.reason, *(f"list {number}" for number in numbers.values())])
    return numbers


def _mark(change: Change, call: Call, revocation: Revocation) -> None:
    for each in revocation.wanted:
        change.execute(
            "INSERT INTO revoked_certificates (serial, reason, revoked_by, revoked_at) VALUES (?, ?, ?, ?)",
            each.serial,
            revocation.reason,
            call.actor.user,
            change.now,
        )


def _look_again(appliance: Appliance, wanted: tuple[Entry, ...]) -> None:
    own = own_serials(appliance)
    if any(each.serial in own or entry(appliance, each.serial).state != each.state for each in wanted):
        raise _stale()


def _stale() -> NotYet:
    return NotYet(
        "stale",
        N_("Another session changed this certificate's state in the meantime."),
        N_("Look at the present state and try again."),
    )


def _title(found: tuple[Entry, ...]) -> Message:
    if len(found) == 1:
        return N_("Revoke the certificate of {subject}", subject=found[0].subject)
    return N_("Revoke {count} certificate", "Revoke {count} certificates", count=len(found))


def _word(wanted: tuple[Entry, ...]) -> str:
    """Return what is typed: the end of a serial, or how many they are."""
    return wanted[0].serial[-_WORD:] if len(wanted) == 1 else str(len(wanted))


def _shown(found: tuple[Entry, ...]) -> tuple[Section, ...]:
    if len(found) == 1:
        return (entry_facts(found[0]),)
    rows = tuple((each.serial, each.subject, STATES[each.state]) for each in found)
    return (Table((N_("serial"), N_("subject"), N_("state")), rows, N_("No certificate fits.")),)


def _data(found: tuple[Entry, ...]) -> dict[str, Any]:
    return data_of(found[0]) if len(found) == 1 else {"issued": [data_of(each) for each in found]}


def _findings(appliance: Appliance, found: tuple[Entry, ...], reason: str) -> tuple[Finding, ...]:
    told = examine(appliance, found, reason)
    return tuple(said if len(found) == 1 else _named(each, said) for each, said in told)


def _named(each: Entry, said: Finding) -> Finding:
    return replace(said, message=N_("Serial {serial}: {said}", serial=each.serial, said=said.message))


def _stops(appliance: Appliance, wanted: tuple[Entry, ...]) -> Section:
    """Name who is refused: the appliance that it went to where that is known."""
    peers = {each.check_code: each.peer for each in ledger.exchanges(appliance) if each.peer}
    names = [peers.get(each.check_code) or each.subject for each in wanted]
    if len(names) > 1:
        return Say(N_("Within a minute each is refused wherever it shows its certificate, and its connections end:"
                      " {names}.", names=_some(names, "{names} …")), Mark.WARN)  # fmt: skip
    return Say(
        N_(
            "Within a minute {name} is refused wherever it shows this certificate, and its connections end.",
            name=names[0],
        ),
        Mark.WARN,
    )


def _some(names: list[str], more: str) -> str:
    """Return the first of them, and by `more` that, or how many, there are besides."""
    first, count = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
    return more.format(names=first, count=count) if count > 0 else first


def _for_good(appliance: Appliance) -> Message:
    if appliance.identity.release.automatic_tls:
        return N_(
            "It stays so; its server asks for another by itself, which waits to be approved: {approve}.",
            approve=deeds.APPROVE_KEY,
        )
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
