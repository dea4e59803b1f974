"""`peer pair`: take another appliance's pairing text: know it by its host key, and let its key in as tancopy.

Invariants: both happen in one transaction, or neither. Who is let in is decided by the operator who compared the
check code with the other terminal, or the program that was given it there: the text alone proves nothing. A host key
that is pinned is never replaced here, and what is known already is nothing to do.
"""

from dataclasses import dataclass, replace

from sftp.client import scan
from sftp.pairing.own import copy_of, facts_of, own_text, publish, text_data
from sftp.pairing.testing import known_data, shown_peer, try_ways
from sftp.pairing.text import PairingText, read_pairing_text
from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import same_check_code
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.finding import Finding, note, refuse, warn
from tanos.keys.adding import refuse_revoked
from tanos.keys.authorized import authorize, authorized_key
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.peers import Peer, check_fresh, find_peer, peers, store_peer
from tanos.platform import DROP_BOX_USER
from tanos.report import Say, Section


@dataclass(frozen=True)
class Pairing:
    """What the text says, and what becomes of it here."""

    text: PairingText
    peer: Peer
    before: Peer | None
    is_let_in: bool

    @property
    def is_done(self) -> bool:
        """Whether all of it stands here already."""
        return self.is_let_in and self.before == self.peer


async def prepare_pair(call: Call, *, text: bytes, check_code: str = "") -> Plan[Pairing]:
    """Read the text, and look whether the host key in it is the one that its address shows.

    Raises AnswerRefused by the ids of `read_pairing_text`, `own-pairing`, `other-check-code`, `host-key-changed`,
    `key-revoked`.
    """
    given, repairs = read_pairing_text(text)
    if check_code and not same_check_code(check_code, given.check_code):
        raise _other_code(given.check_code)
    _refuse_own(own_text(call.appliance), given)
    refuse_revoked(call, given.key.fingerprint)
    before = _known(call.appliance, given)
    new = Peer(
        before.name if before else given.name,
        given.host,
        given.port,
        " ".join(given.host_key.line.split()[:2]),
        given.host_key.fingerprint,
        before.added_at if before else "",
        before.revision if before else 0,
        given.key.fingerprint,
    )
    _refuse_other_host_key(before, new)
    let_in = authorized_key(call.appliance, DROP_BOX_USER, given.key.fingerprint) is not None
    pairing = Pairing(given, new, before, let_in)
    findings = (*_changes(before, new), *(() if pairing.is_done else await _seen_there(new)))
    what = N_(
        "{name} becomes a peer by this host key, and its tanadmin may sign in here as {user}.",
        name=new.name,
        user=DROP_BOX_USER,
    )
    compare = N_("Go on only if the other terminal shows the same check code: it is what proves all of this.")
    return Plan(
        N_("Pair with {name}", name=new.name),
        pairing,
        (*(Say(repair) for repair in repairs), facts_of(given), Say(what), Say(compare)),
        findings,
        text_data(given),
        NOTHING_TO_DO if pairing.is_done else YES,
    )


async def apply_pair(call: Call, plan: Plan[Pairing], tell: Tell) -> Result:
    """Store the peer and let its key in; where the text says that it let ours in, try the ways there.

    Raises NotYet `stale`.
    """
    pairing, appliance = plan.payload, call.appliance
    check_fresh(appliance, pairing.peer)
    answer = replace(own_text(appliance), lets_in=pairing.text.key.fingerprint)
    findings = _published(appliance)
    stored = pairing.peer if pairing.is_done else _store(call, pairing)
    is_let_in_there = pairing.text.lets_in == answer.key.fingerprint
    if is_let_in_there and not pairing.is_done:
        trouble, left = await try_ways(call, stored, tell)
        findings = (*findings, *left, *_in_the_way(trouble))
    data = {
        **text_data(pairing.text),
        "peer": known_data(appliance, stored),
        "changed": not pairing.is_done,
        "answer": {} if is_let_in_there else {**text_data(answer), "text": answer.armoured},
    }
    known, *_ = shown_peer(appliance, stored)
    return Result(
        N_("{name} is paired here", name=stored.name),
        (*(_last_step(stored) if is_let_in_there else _half_way(stored, answer)), known),
        findings,
        data,
    )


def _half_way(stored: Peer, answer: PairingText) -> tuple[Section, ...]:
    """Return what the other side still needs."""
    proceed = N_(
        "Next: on {name}, {pair}, with this text; compare the check code.", name=stored.name, pair=deeds.PAIR
    )
    return copy_of(answer), Say(proceed)


def _last_step(stored: Peer) -> tuple[Section, ...]:
    return (Say(N_("Next: on {name}, {test}.", name=stored.name, test=deeds.TEST_PEER)),)


def _store(call: Call, pairing: Pairing) -> Peer:
    """Write both, or neither."""
    with call.appliance.store.change(call, about=pairing.peer.name) as change:
        stored = pairing.peer if pairing.before == pairing.peer else store_peer(change, pairing.peer)
        if authorized_key(call.appliance, DROP_BOX_USER, pairing.text.key.fingerprint) is None:
            refuse_revoked(call, pairing.text.key.fingerprint)
            authorize(change, call, DROP_BOX_USER, pairing.text.key)
        let_in = f"{DROP_BOX_USER} {pairing.text.key.fingerprint}"
        change.after = f"{stored.address} {stored.host_key_fingerprint}, {let_in}"
    return stored


def _published(appliance: Appliance) -> tuple[Finding, ...]:
    """Put this appliance's own text where the peer finds it when it tests."""
    try:
        publish(appliance)
    except TanosError as error:
        return (warn(error.id, error.message, error.remedy),)
    return ()


def _in_the_way(trouble: TanosError | None) -> tuple[Finding, ...]:
    return (warn(trouble.id, trouble.message, trouble.remedy),) if trouble else ()


def _known(appliance: Appliance, given: PairingText) -> Peer | None:
    """Return what is known of it: by its name, or under another one by its host key."""
    named = find_peer(appliance, given.name)
    alike = [each for each in peers(appliance) if each.host_key_fingerprint == given.host_key.fingerprint]
    return named or (alike[0] if len(alike) == 1 else None)


def _changes(before: Peer | None, new: Peer) -> tuple[Finding, ...]:
    """Tell what is replaced."""
    found: list[Finding] = []
    if before and not before.at(new.host, new.port):
        found.append(
            note(
                "peer-replaced",
                N_("{peer} was known at another address: {address}.", peer=new.name, address=before.address),
                N_("If you go on, the new address takes its place."),
            )
        )
    if before and before.key not in {"", new.key}:
        found.append(
            warn(
                "peer-key-replaced",
                N_("{peer} was paired with another key: {key}.", peer=new.name, key=before.key),
                N_(
                    "That one is still let in, until it is removed: {remove}.",
                    remove=deeds.REMOVE_AUTHORIZED_KEY.of(DROP_BOX_USER),
                ),
            )
        )
    return tuple(found)


async def _seen_there(new: Peer) -> tuple[Finding, ...]:
    """Look whether its address shows the host key of the text. Raises AnswerRefused `host-key-changed`."""
    try:
        shown = await scan(new.host, new.port)
    except NotYet as error:
        return (
            warn(
                "peer-not-seen",
                error.message,
                N_(
                    "You may go on: the texts are pasted, so that pairing needs no way to there. Until there is one,"
                    " {name} begins: it puts into /incoming here and takes from /outgoing, and it is there that the"
                    " ways are tested.",
                    name=new.name,
                ),
            ),
        )
    if new.host_key in {key.line for key in shown}:
        return ()
    raise AnswerRefused.because(
        refuse(
            "host-key-changed",
            N_(
                "{address} does not show the host key of the text: the text says {given}, shown is {shown}.",
                address=new.address,
                given=new.host_key_fingerprint,
                shown=", ".join(f"{key.fingerprint} ({key.type})" for key in shown),
            ),
            N_("Have a new text shown over there; if it stays so, somebody may stand in between."),
        )
    )


def _refuse_other_host_key(before: Peer | None, new: Peer) -> None:
    if before is None or before.host_key == new.host_key:
        return
    raise AnswerRefused.because(
        refuse(
            "host-key-changed",
            N_(
                "{peer} is known here by another host key: pinned {pinned}, the text says {given}.",
                peer=new.name,
                pinned=before.host_key_fingerprint,
                given=new.host_key_fingerprint,
            ),
            N_(
                "If its host keys were renewed on purpose, pin the new one first: {add}; a different appliance of"
                " this name needs another name.",
                add=deeds.ADD_PEER.of(f"{new.name} {new.address} --host-key {new.host_key_fingerprint}"),
            ),
        )
    )


def _refuse_own(own: PairingText, given: PairingText) -> None:
    if own.key.fingerprint == given.key.fingerprint or own.host_key.fingerprint == given.host_key.fingerprint:
        raise AnswerRefused.because(
            refuse(
                "own-pairing",
                N_("This is the pairing text of this appliance itself."),
                N_("Paste it on the other appliance, and the other one's text here."),
            )
        )


def _other_code(code: str) -> AnswerRefused:
    return AnswerRefused.because(
        refuse(
            "other-check-code",
            N_("The pasted text has another check code than the one given: {code}.", code=code),
            N_("Compare with the other appliance; the text was changed on its way, or is another one."),
        )
    )


PAIR = Operation(prepare_pair, apply_pair)
