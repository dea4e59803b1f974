"""`peer test NAME` and `peer pairing`: the arrows from here are tried, and all four are shown.

Invariant: a try is recorded however it ends, and in the audit once: as done, or as what stood in its way. It fails
with the first thing that stood in a way, so that a program sees it in the exit status.
"""

from typing import Any

from sftp.client import OWN_KEY_USER
from sftp.pairing.arrows import Way, arrows_of, key_of, record
from sftp.pairing.own import own_key
from sftp.pairing.round_trip import RoundTrip
from sftp.pairing.shown import pairing_data, peer_sections
from sftp.trouble import NotLetIn
from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import NotYet, TanosError
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.keys.host_keys import host_public_keys
from tanos.message import N_, Message
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.peers import Peer, check_fresh, peer, peers
from tanos.report import Fact, Facts, Say, Section


async def read_pairing(call: Call) -> Result:
    """Show every peer with its four arrows."""
    appliance = call.appliance
    own, known = own_fingerprint(appliance), peers(appliance)
    host_keys = host_public_keys(appliance)
    facts = Facts(
        (
            Fact(N_("this appliance"), appliance.identity.name),
            *(
                Fact(N_("host key ({type})", type=key.type.removeprefix("ssh-")), key.fingerprint)
                for key in host_keys
            ),
            Fact(
                N_("tanadmin's key"),
                own or N_("none yet: {generate} makes it", generate=deeds.GENERATE_KEY.of(OWN_KEY_USER)),
            ),
        )
    )
    data = {
        "key": own,
        "host_keys": [{"type": key.type, "fingerprint": key.fingerprint} for key in host_keys],
        "peers": [known_data(appliance, each) for each in known],
    }
    shown = [section for each in known for section in shown_peer(appliance, each)]
    return Result(N_("Pairing with other appliances"), (facts, *shown, Say(_then(known))), data=data)


async def prepare_test(call: Call, *, name: str = "") -> Plan[Peer]:
    """Find the peer. Raises AnswerRefused `unknown-peer`, NotYet `step-missing`, Damaged `damaged-key`."""
    found = peer(call.appliance, name)
    own_key(call.appliance)
    say = N_(
        "A small file is put into its /incoming, listed, read back and removed; its /outgoing is listed, and its"
        " pairing text fetched from there if it lies there."
    )
    title, data = N_("Try the ways to {peer}", peer=found.name), known_data(call.appliance, found)
    return Plan(title, found, (*shown_peer(call.appliance, found), Say(say)), data=data)


async def apply_test(call: Call, plan: Plan[Peer], tell: Tell) -> Result:
    """Try both ways, and record how they went.

    Raises NotYet `peer-unreachable`, `peer-refused`, `key-not-accepted` or `stale`, AnswerRefused `host-key-changed`.
    """
    check_fresh(call.appliance, plan.payload)
    trouble, findings = await try_ways(call, plan.payload, tell)
    if trouble is not None:
        raise trouble
    return Result(
        N_("Both ways to {peer} work", peer=plan.payload.name),
        shown_peer(call.appliance, plan.payload),
        findings,
        known_data(call.appliance, plan.payload),
    )


async def try_ways(call: Call, tried: Peer, tell: Tell) -> tuple[TanosError | None, tuple[Finding, ...]]:
    """Try both ways, record how they went, and return the first thing that stood in one."""
    tell(N_("Trying the ways to {peer} …", peer=tried.name))
    own, trip = own_key(call.appliance).fingerprint, RoundTrip(call.appliance, tried)
    seen: dict[Way, TanosError | None]
    try:
        seen = await trip.run()
    except TanosError as error:
        seen = dict.fromkeys(Way, _own_words(tried, error))
    ids = {way: error.id if error else "" for way, error in seen.items()}
    with call.appliance.store.change(call, about=tried.name) as change:
        record(change, tried, own, ids)
        change.after = ", ".join(f"{way.value} {trouble or 'works'}" for way, trouble in ids.items())
        change.quiet = any(ids.values())
    trouble = next((error for error in seen.values() if error is not None), None)
    return trouble, _left(tried, trip.left) if trip.left else ()


def own_fingerprint(appliance: Appliance) -> str:
    """Return `SHA256:…` of the key by which it signs in to peers; empty where there is none, or it is damaged."""
    try:
        return own_key(appliance).fingerprint
    except TanosError:
        return ""


def shown_peer(appliance: Appliance, known: Peer) -> tuple[Section, ...]:
    """Return a peer, its keys and its arrows."""
    arrows = arrows_of(appliance, known, own_fingerprint(appliance))
    return peer_sections(known, key_of(appliance, known), arrows)


def known_data(appliance: Appliance, known: Peer) -> dict[str, Any]:
    """Return the same for programs."""
    arrows = arrows_of(appliance, known, own_fingerprint(appliance))
    return pairing_data(known, key_of(appliance, known), arrows)


def _then(known: list[Peer]) -> Message:
    if not known:
        return N_("No peer is known here yet. Next: {text}.", text=deeds.PAIRING_TEXT)
    return N_(
        "Both terminals show the same fingerprints. The ways from a peer are seen here once it used them: {test:key}"
        " there.",
        test=deeds.TEST_PEER,
    )


def _own_words(tried: Peer, error: TanosError) -> TanosError:
    """Return what stood in the way; where only our key is missing over there, that has its own id."""
    if not isinstance(error, NotLetIn):
        return error
    return NotYet(
        "key-not-accepted",
        N_("{peer} answers, but does not let this appliance's key in.", peer=tried.name),
        N_(
            "Show this appliance's pairing text ({text:key} here) and paste it there ({pair:key} there).",
            text=deeds.PAIRING_TEXT,
            pair=deeds.PAIR,
        ),
    )


def _left(tried: Peer, name: str) -> tuple[Finding, ...]:
    return (
        warn(
            "probe-left",
            N_("The file {name} could not be removed from /incoming of {peer}.", name=inert(name), peer=tried.name),
            N_("Remove it there; it holds nothing secret."),
        ),
    )


PAIRING = Inquiry(read_pairing)
TEST_PEER = Operation(prepare_test, apply_test)
