"""Infrastructure files go into `/outgoing`: `tanium.pub`, and from release 7.4 on `tanium-init.dat` beside it.

Rules (seed 001): servers and clients of 7.4 know their server by tanium-init.dat, clients of 7.2 by tanium.pub, once
they are let in (enable_protocol_314_flag); neither holds a secret, and neither goes to anybody outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.dropbox import put_outgoing
from tanos.exchange.file_names import ROOT
from tanos.exchange.root import EXPORT_PUBLIC_KEY, Trust
from tanos.exchange.root_report import root_data
from tanos.finding import Finding, warn
from tanos.infrastructure.container import MOST_SERVERS, Init, written
from tanos.infrastructure.operations import INIT_FILE
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.operation import Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Section, Table
from tanos.roots.kept import Root, State, roots
from tanos.roots.offers import ROTATED_HERE
from tanos.services.connecting import Target
from tanos.settings.setting import Component
from tanos.settings.values import effective
from tanos.subordinate.letters import letters, write_letters
from tanos.trust.kept import trusted_others

_PORT = 17472
_OLD_CLIENTS = "enable_protocol_314_flag"
_TOLD = "ServerNameList"


@dataclass(frozen=True)
class Export:
    """What goes there."""

    trust: Plan[Trust]
    """Of tanium.pub."""
    with_init: bool


async def prepare(call: Call) -> Plan[Export]:
    """Show which files go there. Raises NotYet `step-missing`, Damaged `damaged-root`."""
    plan = await EXPORT_PUBLIC_KEY.prepare(call)
    if not ROTATED_HERE.holds_for(call.appliance.identity):
        return Plan(plan.title, Export(plan, with_init=False), plan.sections, plan.findings, plan.data)
    return Plan(
        N_("Put tanium-init.dat and tanium.pub into /outgoing"),
        Export(plan, with_init=True),
        _sections(call.appliance),
        (_not_public(),),
        _compared(call.appliance, plan.data),
    )


async def apply(call: Call, plan: Plan[Export], tell: Tell) -> Result:
    """Put them there. Raises Damaged `disk-failed`, `pki-damaged`."""
    result = await EXPORT_PUBLIC_KEY.apply(call, plan.payload.trust, tell)
    if not plan.payload.with_init:
        return result
    appliance = call.appliance
    write_letters(call)
    with appliance.store.change(call, about=f"/outgoing/{INIT_FILE}") as change:
        init = init_now(appliance)
        change.after = ", ".join(each.subject.rfc4514_string() for each in init.roots)
        put_outgoing(appliance, INIT_FILE, _signed(appliance, init))
    proceed = Say(N_("Next: on the Zone Server, {import_root}; compare the check code there.",
                     import_root=deeds.IMPORT_ROOT))  # fmt: skip
    return Result(
        N_("tanium-init.dat and tanium.pub lie in /outgoing"),
        (*_sections(appliance), proceed),
        (_not_public(),),
        {**_compared(appliance, result.data), "files": [INIT_FILE, ROOT]},
    )


async def list_files(call: Call) -> Result:
    """Show which file is for whom, and what is compared. Raises Damaged `damaged-root`, `pki-damaged`."""
    appliance = call.appliance
    if not ROTATED_HERE.holds_for(appliance.identity):
        return Result(
            N_("Infrastructure files"), (_table(appliance),), (_not_public(),), {"files": _files(appliance)}
        )
    data = {**_data(appliance), "files": _files(appliance)}
    return Result(N_("Infrastructure files"), _sections(appliance), (_not_public(),), data)


def init_now(appliance: Appliance) -> Init:
    """Return what tanium-init.dat tells now."""
    own = _own(appliance)
    others = [root for other in trusted_others(appliance) for root in other.roots]
    listed = str(effective(appliance, Component.CLIENTS).get(_TOLD, ""))
    port = int(effective(appliance, Component.SERVER).get("ServerPort", _PORT))
    fqdn = appliance.identity.fqdn
    servers = dict.fromkeys((str(Target(fqdn, fqdn, port)), *(str(Target.read(each)) for each in _parts(listed))))
    return Init(
        fqdn,
        int(appliance.clock().timestamp()),
        (*(each.certificate for each in own), *others),
        len(own),
        tuple(servers)[:MOST_SERVERS],
        {_TOLD: listed} if listed else {},
        letters(appliance),
    )


def _signed(appliance: Appliance, init: Init) -> bytes:
    names = {each.certificate: each.server_value for each in _own(appliance)}

    def sign(data: bytes, root: x509.Certificate) -> bytes:
        return keeper_of(appliance).sign_statement(data, names[root])

    return written(init, sign)


def _own(appliance: Appliance) -> list[Root]:
    """Return the roots in use, the newest first, legacy-root last."""
    found = [each for each in roots(appliance) if each.state is State.ACTIVE]
    newest = [each for each in reversed(found) if not each.is_legacy]
    return [*newest, *(each for each in found if each.is_legacy)]


def _parts(listed: str) -> list[str]:
    return listed.replace(",", " ").split()


def _sections(appliance: Appliance) -> tuple[Section, ...]:
    first, *others = _own(appliance)
    facts = [
        Fact(N_("compared is"), first.server_value),
        Fact(N_("check code"), first.check_code),
        Fact(N_("fingerprint"), first.fingerprint),
        *(Fact(N_("holds, too"), each.server_value) for each in others),
        *(
            Fact(
                N_("holds, too"),
                N_("{count} root of {fqdn}", "{count} roots of {fqdn}", count=len(each.roots), fqdn=each.fqdn),
            )
            for each in trusted_others(appliance)
        ),
    ]
    return (_table(appliance), Facts(tuple(facts)))


def _table(appliance: Appliance) -> Table:
    rows = tuple((each, _for_whom(appliance, each)) for each in _files(appliance))
    return Table((N_("file"), N_("for whom")), rows, empty=N_("None."))


def _files(appliance: Appliance) -> list[str]:
    return [INIT_FILE, ROOT] if ROTATED_HERE.holds_for(appliance.identity) else [ROOT]


def _for_whom(appliance: Appliance, file: str) -> Message:
    if file == INIT_FILE:
        return N_("zone servers and clients of 7.4")
    if not ROTATED_HERE.holds_for(appliance.identity):
        return N_("zone servers, and clients of 7.2")
    if effective(appliance, Component.GLOBAL).get(_OLD_CLIENTS) == 1:
        return N_("clients of 7.2")
    return N_("clients of 7.2; they are let in once {name} is 1", name=_OLD_CLIENTS)


def _data(appliance: Appliance) -> dict[str, object]:
    init = init_now(appliance)
    names = [{"fingerprint": root_data(each)["fingerprint"], "check_code": root_data(each)["check_code"],
              "subject": root_data(each)["subject"]} for each in init.roots]  # fmt: skip
    return {"init_check_code": names[0]["check_code"], "roots": names, "servers": list(init.servers)}


def _compared(appliance: Appliance, legacy: Mapping[str, Any]) -> dict[str, object]:
    """Return the root that who imports tanium-init.dat compares, and that of tanium.pub under its own name."""
    return {**root_data(_own(appliance)[0].certificate), "tanium_pub": legacy, **_data(appliance)}


def _not_public() -> Finding:
    return warn(
        "not-for-the-public",
        N_("These files hold no secret, and yet let an unknown client connect and see how Tanium is used here."),
        N_("Give them to those who need them alone, and put them into no public place."),
    )
