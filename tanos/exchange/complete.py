"""An exchange is complete once its zone server was seen to serve the certificate: by the hub, in a handshake.

Invariant: only what this server issued becomes complete, and only by a handshake that the hub verified by the root
and the zone server's name; it never goes back.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.exchange import ledger
from tanos.exchange.ledger import Side

BEFORE = ("issued", "returned")
"""The states of an exchange that waits for that handshake."""


def complete_seen(appliance: Appliance, segments: Iterable[Mapping[str, Any]]) -> None:
    """Complete the exchanges whose certificate a segment of the hub shows. Raises a TanosError of the store."""
    for segment in segments:
        code = str(segment.get("check_code", ""))
        if segment.get("server") or not segment.get("tls") or not code:
            continue
        exchange = ledger.find(appliance, Side.ISSUER, code)
        if exchange is None or exchange.state not in BEFORE:
            continue
        with appliance.store.change(system_call(appliance, "zone-server handshake"), about=code) as change:
            change.before, change.after = exchange.state, f"complete, served by {segment.get('to', '')}"
            ledger.move(change, Side.ISSUER, code, "complete")
