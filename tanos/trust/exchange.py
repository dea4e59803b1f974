"""How two servers learn where each stands: one says it in a record, the other answers with its own.

Invariants: a record carries no event, but what is true, so that one that is lost, late or repeated does no harm; the
answer is signed after what was heard is durably written. Nobody is believed more than his signature proves, and who
is not known here gets our public roots and no more. Of strangers a few are written down, whoever comes.

A server that is known speaks of itself alone, trusted or not: under the name by which it became known, by roots that
it proves and nobody else has, each of which it ends once.
"""

from collections.abc import Mapping
from dataclasses import replace

from tanos import deeds
from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.errors import AnswerRefused, NotYet
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.platform import UserRole
from tanos.roots.kept import Root, State, recorded_roots
from tanos.store.store import Change
from tanos.trust.code import new_nonce
from tanos.trust.kept import (
    MOST_ENDED,
    MOST_STRANGERS,
    Other,
    every_row,
    keep_latest_expected,
    pem_of_roots,
    row_of,
    strangers,
    write_other,
)
from tanos.trust.machine import Stance, Standing
from tanos.trust.record import MOST_NAMED, Record, other_name, read_record, sealed, statement_of

_MOST_KEPT = 4
HEARD = "trust heard"
"""The verb under which it is audited."""


def outgoing(appliance: Appliance, key: str = "") -> bytes:
    """Return what is said to the server known by the root of that fingerprint; without one, to whoever is there.

    Raises NotYet `step-missing` where this server has no root of 7.4, `busy`; Damaged.
    """
    own = own_roots(appliance)
    if not key:
        return _signed(appliance, _record(appliance, own, None))
    with appliance.store.change(_call(appliance, "")) as change:
        change.quiet, other = True, row_of(change, key)
        if other is not None:
            written = _anchored(other, own)
            if written != other:
                change.about, change.before, change.after = other.fqdn, other.state.value, written.state.value
                change.quiet = not write_other(change, other, written, "")
            other = written
    return _signed(appliance, _record(appliance, own, other))


def receive(appliance: Appliance, data: bytes, address: str, *, expected: bool = False) -> bytes:
    """Take what another server says of itself, from that address; return what is answered.

    `expected` is who an operator here named, or of whom the array tells: it is written down however many strangers
    there are.

    Raises AnswerRefused `own-record`, `root-ended`, `two-servers`, `other-server-name`, `too-many-roots`, what
    `read_record` raises, and what `outgoing` does.
    """
    record, own = read_record(data, appliance.clock()), own_roots(appliance)
    if {fingerprint(each) for each in record.roots} & {each.fingerprint for each in recorded_roots(appliance)}:
        raise AnswerRefused(
            "own-record",
            N_("That address is this server's own."),
            N_("Give the address of the other Tanium Server."),
        )
    with appliance.store.change(_call(appliance, address), about=record.fqdn) as change:
        other = was = _speaker(change, record)
        if was is not None or expected or strangers(change) < MOST_STRANGERS:
            other = _heard(_anchored(was or _stranger(change, record, own), own), record, own, address, change.now)
            other = replace(other, heard_at=change.now, expected=other.expected or expected)
            is_news = write_other(change, was, other, "")
            change.quiet = keep_latest_expected(change, other) or not is_news
            change.before, change.after = was.state.value if was else "", other.state.value
        else:
            change.quiet = True
    return _signed(appliance, _record(appliance, own, other))


def own_roots(appliance: Appliance) -> list[Root]:
    """Return our active roots of 7.4, the latest first. Raises NotYet `step-missing`."""
    found = [each for each in recorded_roots(appliance) if each.state is State.ACTIVE and not each.is_legacy]
    if not found:
        raise NotYet(
            "step-missing",
            N_("This server has no root key of release 7.4."),
            N_("Trust between Tanium Servers is of release 7.4."),
        )
    return found[::-1]


def _speaker(change: Change, record: Record) -> Other | None:
    """Return whose roots signed the record, as where the first is newer than what was heard; None: a stranger's."""
    keys = {fingerprint(each) for each in record.roots}
    found = [each for each in every_row(change) if keys & each.every_key]
    if any(keys & each.ended for each in found):
        raise AnswerRefused(
            "root-ended",
            N_("The root by which that server speaks was revoked by itself."),
            N_("Wait until it speaks by its present one; if it does not, look who answers there."),
        )
    if len(found) > 1:
        raise AnswerRefused(
            "two-servers",
            N_(
                "What speaks there has the roots of two servers: {names}.",
                names=", ".join(each.fqdn for each in found),
            ),
            N_("Look which of them is false, and deny it: {deny}.", deny=deeds.DENY_SERVER),
        )
    if found and (record.name, record.fqdn) != (found[0].name, found[0].fqdn):
        raise other_name(found[0].fqdn, record.fqdn)
    return found[0] if found else None


def _stranger(change: Change, record: Record, own: list[Root]) -> Other:
    return Other(
        record.key, (own[0].fingerprint,), record.name, record.fqdn, record.release, "", "",
        pem_of_roots(record.roots), frozenset(), frozenset(), Standing(), new_nonce(), "", "", False,
        change.now, change.now,
    )  # fmt: skip


def _anchored(other: Other, own: list[Root]) -> Other:
    """Return it with a root of ours that is active: the same, or one that it knows; else both begin anew."""
    active = [each.fingerprint for each in own]
    if other.own_key in active:
        return other
    following = next((key for key in (*other.own_keys, *active) if key in active and key in other.knows), "")
    if following:
        return replace(other, own_keys=(following, *other.own_keys)[:MOST_NAMED])
    standing = other.standing if other.standing.mine.is_denial else Standing()
    return replace(
        other, own_keys=(active[0],), standing=standing, nonce=new_nonce(), its_commitment="", its_nonce=""
    )


def _heard(other: Other, record: Record, own: list[Root], address: str, heard_at: str) -> Other:
    """Return what is known of it then. Raises AnswerRefused `too-many-roots`."""
    keys = {fingerprint(each): each for each in record.roots}
    ended = other.ended | (record.ended & other.keys - keys.keys())
    if len(ended) > MOST_ENDED:
        raise AnswerRefused(
            "too-many-roots",
            N_("{fqdn} had too many roots, one after another.", fqdn=other.fqdn),
            N_("Look what happens there; installed anew, it is another server."),
        )
    roots = {fingerprint(each): each for each in other.roots} | keys
    kept = tuple(each for name, each in roots.items() if name not in ended)
    now = replace(
        other,
        key=other.key if other.key not in ended else record.key,
        ended=frozenset(ended),
        roots_pem=pem_of_roots(kept[-_MOST_KEPT:]),
        knows=other.knows | (record.knows & {each.fingerprint for each in own}),
    )
    if record.at > now.said_at:
        now = replace(now, release=record.release, said_at=min(record.at, heard_at), address=address or now.address)
    return _with_code(now, record) if record.about in now.own_keys else now


def _with_code(other: Other, record: Record) -> Other:
    """Return it with what was said of this very server: its stance, and its part of the code."""
    committed = other.its_commitment or record.commitment
    nonce = other.its_nonce or (record.nonce if record.commitment == committed else "")
    standing = other.standing.heard(record.said, record.held)
    return replace(other, standing=standing, its_commitment=committed, its_nonce=nonce if committed else "")


def _record(appliance: Appliance, own: list[Root], other: Other | None) -> Record:
    by = {each.fingerprint: each for each in own}
    first = by.pop(other.own_key if other else own[0].fingerprint)
    ended = [each.fingerprint for each in recorded_roots(appliance) if each.state is State.REVOKED]
    identity = appliance.identity
    return Record(
        identity.name,
        identity.fqdn,
        identity.release.name,
        appliance.store.now(),
        (first.certificate, *(each.certificate for each in by.values())),
        frozenset(ended[-MOST_NAMED:]),
        other.key if other else "",
        other.standing.mine if other else Stance(),
        other.standing.theirs if other else Stance(),
        other.commitment if other else "",
        other.nonce if other and other.its_commitment else "",
        other.keys if other else frozenset(),
    )


def _signed(appliance: Appliance, record: Record) -> bytes:
    statement, keeper = statement_of(record), keeper_of(appliance)
    names: Mapping[str, str] = {each.fingerprint: each.server_value for each in recorded_roots(appliance)}
    return sealed(statement, [keeper.sign_statement(statement, names[fingerprint(each)]) for each in record.roots])


def _call(appliance: Appliance, address: str) -> Call:
    return Call(appliance, Actor("root", UserRole.TANADMIN, "system", address=address), HEARD)
