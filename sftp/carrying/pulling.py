"""`--from peer`: the certificate, or the root, is fetched from the Tanium Server's `/outgoing`.

Invariant: what is fetched is treated exactly like what lies in `/incoming`: same checks, same Plan. Of several
certificates the one is taken whose key waits here; somebody else's never is.
"""

from collections.abc import Sequence
from typing import Any

from sftp.client import drop_box
from sftp.drop_box import DropBox
from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.loaded import certificate_code
from tanos.certificates.pair_kinds import REPORTING, with_part
from tanos.dropbox import LARGEST
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.exchange import import_certificate
from tanos.exchange.file_names import CERTIFICATE, ROOT
from tanos.exchange.installed import installed_certificate
from tanos.exchange.ledger import open_requests
from tanos.infrastructure import operations as infrastructure
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Operation, Plan
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file
from tanos.peers import Peer, find_peer, peer

PEER = "peer"
OUTGOING = "/outgoing/"


async def prepare_certificate(
    call: Call, *, source: str, file: str = "", text: bytes = b"", peer: str = ""
) -> Plan[Any]:
    """Read the certificate from `incoming`, `paste` or `peer`, and verify everything.

    Raises NotYet `step-missing` where the peer has not issued it yet, and as `drop_box` does.
    """
    if source != PEER:
        return await import_certificate.prepare(call, source=source, file=file, text=text)
    wanted = _wanted(call.appliance)
    there = certificate_peer(call.appliance, peer)
    async with drop_box(call.appliance, there) as box:
        name, raw = await _find(box, there, wanted)
    told = N_("{file}, fetched from {peer}", file=name, peer=there.name)
    return await import_certificate.prepare_from_bytes(call, raw, told)


async def prepare_root(
    call: Call, *, source: str, file: str = "", text: bytes = b"", peer: str = "", fingerprint: str = ""
) -> Plan[Any]:
    """Read `tanium.pub` from `incoming`, `paste` or `peer`, and show what would be trusted."""
    if source != PEER:
        return await infrastructure.prepare_import(call, source=source, file=file, text=text, fingerprint=fingerprint)
    there = certificate_peer(call.appliance, peer)
    async with drop_box(call.appliance, there) as box:
        for name in _root_files(call.appliance):
            raw = await box.fetch(OUTGOING + name, LARGEST)
            if raw is not None:
                break
    if raw is None:
        raise NotYet(
            "step-missing",
            N_("{peer} has not put {file} into /outgoing yet.", peer=there.name, file=ROOT),
            N_("Do {export_root} on that Tanium Server first; then try again.", export_root=deeds.EXPORT_ROOT),
        )
    told = N_("{file}, fetched from {peer}", file=name, peer=there.name)
    return await infrastructure.prepare_import_from_bytes(call, raw, told, fingerprint=fingerprint)


def _root_files(appliance: Appliance) -> tuple[str, ...]:
    """Return by which files a root comes, the best first."""
    return (infrastructure.INIT_FILE, ROOT) if infrastructure.TAKES_INIT.holds_for(appliance.identity) else (ROOT,)


def certificate_peer(appliance: Appliance, name: str) -> Peer:
    """Return the peer of that name; without one, the peer of the open exchange, or the only peer."""
    if not name:
        for exchange in open_requests(appliance):
            known = find_peer(appliance, exchange.peer) if exchange.peer else None
            if known:
                return known
    return peer(appliance, name)


def default_peer(appliance: Appliance) -> str:
    """Return the name to propose where a peer is asked for; empty where there is no telling."""
    try:
        return certificate_peer(appliance, "").name
    except TanosError:
        return ""


def _wanted(appliance: Appliance) -> list[str]:
    """Return the check codes that wait; or the installed one, so that a repeated pull finds nothing to do."""
    waiting = sorted(keeper_of(appliance).waiting(REPORTING.name))
    if waiting:
        return waiting
    installed = installed_certificate(appliance)
    if installed is None:
        raise NotYet(
            "step-missing", N_("No request waits here."), N_("{create_csr} comes first.", create_csr=deeds.CREATE_CSR)
        )
    return [check_code(installed.public_key())]


async def _find(box: DropBox, there: Peer, waiting: Sequence[str]) -> tuple[str, bytes]:
    """Return name and bytes of the first file whose key waits here, else of one that is ours by name."""
    ours: list[tuple[str, bytes]] = []
    for name in _names(waiting):
        raw = await box.fetch(OUTGOING + name, LARGEST)
        if raw is None:
            continue
        codes = _codes(raw)
        if codes & set(waiting):
            return name, raw
        if name != CERTIFICATE or not codes:
            ours.append((name, raw))
    if ours:
        return ours[0]
    raise NotYet(
        "step-missing",
        N_("{peer} has not issued the certificate for this appliance yet.", peer=there.name),
        N_(
            "Do {import_request} there first, check code {codes}; then try again.",
            codes=", ".join(waiting),
            import_request=deeds.IMPORT_REQUEST,
        ),
    )


def _names(waiting: Sequence[str]) -> list[str]:
    groups = [code.split("-") for code in waiting]
    short = [with_part(CERTIFICATE, parts[0]) for parts in groups]
    longer = [with_part(CERTIFICATE, "-".join(parts[:2])) for parts in groups]
    return list(dict.fromkeys((*short, *longer, CERTIFICATE)))


def _codes(raw: bytes) -> set[str]:
    """Return the check codes of the certificates in a file; none where it cannot be read."""
    try:
        ders = read_file(raw, Awaited.CERTIFICATE).ders
        return {certificate_code(der) for der in ders}
    except AnswerRefused:
        return set()


IMPORT_CERTIFICATE = Operation(prepare_certificate, import_certificate.IMPORT_CERTIFICATE.apply)
IMPORT_PUBLIC_KEY = Operation(prepare_root, infrastructure.apply_import)
