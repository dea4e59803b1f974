"""List what lies in the drop box, and empty `/incoming` by hand."""

from datetime import datetime

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.dropbox import IncomingFile, plain_files
from tanos.emptying import announced, empty_now, next_emptying, to_remove
from tanos.files import disk_trouble
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.policy.table import INCOMING_FILES, INCOMING_MEGABYTES
from tanos.receipts.receipt import read_lines, receipt_of
from tanos.report import Fact, Facts, Mark, Say, Section, Table

_LARGEST_RECEIPT = 4096
_MOST_SHOWN = 200


async def read_box(call: Call) -> Result:
    """List both directories, what each upload is, and when `/incoming` is emptied."""
    appliance = call.appliance
    incoming, outgoing = _newest(appliance, "incoming"), _newest(appliance, "outgoing")
    seen = [(file, _receipt(appliance, file)) for file in incoming]
    rows = tuple(
        (inert(file.name), f"{file.size}", said.get("recognised as", ""), said.get("verdict", "").partition(":")[0])
        for file, said in seen[:_MOST_SHOWN]
    )
    received = Table(
        (N_("/incoming"), N_("bytes"), N_("recognised as"), N_("verdict")), rows, N_("/incoming is empty.")
    )
    offered = Table(
        (N_("/outgoing"), N_("bytes")),
        tuple((inert(file.name), f"{file.size}") for file in outgoing[:_MOST_SHOWN]),
        N_("/outgoing is empty."),
    )
    when = next_emptying(appliance)
    data = {
        "incoming": [_data(file) | {"receipt": said} for file, said in seen],
        "outgoing": [_data(file) for file in outgoing],
        "next_emptying": _shown(when) if when else "",
    }
    return Result(N_("What lies in the drop box"), (_facts(appliance, incoming), received, offered), data=data)


async def prepare(call: Call) -> Plan[tuple[str, ...]]:
    """Say what would go."""
    names = to_remove(call.appliance, call.appliance.clock()).incoming
    going = Facts(tuple(Fact(N_("file"), name) for name in names[:_MOST_SHOWN]))
    return Plan(
        N_("Empty /incoming"),
        names,
        (
            going if names else Say(N_("Nothing lies there that could go.")),
            Say(N_("What open exchanges stand on stays.")),
        ),
        data={"files": list(names)},
        confirmation=YES if names else NOTHING_TO_DO,
    )


async def apply(call: Call, plan: Plan[tuple[str, ...]], tell: Tell) -> Result:
    """Remove it. Raises Damaged `disk-failed`."""
    try:
        names = empty_now(call).incoming if plan.payload else ()
    except OSError as error:
        raise disk_trouble(error, "/incoming") from error
    said = N_("{count} file was removed.", "{count} files were removed.", count=len(names))
    return Result(said, data={"removed": list(names)})


def emptied_soon(appliance: Appliance) -> tuple[Section, ...]:
    """Return what stands above the menus within the hour before `/incoming` is emptied."""
    coming = announced(appliance)
    if coming is None:
        return ()
    when, count = coming
    said = N_(
        "/incoming is emptied at {time} UTC: {count} file goes.",
        "/incoming is emptied at {time} UTC: {count} files go.",
        time=f"{when:%H:%M}",
        count=count,
    )
    return (Say(said, Mark.WARN),)


def _facts(appliance: Appliance, incoming: list[IncomingFile]) -> Facts:
    when = next_emptying(appliance)
    emptied: Message | str = _shown(when) if when else N_("never")
    used = sum(file.size for file in incoming) >> 20
    return Facts(
        (
            Fact(N_("/incoming is emptied"), emptied, Mark.WARN if announced(appliance) else None),
            Fact(
                N_("files"),
                N_("{used} of {most}", used=len(incoming), most=INCOMING_FILES.read(appliance)),
            ),
            Fact(
                N_("megabytes"),
                N_("{used} of {most}", used=used, most=INCOMING_MEGABYTES.read(appliance)),
            ),
        )
    )


def _newest(appliance: Appliance, place: str) -> list[IncomingFile]:
    directory = appliance.incoming if place == "incoming" else appliance.outgoing
    return sorted(plain_files(directory), key=lambda file: (-file.modified.timestamp(), file.name))


def _receipt(appliance: Appliance, file: IncomingFile) -> dict[str, str]:
    try:
        with (appliance.incoming / receipt_of(file.name)).open("rb") as receipt:
            return read_lines(receipt.read(_LARGEST_RECEIPT))
    except OSError:
        return {}


def _data(file: IncomingFile) -> dict[str, object]:
    return {"name": file.name, "size": file.size, "modified": _shown(file.modified)}


def _shown(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


LIST_BOX = Inquiry(read_box)
EMPTY_BOX: Operation[tuple[str, ...]] = Operation(prepare, apply)
