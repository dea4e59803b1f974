"""`peer add|list|remove|scan`: the other appliances, and the host keys that prove them."""

from sftp.carrying.proposal import Proposal, peer_data, propose
from sftp.client import scan
from sftp.pairing.arrows import key_of
from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.exchange.ledger import open_exchanges
from tanos.finding import Finding, note, warn
from tanos.keys.authorized import authorized_key
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, Inquiry, Operation, Plan, Result, Tell
from tanos.peers import Peer, check_fresh, find_peer, parse_address, peer, peers, remove_peer, show_address
from tanos.platform import DROP_BOX_USER
from tanos.report import Fact, Facts, Say, Table


async def prepare_add(call: Call, *, name: str, address: str, host_key: str = "") -> Plan[Proposal]:
    """Read the host keys at `address` (`HOST[:PORT]`) and choose the one given, or the best to be confirmed."""
    host, port = parse_address(address)
    proposal = await propose(call, name.strip(), host, port, host_key)
    return Plan(
        N_("Add the peer {name}", name=proposal.peer.name),
        proposal,
        (proposal.facts,),
        proposal.findings,
        {"peer": proposal.data},
        NOTHING_TO_DO if proposal.stored else proposal.confirmation,
    )


async def apply_add(call: Call, plan: Plan[Proposal], tell: Tell) -> Result:
    """Pin the key and store the peer; nothing is written where it is stored so already.

    Raises NotYet `stale` where another session changed the peer in between.
    """
    check_fresh(call.appliance, plan.payload.peer)
    with call.appliance.store.change(call, about=plan.payload.peer.name) as change:
        stored = plan.payload.pin(change)
    said = N_("{name} is stored; only this host key is accepted from now on.", name=stored.name)
    already = N_("{name} was stored so already.", name=stored.name)
    return Result(
        N_("Peer {name}", name=stored.name),
        (_facts(stored), Say(already if plan.payload.stored else said)),
        data={"peer": peer_data(stored), "changed": not plan.payload.stored},
    )


async def prepare_remove(call: Call, *, name: str) -> Plan[Peer]:
    """Show the peer that would be forgotten."""
    old = peer(call.appliance, name)
    waiting = [exchange for exchange in open_exchanges(call.appliance) if exchange.peer == old.name]
    findings = tuple(
        warn(
            "exchange-open",
            N_("An exchange with {peer} is not finished ({code}).", peer=old.name, code=exchange.check_code),
            N_("It can still be finished by paste, or after the peer is added again."),
        )
        for exchange in waiting
    )
    title = N_("Remove the peer {name}", name=old.name)
    return Plan(
        title, old, (_facts(old),), (*findings, *_still_let_in(call.appliance, old)), {"peer": peer_data(old)}
    )


async def apply_remove(call: Call, plan: Plan[Peer], tell: Tell) -> Result:
    """Forget the peer and its host key."""
    with call.appliance.store.change(call) as change:
        remove_peer(change, plan.payload)
    title = N_("The peer {name} is removed", name=plan.payload.name)
    return Result(title, data={"peer": peer_data(plan.payload)})


async def read_list(call: Call) -> Result:
    """Return every peer with its pinned host key."""
    known = peers(call.appliance)
    rows = tuple((each.name, each.address, each.host_key_type, each.host_key_fingerprint) for each in known)
    table = Table(
        (N_("peer"), N_("address"), N_("type"), N_("pinned host key")), rows, N_("No peer is known here yet.")
    )
    data = {"peers": [{**peer_data(each), "added_at": each.added_at} for each in known]}
    return Result(N_("Peers"), (table,), data=data)


async def read_scan(call: Call, *, address: str) -> Result:
    """Return the host keys at `HOST[:PORT]` or of a known peer; trust nothing."""
    known = find_peer(call.appliance, address.strip())
    host, port = (known.host, known.port) if known else parse_address(address)
    keys = await scan(host, port)
    pins = {each.host_key: each.name for each in peers(call.appliance)}
    rows = tuple((key.type, key.fingerprint, _pinned(pins.get(key.line, ""))) for key in keys)
    table = Table((N_("type"), N_("fingerprint"), N_("known here")), rows, N_("No host key was shown."))
    found = [{"type": key.type, "fingerprint": key.fingerprint, "pinned_as": pins.get(key.line, "")} for key in keys]
    return Result(
        N_("Host keys of {address}", address=show_address(host, port)),
        (
            table,
            Say(
                N_(
                    "Nothing was stored. Compare with what the other appliance shows itself ({status:key} there).",
                    status=deeds.SHOW_STATUS,
                )
            ),
        ),
        data={"host": host, "port": port, "host_keys": found},
    )


def _still_let_in(appliance: Appliance, old: Peer) -> tuple[Finding, ...]:
    """Tell that a peer which is forgotten still signs in."""
    key = key_of(appliance, old)
    if not key or authorized_key(appliance, DROP_BOX_USER, key) is None:
        return ()
    return (
        note(
            "key-stays",
            N_("Its key {key} still signs in here as {user}.", key=key, user=DROP_BOX_USER),
            N_("If it shall not, remove that too: {remove}.", remove=deeds.REMOVE_AUTHORIZED_KEY.of(DROP_BOX_USER)),
        ),
    )


def _pinned(name: str) -> Message:
    return N_("pinned as {peer}", peer=name) if name else N_("no")


def _facts(peer: Peer) -> Facts:
    return Facts(
        (
            Fact(N_("peer"), peer.name),
            Fact(N_("address"), peer.address),
            Fact(N_("pinned host key"), f"{peer.host_key_fingerprint} ({peer.host_key_type})"),
        )
    )


PEER_ADD = Operation(prepare_add, apply_add)
PEER_REMOVE = Operation(prepare_remove, apply_remove)
PEER_LIST = Inquiry(read_list)
PEER_SCAN = Inquiry(read_scan)
