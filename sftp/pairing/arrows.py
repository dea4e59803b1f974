"""The four arrows between this appliance and a peer, and what is known of each.

From here two go out: tanadmin of this appliance puts a file into the peer's `/incoming`, and takes one from its
`/outgoing`; two come in, the same from over there. They are four, not two, because a key may be limited to one of the
directories, and a disk may be full on one side only.

Invariant: "works" is said of nothing but a transfer that took place, with its time. What goes out is tried from here,
and counts only as long as address, host key and own key are those it was tried with. What comes in cannot be tried
from here: the audit of the drop box shows what that peer's key did since it was let in, and a key that is not let in
fails for certain.
"""

from dataclasses import dataclass
from enum import StrEnum

from sftp.client import OWN_KEY_USER
from tanos.appliance import Appliance
from tanos.keys.authorized import authorized_key, authorized_keys
from tanos.peers import Peer
from tanos.platform import DROP_BOX_USER
from tanos.store.store import Change

NOT_ACCEPTED = "key-not-accepted"
_WORKED = "works"


class Way(StrEnum):
    """What is carried along an arrow."""

    PUT = "put"
    GET = "get"

    @property
    def directory(self) -> str:
        """The directory of whoever it points at."""
        return "/incoming" if self is Way.PUT else "/outgoing"


class State(StrEnum):
    """What is known of an arrow."""

    WORKS = "works"
    FAILS = "fails"
    UNTESTED = "untested"


@dataclass(frozen=True)
class Arrow:
    """One of the four."""

    outward: bool
    """From here to the peer."""
    way: Way
    state: State
    at: str = ""
    """When that was seen, UTC; empty where it follows from what stands here."""
    id: str = ""
    """Of the finding, where it fails."""


def arrows_of(appliance: Appliance, peer: Peer, own_key: str) -> list[Arrow]:
    """Return the four, those from here first; `own_key` is `SHA256:…`, or empty where there is none."""
    return [
        *(_outward(appliance, peer, own_key, way) for way in Way),
        *(_inward(appliance, peer, way) for way in Way),
    ]


def key_of(appliance: Appliance, peer: Peer) -> str:
    """Return `SHA256:…` of the peer's key: as paired, or, exchanged by hand, the one that bears its name."""
    if peer.key:
        return peer.key
    named = f"{OWN_KEY_USER}@{peer.name}".casefold()
    found = [key for key in authorized_keys(appliance, DROP_BOX_USER) if key.comment.casefold() == named]
    return found[0].fingerprint if len(found) == 1 else ""


def record(change: Change, peer: Peer, own_key: str, seen: dict[Way, str]) -> None:
    """Write down how each way from here went: empty where it works, else the id of what stood in its way."""
    for way, trouble in seen.items():
        change.execute(
            "INSERT INTO arrows (peer, way, result, at, tried) VALUES (?, ?, ?, ?, ?) ON CONFLICT (peer, way)"
            " DO UPDATE SET result = excluded.result, at = excluded.at, tried = excluded.tried",
            peer.name,
            way.value,
            trouble or _WORKED,
            change.now,
            _tried(peer, own_key),
        )


def _outward(appliance: Appliance, peer: Peer, own_key: str, way: Way) -> Arrow:
    row = appliance.store.row("SELECT * FROM arrows WHERE peer = ? AND way = ?", peer.name, way.value)
    if row is None or row["tried"] != _tried(peer, own_key):
        return Arrow(True, way, State.UNTESTED)
    if row["result"] == _WORKED:
        return Arrow(True, way, State.WORKS, row["at"])
    return Arrow(True, way, State.FAILS, row["at"], row["result"])


def _inward(appliance: Appliance, peer: Peer, way: Way) -> Arrow:
    fingerprint = key_of(appliance, peer)
    key = authorized_key(appliance, DROP_BOX_USER, fingerprint) if fingerprint else None
    if key is None:
        return Arrow(False, way, State.FAILS, id="key-not-here")
    trouble = _limit(appliance, fingerprint, key.expires, key.options, way)
    if trouble:
        return Arrow(False, way, State.FAILS, id=trouble)
    row = appliance.store.row(
        "SELECT time FROM audit WHERE face = 'files' AND key = ? AND verb = ? AND result = 'done' AND time >= ?"
        " ORDER BY id DESC LIMIT 1",
        fingerprint,
        f"files {way.value}",
        key.added_at,
    )
    return Arrow(False, way, State.WORKS, row["time"]) if row else Arrow(False, way, State.UNTESTED)


def _limit(appliance: Appliance, fingerprint: str, expires: str, options: str, way: Way) -> str:
    """Return the id of what keeps a key that stands here from that way, or nothing."""
    if appliance.store.row("SELECT 1 FROM revoked_keys WHERE kind = 'key' AND value = ?", fingerprint):
        return "key-revoked"
    if expires and appliance.store.now() >= expires:
        return "key-expired"
    other = Way.GET if way is Way.PUT else Way.PUT
    return "key-for-other-directory" if f'direction="{other.directory[1:]}"' in options else ""


def _tried(peer: Peer, own_key: str) -> str:
    return f"{peer.address} {peer.host_key_fingerprint} {own_key}"
