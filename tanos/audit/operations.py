"""List audit records, show one by its reference, hand them out as a file, and put away the old ones."""

from tanos.actor import Call
from tanos.audit.archive import old, put_away
from tanos.audit.records import EXPORTED as FILE
from tanos.audit.records import Record, Sought, found, lines, record, sought
from tanos.dropbox import put_outgoing
from tanos.inert import inert
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.policy.table import AUDIT_DAYS
from tanos.report import Fact, Facts, Say, Table

MOST_LISTED = 200
MOST_EXPORTED = 100_000
_LABELS = {
    "time": N_("Time"),
    "user": N_("User"),
    "role": N_("Role"),
    "face": N_("By"),
    "session": N_("Session"),
    "address": N_("Address"),
    "key": N_("Key"),
    "verb": N_("Verb"),
    "path": N_("Menu line"),
    "object": N_("About"),
    "before": N_("Before"),
    "after": N_("After"),
    "result": N_("Result"),
}


async def read_list(call: Call, *, about: str = "", verb: str = "", since: str = "") -> Result:
    """List the newest records that fit. Raises AnswerRefused `bad-time`."""
    records = found(call.appliance, sought(about, verb, since), MOST_LISTED)
    columns = (N_("No."), N_("Time"), N_("User"), N_("Verb"), N_("About"), N_("Result"))
    rows = tuple(
        (f"A-{each['id']}", *(inert(each[name]) for name in ("time", "user", "verb", "object", "result")))
        for each in records
    )
    data = {"records": [_data(each) for each in records], "most": MOST_LISTED}
    return Result(N_("What was done, the newest first"), (Table(columns, rows, N_("No record fits.")),), data=data)


async def read_one(call: Call, *, reference: str) -> Result:
    """Show one record. Raises AnswerRefused `no-such-record`."""
    each = record(call.appliance, reference)
    facts = tuple(Fact(label, inert(each[name])) for name, label in _LABELS.items() if each[name])
    return Result(N_("Record {reference}", reference=f"A-{each['id']}"), (Facts(facts),), data=_data(each))


async def prepare_export(call: Call, *, about: str = "", verb: str = "", since: str = "") -> Plan[Sought]:
    """Count what fits. Raises AnswerRefused `bad-time`."""
    wanted = sought(about, verb, since)
    count = len(found(call.appliance, wanted, MOST_EXPORTED))
    told = Say(N_("Whoever signs in as tancopy can read that file, but for other appliances."))
    facts = Facts((Fact(N_("file"), f"/outgoing/{FILE}"), Fact(N_("records"), str(count))))
    return Plan(N_("Put audit records into /outgoing"), wanted, (facts, told), data={"file": FILE, "records": count})


async def export(call: Call, plan: Plan[Sought], tell: Tell) -> Result:
    """Write them, the oldest first. Raises Damaged `disk-failed`."""
    records = found(call.appliance, plan.payload, MOST_EXPORTED)[::-1]
    data, chain = lines(records, "")
    with call.appliance.store.change(call, about=f"/outgoing/{FILE}") as change:
        put_outgoing(call.appliance, FILE, data)
        change.after = f"records: {len(records)}"
    said = N_(
        "{count} record lies in /outgoing/{file}.",
        "{count} records lie in /outgoing/{file}.",
        count=len(records),
        file=FILE,
    )
    return Result(said, data={"file": FILE, "records": len(records), "chain": chain})


async def prepare_archive(call: Call) -> Plan[int]:
    """Say what is old."""
    numbers, days = old(call.appliance), AUDIT_DAYS.read(call.appliance)
    facts = (
        Fact(N_("Records are kept"), AUDIT_DAYS.words(days)),
        Fact(N_("to be put away"), f"A-{numbers[0]} – A-{numbers[-1]}" if numbers else N_("none")),
    )
    told = Say(N_("They are written into backups, read again, and only then cut."))
    return Plan(
        N_("Put old audit records away"),
        len(numbers),
        (Facts(facts), told),
        data={"days": days, "records": len(numbers)},
        confirmation=YES if numbers else NOTHING_TO_DO,
    )


async def archive(call: Call, plan: Plan[int], tell: Tell) -> Result:
    """Put them away. Raises Damaged `disk-failed`, NotYet `stale`."""
    archives = []
    for each in put_away(call):
        tell(N_("{file} is written and verified.", file=each.file))
        archives.append(each)
    rows = tuple((each.file, f"A-{each.first} – A-{each.last}", each.sha256) for each in archives)
    table = Table((N_("file"), N_("records"), N_("SHA-256")), rows, N_("Nothing was old."))
    return Result(N_("Old records are put away"), (table,), data={"archives": [vars(each) for each in archives]})


def _data(each: Record) -> dict[str, object]:
    return {"reference": f"A-{each['id']}", **each}


LIST_RECORDS = Inquiry(read_list)
SHOW_RECORD = Inquiry(read_one)
EXPORT_RECORDS: Operation[Sought] = Operation(prepare_export, export)
ARCHIVE_RECORDS: Operation[int] = Operation(prepare_archive, archive)
