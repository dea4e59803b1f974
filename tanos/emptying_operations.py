"""List what lies in the drop box, and empty `/incoming` by hand."""

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.dropbox import IncomingFile, plain_files
from tanos.emptying import announced, empty_now, next_emptying, to_remove
from tanos.files import disk_trouble
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.policy.table import INCOMING_FILES, INCOMING_MEGABYTES
from tanos.receipt import REFUSED, SUFFIX, is_receipt, read_lines, receipt_of
from tanos.report import Fact, Facts, Mark, Say, Section, Table

_LARGEST_RECEIPT = 4096
_MOST_SHOWN = 200
_LONGEST_SHOWN = 48
"""Characters of a name."""
_RECEIVED = (N_("/incoming"), N_("bytes"), N_("recognised as"), N_("verdict"), N_("arrived"), N_("receipt"))


async def read_box(call: Call) -> Result:
    """List both directories, what each upload is, and when `/incoming` is emptied."""
    appliance = call.appliance
    incoming, outgoing = _newest(appliance, "incoming"), _newest(appliance, "outgoing")
    seen = [(file, _receipt(appliance, receipt_of(file.name))) for file in incoming]
    refused = _refused(appliance, incoming)
    rows = (
        *(_row(file.name, f"{file.size}", said) for file, said in seen[:_MOST_SHOWN]),
        *(_row(name, said.get("size", ""), said) for name, said in refused[:_MOST_SHOWN]),
    )
    received = Table(_RECEIVED, rows, N_("/incoming is empty."))
    offered = Table(
        (N_("/outgoing"), N_("bytes")),
        tuple((inert(file.name), f"{file.size}") for file in outgoing[:_MOST_SHOWN]),
        N_("/outgoing is empty."),
    )
    when = next_emptying(appliance)
    data = {
        "incoming": [_data(file) | {"receipt": said} for file, said in seen],
        "refused": [{"name": inert(name), "receipt": said} for name, said in refused],
        "outgoing": [_data(file) for file in outgoing],
        "next_emptying": moment_text(when) if when else "",
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
    receipts = sum(map(is_receipt, names))
    said = N_("{count} file was removed.", "{count} files were removed.", count=len(names) - receipts)
    also = Say(N_("{count} receipt went too.", "{count} receipts went too.", count=receipts))
    return Result(said, (also,) if receipts else (), data={"removed": list(names)})


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
    emptied: Message | str = moment_text(when) if when else N_("never")
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


def _row(name: str, size: str, said: dict[str, str]) -> tuple[str, ...]:
    verdict = said.get("verdict", "").partition(":")[0]
    return (
        _short(inert(name)),
        size,
        said.get("recognised as", ""),
        verdict,
        said.get("time", ""),
        said.get("audit id", ""),
    )


def _short(name: str) -> str:
    """Return a name that leaves room for what else stands in its line; its two ends tell names apart."""
    return name if len(name) <= _LONGEST_SHOWN else f"{name[: _LONGEST_SHOWN - 13]}…{name[-12:]}"


def _refused(appliance: Appliance, incoming: list[IncomingFile]) -> list[tuple[str, dict[str, str]]]:
    """Return the uploads of which only the receipt lies there, the newest first."""
    known = {receipt_of(file.name) for file in incoming}
    receipts = [file for file in plain_files(appliance.incoming, (SUFFIX,), receipts=True) if file.name not in known]
    receipts.sort(key=lambda file: (-file.modified.timestamp(), file.name))
    told = [(file.name[: -len(SUFFIX)], _receipt(appliance, file.name)) for file in receipts]
    return [(name, said) for name, said in told if said.get("verdict", "").startswith(REFUSED)]


def _receipt(appliance: Appliance, name: str) -> dict[str, str]:
    try:
        with (appliance.incoming / name).open("rb") as receipt:
            return read_lines(receipt.read(_LARGEST_RECEIPT))
    except OSError:
        return {}


def _data(file: IncomingFile) -> dict[str, object]:
    return {"name": file.name, "size": file.size, "modified": moment_text(file.modified)}


LIST_BOX = Inquiry(read_box)
EMPTY_BOX: Operation[tuple[str, ...]] = Operation(prepare, apply)
