"""The console's certificate, for everybody to fetch by HTTPS once it is published.

Invariant: what is fetched is what is served; no key ever lies there.
"""

import contextlib

from tanos.actor import Call
from tanos.certificates.pair_kinds import SOAP
from tanos.errors import NotYet
from tanos.https_pairs.published import is_published
from tanos.https_pairs.swap import live_fingerprint
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts
from tanos.services.catalogue import HTTPS, TANIUM_SERVER
from tanos.services.operations import standings


def _deciding(publish: bool) -> Operation[bool]:
    async def prepare(call: Call) -> Plan[bool]:
        now = is_published(call.appliance, SOAP.name)
        return Plan(
            N_("Publish SOAPServer.crt") if publish else N_("Publish SOAPServer.crt no more"),
            now,
            (await _facts(call),),
            data={"published": now},
            confirmation=NOTHING_TO_DO if now == publish else YES,
        )

    async def apply(call: Call, plan: Plan[bool], tell: Tell) -> Result:
        with call.appliance.store.change(call, about=SOAP.certificate) as change:
            if publish:
                done = change.execute(
                    "INSERT OR IGNORE INTO published (kind, at) VALUES (?, ?)", SOAP.name, change.now
                )
            else:
                done = change.execute("DELETE FROM published WHERE kind = ?", SOAP.name)
            change.quiet, change.after = not done.rowcount, "published" if publish else "not published"
        title = N_("SOAPServer.crt is published.") if publish else N_("SOAPServer.crt is not published.")
        return Result(title, (await _facts(call),), data={"published": publish, "url": await _url(call)})

    return Operation(prepare, apply)


async def _facts(call: Call) -> Facts:
    return Facts(
        (
            Fact(N_("address"), await _url(call)),
            Fact(N_("SHA-256 fingerprint"), live_fingerprint(call.appliance) or "-"),
        )
    )


async def _url(call: Call) -> str:
    port = TANIUM_SERVER.ports[1].number
    with contextlib.suppress(NotYet):
        port = (await standings(call.appliance))[TANIUM_SERVER.name]["ports"].get(HTTPS, port)
    return f"https://{call.appliance.identity.fqdn}:{port}/pub/{SOAP.certificate}"


PUBLISH, WITHDRAW = _deciding(True), _deciding(False)
