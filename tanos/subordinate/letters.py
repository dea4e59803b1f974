"""Which roots servers trust, as a Tanium Server says it: a letter, signed by each root that is in use there.

Invariants: a letter counts where a root of that server signed it that is trusted already and that it does not say to
have ended, and never one of a number that is not higher than the last of that server; what it may say of the roots of
others is the matter of `heard`. tanium.pub stays whatever a letter says: it is an operator's.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.list_names import owner_of
from tanos.certificates.signed_words import LETTER_HEAD
from tanos.client_trust.messages import (
    BadMessage,
    Said,
    Signed,
    as_frame,
    body_of,
    from_frame,
    said_by_root,
    unverified,
)
from tanos.errors import AnswerRefused
from tanos.exchange.held_root import held_root
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.roots.kept import Root, State, roots
from tanos.roots.trusted import trusted_pem
from tanos.settings.setting import Component
from tanos.settings.values import effective
from tanos.subordinate.heard import Heard, is_of, is_own, is_unnamed, leader_of, read, trusted
from tanos.subordinate_keys import KINDS
from tanos.trust.kept import trusted_others

ABOUT = "root letter"
LARGEST = 64 * 1024
"""Of the letters of one server, as text."""
MOST_SERVERS, MOST_LETTERS = 8, 8
MOST_TOLD_ROOTS, MOST_TOLD_ENDED = 6, 48
"""So that a letter has room for both: those in use come first, and of those that ended the latest are told."""
_AHEAD = timedelta(days=1)
"""A clock may be so far ahead of another: who has a root's key cannot keep later letters out for longer."""


def write_letters(call: Call) -> bool:
    """At a Tanium Server: sign what is true of its roots now, where that is not what was signed last; say whether.

    Raises Damaged, NotYet as the keeper does.
    """
    appliance = call.appliance
    last, found = _row(appliance, appliance.identity.fqdn), roots(appliance)
    said = _said(appliance, found, last["number"] if last else -1)
    if last and _same(json.loads(last["frames"]), body_of(said._replace(number=last["number"]))):
        return False
    body, keeper = body_of(said), keeper_of(appliance)
    signers = [each.server_value for each in found if each.state is State.ACTIVE]
    signed = [Signed(body, keeper.sign_statement(LETTER_HEAD + body, each), b"") for each in signers]
    with appliance.store.change(call, about=ABOUT) as change:
        change.after = f"letter {said.number}: " + ", ".join(signers)
        _keep(change, said, signed, "")
    return True


def letters(appliance: Appliance) -> str:
    """Return the latest letters of all servers, JSON; empty where there is none."""
    frames = [frame for row in _rows(appliance) for frame in json.loads(row["frames"])]
    return json.dumps(frames) if frames else ""


def take_letters(call: Call, text: str) -> bool:
    """At another server: go by letters that were handed over; say whether that is news.

    Raises AnswerRefused `bad-letter` where none of them counts, Damaged for what is held here.
    """
    appliance, first = call.appliance, held_root(call.appliance)
    before = _kept(appliance, first)
    come = [one for server, signed in _by_server(text).items() if (one := _counted(appliance, server, signed, first))]
    if not come:
        raise _bad()
    now = {**before, **{one.said.server: one for one in come if _is_newer(one, before.get(one.said.server))}}
    pems = trusted(list(now.values()), first)
    if now == before and pems == {row["server"]: row["pems"] for row in _rows(appliance)}:
        return False
    with call.appliance.store.change(call, about=ABOUT) as change:
        change.after = "; ".join(_told(one) for server, one in now.items() if before.get(server) != one)
        change.before = ", ".join(server for server in now if server not in pems)
        change.execute("DELETE FROM root_letters")
        leader = leader_of(now.values())
        for server in sorted(pems, key=lambda each: (now[each] is leader, now[each].age))[-MOST_SERVERS:]:
            _keep(change, now[server].said, now[server].signed, pems[server])
    return True


def first_owner(appliance: Appliance) -> str:
    """At another server: return after which server the roots of the first one are called; empty where none is."""
    leader = leader_of(_kept(appliance, held_root(appliance)).values())
    return next(filter(None, map(owner_of, leader.said.roots)), "") if leader else ""


def told_settings(appliance: Appliance) -> Mapping[str, Any]:
    """Return how long keys live and when they are renewed: as set here, or as the Tanium Server says."""
    if keeper_of(appliance).holds_root():
        return _lifetimes(appliance)
    row = appliance.store.row("SELECT settings FROM root_letters ORDER BY number DESC LIMIT 1")
    found: dict[str, Any] = json.loads(row["settings"]) if row else {}
    return found


def _said(appliance: Appliance, found: list[Root], last: int) -> Said:
    ended = [each.check_code for each in found if each.state is State.REVOKED][-MOST_TOLD_ENDED:]
    own = [each.certificate for each in found if each.state is not State.REVOKED]
    others = [root for other in trusted_others(appliance) for root in other.roots]
    return Said(
        appliance.identity.fqdn,
        max(int(appliance.clock().timestamp()), last + 1),
        tuple((*own, *others)[:MOST_TOLD_ROOTS]),
        frozenset(ended),
        frozenset(),
        _lifetimes(appliance),
    )


def _lifetimes(appliance: Appliance) -> dict[str, Any]:
    names = {name for kind in KINDS for name in (kind.validity_setting, kind.window_setting)}
    values = {**effective(appliance, Component.GLOBAL), **effective(appliance, Component.CLIENTS)}
    return {name: value for name, value in values.items() if name in names}


def _same(frames: list[Any], body: bytes) -> bool:
    try:
        return all(from_frame(each).body == body for each in frames)
    except BadMessage:
        return False


def _by_server(text: str) -> dict[str, list[Signed]]:
    """Return the letters of each server, as it calls itself there; nothing of it is believed yet."""
    found: dict[str, list[Signed]] = {}
    try:
        if len(text) > LARGEST:
            raise ValueError("too long")
        for each in json.loads(text)[: MOST_SERVERS * MOST_LETTERS]:
            signed = from_frame(each)
            found.setdefault(str(json.loads(signed.body)["server"]), []).append(signed)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _bad() from error
    return {server: signed[:MOST_LETTERS] for server, signed in list(found.items())[:MOST_SERVERS]}


def _counted(
    appliance: Appliance, server: str, signed: Sequence[Signed], first: x509.Certificate | None
) -> Heard | None:
    """Return the first of them that a root of that server signed which is trusted here; None where none is."""
    latest = (appliance.clock() + _AHEAD).timestamp()
    pem, kept = trusted_pem(appliance), _row(appliance, server)
    known = _certificates(kept["pems"]) if kept else []
    for each in signed:
        try:
            said, root = said_by_root(each, _certificates(pem))
        except BadMessage:
            continue
        is_its = is_of(root, server, known) or (kept is None and is_unnamed(root, server))
        speaks = root == first or (is_its and is_own(root, said))
        if speaks and check_code(root.public_key()) not in said.ended and said.number <= latest:
            return read([one for one in signed if one.body == each.body], said, first)
    return None


def _kept(appliance: Appliance, first: x509.Certificate | None) -> dict[str, Heard]:
    found = {}
    for row in _rows(appliance):
        signed = [from_frame(each) for each in json.loads(row["frames"])]
        found[row["server"]] = read(signed, unverified(signed[0]), first)
    return found


def _is_newer(one: Heard, before: Heard | None) -> bool:
    return before is None or one.age > before.age


def _told(one: Heard) -> str:
    return f"{one.said.server}, letter {one.said.number}: " + ", ".join(map(_name, one.said.roots))


def _keep(change: Any, said: Said, signed: Sequence[Signed], pems: str) -> None:
    change.execute(
        "INSERT OR REPLACE INTO root_letters (server, number, frames, pems, settings) VALUES (?, ?, ?, ?, ?)",
        said.server, said.number, json.dumps([as_frame(each) for each in signed]), pems,
        json.dumps(dict(said.settings)),
    )  # fmt: skip


def _certificates(pems: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pems.encode()) if pems else []


def _rows(appliance: Appliance) -> list[Any]:
    return appliance.store.rows("SELECT * FROM root_letters ORDER BY server")


def _row(appliance: Appliance, server: str) -> Any:
    return appliance.store.row("SELECT * FROM root_letters WHERE server = ?", server)


def _name(root: x509.Certificate) -> str:
    return root.subject.rfc4514_string()


def _bad() -> AnswerRefused:
    return AnswerRefused(
        "bad-letter",
        N_("This is no word about roots that a root trusted here signed."),
        N_("Compare the check codes of the roots on both servers; then import the root that is missing."),
    )
