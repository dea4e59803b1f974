"""A peer that an operator proposes: its host keys are read, one is chosen, nothing is stored yet.

Invariant: a key is pinned only when it is the one that the operator named (compared in constant time), or the one
that he was shown and confirmed; a pinned key is never silently replaced.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sftp.client import scan
from sftp.host_keys import HostKey
from sftp.trouble import host_key_changed
from tanos import deeds
from tanos.actor import Call
from tanos.errors import AnswerRefused, WrongUse
from tanos.finding import Finding, note, warn
from tanos.inert import inert
from tanos.keys.public_key import read_line
from tanos.message import N_
from tanos.operation import YES, Confirmation
from tanos.peers import Peer, checked_host, checked_name, checked_port, find_peer, peer, store_peer
from tanos.report import Fact, Facts, Mark
from tanos.store.store import Change

SSH_PORT_TEXT = "22"
_FINGERPRINT = re.compile(r"\s*(?:SHA256:)?([A-Za-z0-9+/]{43})=?\s*")
_NUMERIC = re.compile(r"[0-9a-fA-F.:%]+")
_NO_NAME = re.compile(r"[^A-Za-z0-9.]+")


@dataclass(frozen=True)
class Proposal:
    """The peer as it would be stored, and as it is stored now."""

    peer: Peer
    before: Peer | None
    compared: bool
    """The operator gave the fingerprint himself, or it is the pinned one."""

    @property
    def stored(self) -> bool:
        """Whether nothing needs to be written."""
        return self.before == self.peer

    @property
    def facts(self) -> Facts:
        """What an operator compares before he says yes."""
        shown = f"{self.peer.host_key_fingerprint} ({self.peer.host_key_type})"
        known = Fact(N_("host key"), shown, Mark.OK)
        new = Fact(N_("host key"), N_("{key}, new", key=shown))
        return Facts(
            (
                Fact(N_("peer"), self.peer.name),
                Fact(N_("address"), self.peer.address),
                known if self.compared else new,
            )
        )

    @property
    def data(self) -> dict[str, object]:
        """The same for programs."""
        return peer_data(self.peer)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What an operator should weigh."""
        found: list[Finding] = []
        if not self.compared:
            found.append(
                note(
                    "host-key-new",
                    N_("The host key of {peer} is not known here yet.", peer=self.peer.name),
                    N_(
                        "Compare the fingerprint with the one that the other appliance shows ({status:key} there).",
                        status=deeds.SHOW_STATUS,
                    ),
                )
            )
        if self.before and not self.stored:
            found.append(_replaces(self.before, self.peer))
        return tuple(found)

    @property
    def confirmation(self) -> Confirmation:
        """Trusting another key unseen wants the peer's name typed."""
        other_key = self.before is not None and self.before.host_key != self.peer.host_key
        return Confirmation(self.peer.name) if other_key and not self.compared else YES

    def pin(self, change: Change) -> Peer:
        """Store the peer, if it is not stored so already."""
        if self.stored:
            change.quiet = True
            return self.peer
        return store_peer(change, self.peer)


async def propose(call: Call, name: str, host: str, port: int, host_key: str = "") -> Proposal:
    """Read the host keys at `host` and choose one. `host_key` is `SHA256:…` or empty.

    A verb has nobody to confirm an unknown key: it must name it, and above all one that is not the pinned one.
    Raises NotYet `peer-unreachable`, AnswerRefused `bad-name`, `bad-address`, `bad-fingerprint`, `host-key-changed`,
    `weak-key`, `broken-key`, WrongUse `missing-answer`.
    """
    before = find_peer(call.appliance, checked_name(name))
    host = checked_host(host)
    wanted = checked_fingerprint(host_key) if host_key else ""
    keys = list(await scan(host, port))
    place = Peer(before.name if before else name, host, port, "", wanted)
    chosen = _chosen(place, keys, wanted, before)
    if before is None or before.host_key != chosen.line:
        read_line(chosen.line)
    compared = bool(wanted) or (before is not None and before.host_key == chosen.line)
    if call.actor.face == "verb" and not compared:
        raise host_key_changed(before, keys) if before and before.at(host, port) else _unseen(chosen)
    new = replace(place, host_key=chosen.line, host_key_fingerprint=chosen.fingerprint)
    if before and before.at(host, port) and before.host_key == new.host_key:
        return Proposal(before, before, compared)
    return Proposal(replace(new, revision=before.revision if before else 0), before, compared)


async def destination(call: Call, name: str, host: str, port: str, host_key: str) -> Proposal:
    """Return where to send to: a stored peer, or a new one at `host`.

    Raises as `propose` and `tanos.peers.peer` do.
    """
    host, number = host.strip(), checked_port(port.strip() or SSH_PORT_TEXT)
    known = find_peer(call.appliance, name) if name else None
    if not host:
        known = peer(call.appliance, name)
    elif known is None or not known.at(checked_host(host), number):
        return await propose(call, name or _name_for(host), host, number, host_key)
    assert known is not None
    if host_key and not same_fingerprint(checked_fingerprint(host_key), known.host_key_fingerprint):
        return await propose(call, known.name, known.host, known.port, host_key)
    return Proposal(known, known, compared=True)


def checked_fingerprint(text: str) -> str:
    """Return `SHA256:…` as ssh prints it; raise AnswerRefused `bad-fingerprint`."""
    found = _FINGERPRINT.fullmatch(text)
    if not found:
        raise AnswerRefused(
            "bad-fingerprint",
            N_("{text} is not the fingerprint of a host key.", text=inert(text[:100])),
            N_("Give it as ssh shows it: SHA256: and 43 characters."),
        )
    return f"SHA256:{found[1]}"


def same_fingerprint(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def peer_data(peer: Peer) -> dict[str, object]:
    """Return the fields of a peer promised to programs."""
    return {
        "name": peer.name,
        "host": peer.host,
        "port": peer.port,
        "host_key_type": peer.host_key_type,
        "host_key": peer.host_key_fingerprint,
    }


def _chosen(place: Peer, keys: Sequence[HostKey], wanted: str, before: Peer | None) -> HostKey:
    if wanted:
        for key in keys:
            if same_fingerprint(key.fingerprint, wanted):
                return key
        raise _not_the_given(place, list(keys))
    for key in keys:
        if before and key.line == before.host_key:
            return key
    return keys[0]


def _not_the_given(place: Peer, keys: list[HostKey]) -> AnswerRefused:
    refusal = host_key_changed(place, keys)
    shown = ", ".join(f"{key.fingerprint} ({key.type})" for key in keys)
    return AnswerRefused(
        refusal.id,
        N_(
            "{address} does not show the host key that you gave: given {given}, shown {shown}.",
            address=place.address,
            given=place.host_key_fingerprint,
            shown=shown,
        ),
        N_(
            "Look at its host keys on the other appliance itself ({status:key} there); nothing was stored or sent.",
            status=deeds.SHOW_STATUS,
        ),
    )


def _unseen(chosen: HostKey) -> WrongUse:
    return WrongUse(
        "missing-answer",
        N_("A verb trusts no host key that it was not given; shown was {key}.", key=chosen.fingerprint),
        N_(
            "Compare it with the other appliance ({status:key} there), then add --host-key {key}.",
            key=chosen.fingerprint,
            status=deeds.SHOW_STATUS,
        ),
    )


def _replaces(before: Peer, new: Peer) -> Finding:
    if before.host_key != new.host_key:
        return warn(
            "host-key-replaced",
            N_(
                "{peer} was known with another host key: {pinned}.", peer=new.name, pinned=before.host_key_fingerprint
            ),
            N_("Go on only if its host keys were renewed on purpose, or if this is another machine on purpose."),
        )
    return note(
        "peer-replaced",
        N_("{peer} was known at another address: {address}.", peer=new.name, address=before.address),
        N_("If you go on, the new address takes its place."),
    )


def _name_for(host: str) -> str:
    """Propose a name for a host that nobody named: its first label, or its address with hyphens."""
    return _NO_NAME.sub("-", host).strip("-") if _NUMERIC.fullmatch(host) else host.partition(".")[0]
