"""The lines about infrastructure files, for menus that seldom do them: what does the work is loaded when it is done.

Invariant: whether a file is a tanium-init.dat or a root certificate is seen by what is in it, not by its name.
"""

from typing import Any

from tanos.actor import Call
from tanos.dropbox import read_incoming
from tanos.exchange.file_names import ROOT
from tanos.message import N_, Message
from tanos.offer import Offer
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.platform import Role

INIT_FILE = "tanium-init.dat"
TAKES_INIT = Offer(roles=frozenset({Role.ZONE_SERVER}), automatic_tls_only=True)
"""Where a tanium-init.dat is trusted."""


async def _prepare_export(call: Call) -> Plan[Any]:
    from tanos.infrastructure.exporting import prepare

    return await prepare(call)


async def _export(call: Call, plan: Plan[Any], tell: Tell) -> Result:
    from tanos.infrastructure.exporting import apply

    return await apply(call, plan, tell)


async def _list(call: Call) -> Result:
    from tanos.infrastructure.exporting import list_files

    return await list_files(call)


async def prepare_import(
    call: Call, *, source: str = "incoming", file: str = "", text: bytes = b"", fingerprint: str = ""
) -> Plan[Any]:
    """Read `file` of `/incoming`, else tanium-init.dat or tanium.pub, or what was pasted; compare the check code."""
    from tanos.exchange import root

    if source == "paste":
        if _is_init(text):
            return await prepare_import_from_bytes(call, text, N_("the paste"), fingerprint=fingerprint)
        return await root.prepare(call, source=source, text=text, fingerprint=fingerprint)
    name = file or usual_file(call)
    raw = read_incoming(call.appliance, name)
    return await prepare_import_from_bytes(call, raw, N_("/incoming/{name}", name=name), fingerprint=fingerprint)


async def prepare_import_from_bytes(call: Call, raw: bytes, told: Message, *, fingerprint: str = "") -> Plan[Any]:
    """Judge what was carried here; `told` says from where."""
    if not _is_init(raw):
        from tanos.exchange import root

        return await root.prepare_from_bytes(call, raw, told, fingerprint=fingerprint)
    from tanos.infrastructure.importing import prepare_init

    return await prepare_init(call, raw, told, fingerprint=fingerprint)


async def apply_import(call: Call, plan: Plan[Any], tell: Tell) -> Result:
    """Trust it."""
    from tanos.exchange import root

    if isinstance(plan.payload, root.Trust):
        return await root.apply(call, plan, tell)
    from tanos.infrastructure.importing import apply_init

    return await apply_init(call, plan, tell)


def usual_file(call: Call) -> str:
    """Return which file is taken where none is named."""
    if not TAKES_INIT.holds_for(call.appliance.identity):
        return ROOT
    return next((each for each in (INIT_FILE, ROOT) if (call.appliance.incoming / each).exists()), INIT_FILE)


def _is_init(raw: bytes) -> bool:
    """Say whether that is meant to be a tanium-init.dat, whole or not: no certificate begins so."""
    return raw.lstrip()[:1] == b"{"


EXPORT_INFRASTRUCTURE: Operation[Any] = Operation(_prepare_export, _export)
LIST_INFRASTRUCTURE = Inquiry(_list)
