"""List what was issued here, show one, hand out the register.

Invariant: a page of the register is bounded, whatever is in it; who wants all of it takes the file.
"""

from tanos.actor import Call
from tanos.dropbox import put_outgoing
from tanos.message import N_, Message
from tanos.offer import Offer
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.platform import Role
from tanos.report import Fact, Facts, Say, Table
from tanos.revocation.register import EXPORTED as REGISTER
from tanos.revocation.register import STATES, VALID, Entry, count, data_of, entries, entry, lines
from tanos.revocation.shown import entry_facts

HERE = Offer(frozenset({Role.TANIUM_SERVER}))
"""Where a root issues."""
HELD = Offer(frozenset({Role.TANIUM_SERVER, Role.ZONE_SERVER}))
"""Where a list is signed, or taken."""
MOST_LISTED = 200


async def read_register(call: Call, *, search: str = "") -> Result:
    """List the newest entries that fit."""
    found, total = entries(call.appliance, search, MOST_LISTED), count(call.appliance)
    columns = (N_("subject"), N_("serial"), N_("state"), N_("issued"))
    rows = tuple((each.subject, each.serial, _standing(each), each.issued_at[:10]) for each in found)
    said = (
        N_("{count} certificate.", "{count} certificates.", count=total)
        if len(found) == total
        else N_("{shown} of {count} certificate.", "{shown} of {count} certificates.", shown=len(found), count=total)
    )
    data = {"issued": [data_of(each) for each in found], "count": total, "most": MOST_LISTED}
    title = N_("Issued by this server, the newest first")
    return Result(title, (Say(said), Table(columns, rows, N_("No certificate fits."))), data=data)


def _standing(each: Entry) -> Message:
    return N_("valid until {date}", date=each.not_after[:10]) if each.state == VALID else STATES[each.state]


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


LIST_ISSUED, SHOW_ISSUED = Inquiry(read_register), Inquiry(read_entry)
EXPORT_ISSUED: Operation[str] = Operation(prepare_export, export)
