"""What can go wrong on the way to another appliance, in an operator's words.

Invariant: each error says the address, the reason and what to do; what a server or library said is made harmless and
short first.
"""

import socket

from sftp.host_keys import HostKey
from tanos import deeds
from tanos.errors import AnswerRefused, NotYet
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.peers import Peer
from tanos.platform import DROP_BOX_USER

CONNECT_SECONDS = 10
_LONGEST_SENTENCE = 200


def unreachable(peer: Peer, reason: Message, remedy: Message | None = None) -> NotYet:
    """Return `peer-unreachable`: nobody usable answers there."""
    usual = N_("Check address, port and network, and that the other appliance is running; then try again.")
    return NotYet(
        "peer-unreachable",
        N_("{peer} cannot be reached at {address}: {reason}.", peer=peer.name, address=peer.address, reason=reason),
        remedy or usual,
    )


class NotLetIn(NotYet):
    """Of all that is called `peer-unreachable`: it was reached, and does not know our key."""


def not_let_in(peer: Peer) -> NotLetIn:
    """Return `peer-unreachable` where the other appliance does not know our key."""
    refused = unreachable(
        peer,
        N_("this appliance's key is not accepted there"),
        N_(
            "Add this appliance's tanadmin public key ({show:key} here) to the authorized keys of user tancopy over "
            "there ({add:key} on that appliance).",
            show=deeds.SHOW_KEY.of("tanadmin"),
            add=deeds.ADD_AUTHORIZED_KEY.of(DROP_BOX_USER),
        ),
    )
    return NotLetIn(refused.id, refused.message, refused.remedy)


def host_key_changed(peer: Peer, offered: list[HostKey]) -> AnswerRefused:
    """Return `host-key-changed`: both fingerprints, and the way to trust the new key."""
    shown = ", ".join(f"{key.fingerprint} ({key.type})" for key in offered) or "-"
    new = offered[0].fingerprint if offered else "SHA256:…"
    return AnswerRefused(
        "host-key-changed",
        N_(
            "{peer} at {address} shows another host key than the pinned one: pinned {pinned}, shown {offered}. "
            "Nothing was transferred.",
            peer=peer.name,
            address=peer.address,
            pinned=peer.host_key_fingerprint,
            offered=shown,
        ),
        N_(
            "If its host keys were renewed on purpose, compare the fingerprint with that appliance ({status:key} "
            "there) and pin it again: {add:key}. If not, somebody may stand in between.",
            status=deeds.SHOW_STATUS,
            add=deeds.ADD_PEER.of(f"{peer.name} {peer.address} --host-key {new}"),
        ),
    )


def refused_there(peer: Peer, path: str, reason: str) -> NotYet:
    """Return `peer-refused` with the other appliance's own words."""
    return NotYet(
        "peer-refused",
        N_(
            "{peer} did not allow it ({path}): {reason}.",
            peer=peer.name,
            path=inert(path),
            reason=short_words(reason),
        ),
        N_("Look over there at what stands in its way, then try again."),
    )


def cut_there(peer: Peer, path: str, size: int, sent: int) -> NotYet:
    """Return `peer-refused` where fewer bytes stand there than were sent."""
    return NotYet(
        "peer-refused",
        N_(
            "{peer} holds {count} byte of {path} after {sent} were sent.",
            "{peer} holds {count} bytes of {path} after {sent} were sent.",
            peer=peer.name,
            count=size,
            path=inert(path),
            sent=sent,
        ),
        N_("Look over there for a full disk, then send it again."),
    )


def why(error: Exception) -> Message:
    """Say why a connection failed."""
    if isinstance(error, TimeoutError):
        return N_("it did not answer within {seconds} seconds", seconds=CONNECT_SECONDS)
    if isinstance(error, ConnectionRefusedError):
        return N_("the connection was refused")
    if isinstance(error, socket.gaierror):
        return N_("its name is not known")
    if isinstance(error, OSError) and error.strerror:
        return N_("{reason}", reason=short_words(error.strerror))
    return N_("it does not speak SSH as expected ({reason})", reason=short_words(str(error)))


def short_words(text: str) -> str:
    """Return one harmless line of what another program said."""
    return inert(" ".join(text.split()))[:_LONGEST_SENTENCE].rstrip(".") or "-"
