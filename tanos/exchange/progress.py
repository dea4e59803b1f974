"""The steps of an exchange as one line: those done with their time, then those to come."""

from collections.abc import Mapping
from datetime import datetime

from tanos.exchange.ledger import Exchange, Side
from tanos.message import N_, Message

_REQUESTER = {
    "made": N_("made {made} UTC ── sent · issued · returned · installed"),
    "shown": N_("made {made} ── shown {shown} UTC ── issued · returned · installed"),
    "sent": N_("made {made} ── sent {sent} UTC ── issued · returned · installed"),
    "returned": N_("made {made} ── returned {returned} UTC ── installed"),
    "installed": N_("made {made} ── returned {returned} ── installed {installed} UTC"),
    "replaced": N_("made {made} ── replaced {replaced} UTC"),
}
_ISSUER = {
    "verified": N_("verified {verified} UTC ── issued · returned"),
    "issued": N_("verified {verified} ── issued {issued} UTC"),
    "returned": N_("verified {verified} ── issued {issued} ── returned {returned} UTC"),
    "complete": N_("issued {issued} ── returned {returned} ── complete {complete} UTC"),
}
_COMPLETE_BY_HAND = N_("verified {verified} ── issued {issued} ── complete {complete} UTC")
"""What was pasted, or carried, nobody fetched."""


def progress(exchange: Exchange, steps: Mapping[str, str], now: datetime) -> Message:
    """Return the line of one exchange."""
    line = (_REQUESTER if exchange.side is Side.REQUESTER else _ISSUER).get(exchange.state)
    if line is None:
        return N_("{state} {since} UTC", state=exchange.label, since=_shown(exchange.since, now))
    if exchange.state == "complete" and "returned" not in steps:
        line = _COMPLETE_BY_HAND
    known = {**dict.fromkeys((*_REQUESTER, *_ISSUER), "?"), **steps}
    return Message(line.template, {state: _shown(moment, now) for state, moment in known.items()})


def _shown(moment: str, now: datetime) -> str:
    """Return the time of day, with the date where it is another day."""
    if moment[:10] == now.date().isoformat():
        return moment[11:16]
    return moment[:16].replace("T", " ")
