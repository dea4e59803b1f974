"""Show the revocation lists that are kept here, put them into `/outgoing`, sign them anew.

Invariant: that of tanium.pub is told first, where programs always found it; those of other roots stand beside it.
"""

from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.dropbox import put_outgoing
from tanos.errors import NotYet
from tanos.exchange.held_root import needed_root
from tanos.finding import Finding
from tanos.message import N_
from tanos.moments import moment_text
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Table, Words
from tanos.revocation.kept import KeptList, kept_lists
from tanos.revocation.lists import renew_list, signers
from tanos.revocation.stale import stale_findings
from tanos.roots.kept import Root
from tanos.services.control import ask_supervisor

Lists = tuple[KeptList, ...]


async def read_revocations(call: Call) -> Result:
    """Show the lists that are kept here. Raises NotYet `step-missing`."""
    kept = _needed(call.appliance)
    findings = stale_findings(call.appliance)
    return Result(N_("Revocation list"), _shown(call, kept), findings, _data(call, kept))


async def prepare_put(call: Call) -> Plan[Lists]:
    """Say what is put there. Raises NotYet `step-missing`."""
    kept = _needed(call.appliance)
    return Plan(N_("Put the revocation list into /outgoing"), kept, _shown(call, kept), data=_data(call, kept))


async def put(call: Call, plan: Plan[Lists], tell: Tell) -> Result:
    """Write each. Raises Damaged `disk-failed`."""
    files = _files(plan.payload)
    with call.appliance.store.change(call, about=", ".join(f"/outgoing/{name}" for name in files)) as change:
        for name, each in files.items():
            put_outgoing(call.appliance, name, each.pem.encode())
        change.after = ", ".join(f"list {each.number}" for each in files.values())
    said = N_("The revocation list lies in /outgoing/{file}.", file=", ".join(files))
    return Result(said, data=_data(call, plan.payload))


async def prepare_renew(call: Call) -> Plan[tuple[Root, ...]]:
    """Say when it would be done by itself. Raises NotYet `step-missing`, Damaged `damaged-root`, `pki-damaged`."""
    needed_root(call.appliance)
    found, kept = signers(call.appliance), kept_lists(call.appliance)
    none = Facts((Fact(N_("revocation list"), N_("none yet")),))
    told = Say(N_("It is renewed by itself each day; who fetches it takes the one with the highest number."))
    data = {"number": kept[0].number if kept else 0, "roots": [each.server_value for each in found]}
    return Plan(
        N_("Sign the revocation list anew"), tuple(found), (*(_shown(call, kept) or (none,)), told), data=data
    )


async def renew(call: Call, plan: Plan[tuple[Root, ...]], tell: Tell) -> Result:
    """Sign the list of each root, have them spread. Raises NotYet `busy`, Damaged `root-damaged`, `pki-damaged`."""
    for root in signers(call.appliance):
        with call.appliance.store.change(call, about=root.server_value) as change:
            change.after = f"list {renew_list(change, call.appliance, root)}"
    findings: tuple[Finding, ...] = ()
    try:
        await ask_supervisor(call.appliance, "revoked")
    except NotYet:
        findings = stale_findings(call.appliance)
    kept = _needed(call.appliance)
    return Result(N_("The revocation list is signed anew."), _shown(call, kept), findings, _data(call, kept))


def _needed(appliance: Appliance) -> Lists:
    kept = kept_lists(appliance)
    if not kept:
        raise NotYet(
            "step-missing",
            N_("No revocation list is here yet."),
            N_("The Tanium Server signs one as soon as it is served; a Zone Server has it from its hub."),
        )
    return kept


def _files(kept: Lists) -> dict[str, KeptList]:
    """Return them by the name under which each is handed out; of two that have one, the first, which is in use."""
    files: dict[str, KeptList] = {}
    for each in kept:
        files.setdefault(each.file, each)
    return files


def _shown(call: Call, kept: Lists) -> tuple[Table, ...]:
    """Return them at a glance, and then where each lies, and whose it is."""
    if not kept:
        return ()
    glance = (N_("root"), N_("revoked"), N_("number"), N_("signed"), N_("next one by"), N_("state"))
    lies = (N_("file"), N_("signed by the root"))
    return (
        Table(glance, tuple(_row(call, each) for each in kept), empty=N_("None.")),
        Table(lies, tuple((each.file, each.issuer_key) for each in kept), empty=N_("None.")),
    )


def _row(call: Call, kept: KeptList) -> tuple[Words, ...]:
    said, number = kept.said, str(kept.number)
    count = str(len(said.serials)) if said else N_("not read")
    signed, following = (moment_text(each)[:10] for each in (kept.issued_at, kept.next_at))
    if kept.is_last:
        return (kept.name, count, number, signed, N_("never"), N_("this root signs no more"))
    state = N_("overdue") if kept.is_stale(call.appliance.clock()) else N_("ok")
    return (kept.name, count, number, signed, following, state)


def _data(call: Call, kept: Lists) -> dict[str, object]:
    each = [_one(call, one) for one in kept]
    return {**each[0], "lists": each}


def _one(call: Call, kept: KeptList) -> dict[str, Any]:
    said = kept.said
    return {
        "number": kept.number,
        "issued_at": moment_text(kept.issued_at),
        "next_at": moment_text(kept.next_at),
        "stale": kept.is_stale(call.appliance.clock()),
        "revoked": len(said.serials) if said else None,
        "root": kept.issuer_key,
        "root_name": kept.name,
        "file": kept.file,
        "crl": kept.pem,
    }


SHOW_LIST = Inquiry(read_revocations)
PUT_LIST: Operation[Lists] = Operation(prepare_put, put)
RENEW_LIST: Operation[tuple[Root, ...]] = Operation(prepare_renew, renew)
