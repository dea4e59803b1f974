"""List what was issued here, show one, hand out the register and the revocation list, renew the list.

Invariant: a page of the register is bounded, whatever is in it; who wants all of it takes the file.
"""

from tanos.actor import Call
from tanos.dropbox import put_outgoing
from tanos.errors import NotYet
from tanos.exchange.held_root import needed_root
from tanos.finding import Finding
from tanos.message import N_
from tanos.moments import moment_text
from tanos.offer import Offer
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.platform import Role
from tanos.report import Fact, Facts, Mark, Say, Table
from tanos.revocation.lists import FILE, KeptList, kept_list, renew_list, signed_list
from tanos.revocation.register import EXPORTED as REGISTER
from tanos.revocation.register import STATES, count, data_of, entries, entry, lines
from tanos.revocation.shown import entry_facts
from tanos.revocation.stale import stale_findings
from tanos.services.control import ask_supervisor

HERE = Offer(frozenset({Role.TANIUM_SERVER}))
"""Where a root issues."""
HELD = Offer(frozenset({Role.TANIUM_SERVER, Role.ZONE_SERVER}))
"""Where a list is signed, or taken."""
MOST_LISTED = 200


async def read_register(call: Call, *, search: str = "") -> Result:
    """List the newest entries that fit."""
    found, total = entries(call.appliance, search, MOST_LISTED), count(call.appliance)
    columns = (N_("serial"), N_("subject"), N_("issued"), N_("valid until"), N_("state"))
    rows = tuple(
        (each.serial, each.subject, each.issued_at[:10], each.not_after[:10], STATES[each.state]) for each in found
    )
    said = Say(N_("Of {count} certificate in all.", "Of {count} certificates in all.", count=total))
    more = (said,) if len(found) < total else ()
    data = {"issued": [data_of(each) for each in found], "count": total, "most": MOST_LISTED}
    title = N_("Issued by this server, the newest first")
    return Result(title, (Table(columns, rows, N_("No certificate fits.")), *more), data=data)


async def read_entry(call: Call, *, serial: str) -> Result:
    """Show one. Raises AnswerRefused `no-such-serial`."""
    found = entry(call.appliance, serial)
    return Result(N_("Certificate {serial}", serial=found.serial), (entry_facts(found),), data=data_of(found))


async def prepare_export(call: Call, *, search: str = "") -> Plan[str]:
    """Count what fits."""
    number = count(call.appliance, search)
    facts = Facts((Fact(N_("file"), f"/outgoing/{REGISTER}"), Fact(N_("certificates"), str(number))))
    told = Say(N_("Whoever signs in as tancopy can read that file, but for other appliances."))
    data = {"file": REGISTER, "issued": number}
    return Plan(N_("Put the register into /outgoing"), search, (facts, told), data=data)


async def export(call: Call, plan: Plan[str], tell: Tell) -> Result:
    """Write it. Raises Damaged `disk-failed`."""
    found = lines(call.appliance, plan.payload)
    with call.appliance.store.change(call, about=f"/outgoing/{REGISTER}") as change:
        put_outgoing(call.appliance, REGISTER, "".join(f"{line}\n" for line in found).encode())
        change.after = f"certificates: {len(found)}"
    said = N_(
        "{count} certificate lies in /outgoing/{file}.",
        "{count} certificates lie in /outgoing/{file}.",
        count=len(found),
        file=REGISTER,
    )
    return Result(said, data={"file": REGISTER, "issued": len(found)})


async def read_revocations(call: Call) -> Result:
    """Show the list that is kept here. Raises NotYet `step-missing`, Damaged `damaged-root`."""
    kept = _needed(call)
    facts, findings = _facts(call, kept), stale_findings(call.appliance)
    return Result(N_("Revocation list"), (facts,), findings, _data(call, kept))


async def prepare_put(call: Call) -> Plan[KeptList]:
    """Say what is put there. Raises NotYet `step-missing`, Damaged `damaged-root`."""
    kept = _needed(call)
    facts = Facts((Fact(N_("file"), f"/outgoing/{FILE}"), *_facts(call, kept).rows))
    return Plan(N_("Put the revocation list into /outgoing"), kept, (facts,), data=_data(call, kept))


async def put(call: Call, plan: Plan[KeptList], tell: Tell) -> Result:
    """Write it. Raises Damaged `disk-failed`."""
    kept = plan.payload
    with call.appliance.store.change(call, about=f"/outgoing/{FILE}") as change:
        put_outgoing(call.appliance, FILE, kept.pem.encode())
        change.after = f"list {kept.number}"
    return Result(N_("The revocation list lies in /outgoing/{file}.", file=FILE), data=_data(call, kept))


async def prepare_renew(call: Call) -> Plan[None]:
    """Say when it would be renewed by itself. Raises Damaged `damaged-root`, NotYet `step-missing`."""
    needed_root(call.appliance)
    kept = kept_list(call.appliance)
    facts = _facts(call, kept) if kept else Facts((Fact(N_("revocation list"), N_("none yet")),))
    told = Say(N_("It is renewed by itself each day; who fetches it takes the one with the highest number."))
    return Plan(N_("Sign the revocation list anew"), None, (facts, told), data={"number": kept.number if kept else 0})


async def renew(call: Call, plan: Plan[None], tell: Tell) -> Result:
    """Sign it, have it spread. Raises NotYet `busy`, Damaged `root-damaged`."""
    root = needed_root(call.appliance)
    with call.appliance.store.change(call, about=FILE) as change:
        change.after = f"list {renew_list(change, call.appliance, root)}"
    findings: tuple[Finding, ...] = ()
    try:
        await ask_supervisor(call.appliance, "revoked")
    except NotYet:
        findings = stale_findings(call.appliance)
    kept = _needed(call)
    return Result(N_("The revocation list is signed anew."), (_facts(call, kept),), findings, _data(call, kept))


def _needed(call: Call) -> KeptList:
    kept = kept_list(call.appliance)
    if kept is None:
        raise NotYet(
            "step-missing",
            N_("No revocation list is here yet."),
            N_("The Tanium Server signs one as soon as it is served; a Zone Server has it from its hub."),
        )
    return kept


def _facts(call: Call, kept: KeptList) -> Facts:
    said, is_stale = signed_list(call.appliance), kept.is_stale(call.appliance.clock())
    mark = Mark.WARN if is_stale else Mark.OK
    return Facts(
        (
            Fact(N_("number"), str(kept.number)),
            Fact(N_("signed"), moment_text(kept.issued_at)),
            Fact(N_("next one by"), moment_text(kept.next_at), mark),
            Fact(N_("revoked on it"), str(len(said.serials)) if said else "-"),
            Fact(N_("signed by the root"), kept.issuer_key),
        )
    )


def _data(call: Call, kept: KeptList) -> dict[str, object]:
    said = signed_list(call.appliance)
    return {
        "number": kept.number,
        "issued_at": moment_text(kept.issued_at),
        "next_at": moment_text(kept.next_at),
        "stale": kept.is_stale(call.appliance.clock()),
        "revoked": len(said.serials) if said else None,
        "root": kept.issuer_key,
        "crl": kept.pem,
    }


LIST_ISSUED, SHOW_ISSUED = Inquiry(read_register), Inquiry(read_entry)
EXPORT_ISSUED: Operation[str] = Operation(prepare_export, export)
SHOW_LIST = Inquiry(read_revocations)
PUT_LIST: Operation[KeptList] = Operation(prepare_put, put)
RENEW_LIST: Operation[None] = Operation(prepare_renew, renew)
