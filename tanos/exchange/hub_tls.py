"""What completes an exchange at the Tanium Server: its hub goes to the zone servers by TLS, or at least tries to.

Rule (seed 000): after the certificate is installed at the Zone Server the hub's ReportingTLSMode is set to 2; 1 only
once TLS was seen. Left at 0 no handshake is ever seen, and the exchange stays as it was.
"""

from collections.abc import Mapping
from typing import Any

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.exchange import ledger
from tanos.exchange.complete import BEFORE
from tanos.exchange.ledger import Side
from tanos.exchange.offers import ISSUER
from tanos.finding import Finding, note
from tanos.message import N_, Message
from tanos.operation import Operation, Plan
from tanos.services.connecting import TlsMode
from tanos.settings.operations import SET_SETTING
from tanos.settings.operations import Decision as Setting
from tanos.settings.setting import Component
from tanos.settings.values import effective

MODE = "ReportingTLSMode"


async def prepare(call: Call) -> Plan[Setting]:
    """Have the hub try TLS first; one that requires it goes on requiring it. Raises a TanosError of the settings."""
    mode = effective(call.appliance, Component.HUB)[MODE] or TlsMode.OPTIONAL
    return await SET_SETTING.prepare(call, name=MODE, value=str(int(mode)), component=Component.HUB.value)


def hub_without_tls(appliance: Appliance) -> tuple[Finding, ...]:
    """Return what is still to be done here, where the hub does not so much as try TLS."""
    if not _is_off(appliance):
        return ()
    return (
        note(
            "hub-without-tls",
            N_("The hub goes to its zone servers without TLS, so that no certificate of theirs is seen served."),
            N_("Once the certificate is installed there: {try_tls}.", try_tls=deeds.TRY_TLS),
        ),
    )


def awaited_handshakes(appliance: Appliance) -> tuple[Finding, ...]:
    """Return the same where an exchange waits for it."""
    return hub_without_tls(appliance) if _waits(appliance) else ()


def try_tls_hint(appliance: Appliance, answers: Mapping[str, Any]) -> Message | None:
    """Say that it is next, or was done."""
    del answers
    if not _is_off(appliance):
        return N_("it does")
    return N_("next step") if _waits(appliance) else None


def _is_off(appliance: Appliance) -> bool:
    return ISSUER.holds_for(appliance.identity) and effective(appliance, Component.HUB)[MODE] == TlsMode.OFF


def _waits(appliance: Appliance) -> bool:
    return any(each.side is Side.ISSUER and each.state in BEFORE for each in ledger.exchanges(appliance))


TRY_TLS = Operation(prepare, SET_SETTING.apply)
