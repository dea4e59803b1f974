"""How a peer and its four arrows are shown, to operators and to programs.

Invariant: an arrow that fails says its id and why, and below stands what comes next; one that works says when that
was seen.
"""

from collections.abc import Sequence
from typing import Any

from sftp.carrying.proposal import peer_data
from sftp.pairing.arrows import NOT_ACCEPTED, Arrow, State, Way
from tanos import deeds
from tanos.message import N_, Message
from tanos.peers import Peer
from tanos.report import Fact, Facts, Mark, Say, Section

_MARKS = {State.WORKS: Mark.OK, State.FAILS: Mark.FAIL, State.UNTESTED: Mark.WAIT}
_WHY = {
    NOT_ACCEPTED: N_("this appliance's key is not let in there"),
    "peer-unreachable": N_("it could not be reached"),
    "host-key-changed": N_("it showed another host key than the pinned one"),
    "peer-refused": N_("it did not allow it"),
    "key-not-here": N_("its key is not let in here"),
    "key-revoked": N_("its key is revoked here"),
    "key-expired": N_("its key may no longer be used here"),
    "key-for-other-directory": N_("its key is limited to the other directory here"),
}
_NEXT = {
    NOT_ACCEPTED: N_(
        "Next: show this appliance's text ({text:key}), and paste it there ({pair:key} there).",
        text=deeds.PAIRING_TEXT,
        pair=deeds.PAIR,
    ),
    "key-not-here": N_(
        "Next: have its text shown there ({text:key} there), and paste it here ({pair:key}).",
        text=deeds.PAIRING_TEXT,
        pair=deeds.PAIR,
    ),
    "host-key-changed": N_("Next: {test}; what it says there leads on.", test=deeds.TEST_PEER),
}


def peer_sections(peer: Peer, key: str, arrows: Sequence[Arrow]) -> tuple[Section, ...]:
    """Return a peer with the fingerprints to compare, its arrows, and what comes next where one fails.

    `key` is `SHA256:…`, or empty.
    """
    troubles = dict.fromkeys(arrow.id for arrow in arrows if arrow.id in _NEXT)
    return (_facts(peer, key, arrows), *(Say(_NEXT[each]) for each in troubles))


def _facts(peer: Peer, key: str, arrows: Sequence[Arrow]) -> Facts:
    return Facts(
        (
            Fact(N_("peer"), N_("{name} ({address})", name=peer.name, address=peer.address)),
            Fact(N_("its host key"), peer.host_key_fingerprint),
            Fact(N_("its tanadmin's key"), key or N_("not known here")),
            *(Fact(_label(peer, arrow), said(arrow), _MARKS[arrow.state]) for arrow in arrows),
        )
    )


def said(arrow: Arrow) -> Message:
    """Say what is known of an arrow."""
    if arrow.state is State.UNTESTED:
        return N_("untested")
    if arrow.state is State.WORKS:
        return N_("works, seen {at}", at=arrow.at)
    why = _why(arrow)
    return N_("fails, tried {at}: {why}", at=arrow.at, why=why) if arrow.at else N_("fails: {why}", why=why)


def pairing_data(peer: Peer, key: str, arrows: Sequence[Arrow]) -> dict[str, Any]:
    """Return the same for programs."""
    return {**peer_data(peer), "key": key, "arrows": [_arrow_data(peer, arrow) for arrow in arrows]}


def _label(peer: Peer, arrow: Arrow) -> Message:
    labels = {
        (True, Way.PUT): N_("here puts into {peer}", peer=peer.name),
        (True, Way.GET): N_("here takes from {peer}", peer=peer.name),
        (False, Way.PUT): N_("{peer} puts here", peer=peer.name),
        (False, Way.GET): N_("{peer} takes here", peer=peer.name),
    }
    return labels[arrow.outward, arrow.way]


def _why(arrow: Arrow) -> Message:
    return N_("{why} ({id})", why=_WHY.get(arrow.id, N_("it did not go through")), id=arrow.id)


def _arrow_data(peer: Peer, arrow: Arrow) -> dict[str, str]:
    return {
        "from": "here" if arrow.outward else peer.name,
        "to": peer.name if arrow.outward else "here",
        "way": arrow.way.value,
        "directory": arrow.way.directory,
        "state": arrow.state.value,
        "at": arrow.at,
        "id": arrow.id,
    }
