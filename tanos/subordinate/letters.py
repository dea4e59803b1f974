"""Which roots servers trust, as a Tanium Server says it: a letter, signed by each root that is in use there.

Invariants: a letter counts where a root signed it that is trusted already and that it does not say to have ended, and
never one of a number that is not higher than the last of that server. tanium.pub stays whatever a letter says: it is
an operator's. The latest is kept as it came, so that it can be handed on to who trusts another of the roots.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.signed_words import LETTER_HEAD
from tanos.errors import AnswerRefused
from tanos.exchange.held_root import held_root
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.roots.kept import Root, State, roots
from tanos.roots.trusted import trusted_pem
from tanos.settings.setting import Component
from tanos.settings.values import effective
from tanos.subordinate.kinds import KINDS
from tanos.subordinate.messages import (
    BadMessage,
    Said,
    Signed,
    as_frame,
    body_of,
    from_frame,
    said_by_root,
)

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
    frames = [as_frame(Signed(body, keeper.sign_statement(LETTER_HEAD + body, each), b"")) for each in signers]
    with appliance.store.change(call, about=ABOUT) as change:
        change.after = f"letter {said.number}: " + ", ".join(signers)
        _keep(change, said, json.dumps(frames), "")
    return True


def letters(appliance: Appliance) -> str:
    """Return the latest letters of all servers, JSON; empty where there is none."""
    rows = appliance.store.rows("SELECT frames FROM root_letters ORDER BY server")
    frames = [frame for row in rows for frame in json.loads(row["frames"])]
    return json.dumps(frames) if frames else ""


def take_letters(call: Call, text: str) -> bool:
    """At another server: go by letters that were handed over; say whether that is news.

    Raises AnswerRefused `bad-letter` where none of them counts, Damaged for what is held here.
    """
    appliance, is_news, found = call.appliance, False, 0
    for server, signed in _by_server(text).items():
        said = _believed(appliance, signed)
        if said is None:
            continue
        found += 1
        last = _row(appliance, server)
        if last is not None and last["number"] >= said.number:
            continue
        with appliance.store.change(call, about=ABOUT) as change:
            change.after = f"{said.server}, letter {said.number}: " + ", ".join(map(_name, said.roots))
            _keep(change, said, json.dumps([as_frame(each) for each in signed]), _pems(appliance, said))
            change.execute(
                "DELETE FROM root_letters WHERE server NOT IN (SELECT server FROM root_letters"
                " ORDER BY number DESC LIMIT ?)",
                MOST_SERVERS,
            )
        is_news = True
    if not found:
        raise _bad()
    return is_news


def told_settings(appliance: Appliance) -> Mapping[str, Any]:
    """Return how long keys live and when they are renewed: as set here, or as the Tanium Server says."""
    if keeper_of(appliance).holds_root():
        return _lifetimes(appliance)
    row = appliance.store.row("SELECT settings FROM root_letters ORDER BY number DESC LIMIT 1")
    found: dict[str, Any] = json.loads(row["settings"]) if row else {}
    return found


def _said(appliance: Appliance, found: list[Root], last: int) -> Said:
    ended = [each.check_code for each in found if each.state is State.REVOKED][-MOST_TOLD_ENDED:]
    return Said(
        appliance.identity.fqdn,
        max(int(appliance.clock().timestamp()), last + 1),
        tuple(each.certificate for each in found if each.state is not State.REVOKED)[:MOST_TOLD_ROOTS],
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


def _believed(appliance: Appliance, letters_of_one: list[Signed]) -> Said | None:
    """Return what the first of them says that a root trusted here signed, None where no such is there."""
    latest = (appliance.clock() + _AHEAD).timestamp()
    trusted = x509.load_pem_x509_certificates(pem.encode()) if (pem := trusted_pem(appliance)) else []
    for signed in letters_of_one:
        for root in trusted:
            try:
                said, _ = said_by_root(signed, [root])
            except BadMessage:
                continue
            if check_code(root.public_key()) not in said.ended and said.number <= latest:
                return said
    return None


def _pems(appliance: Appliance, said: Said) -> str:
    own = held_root(appliance)
    kept = [each for each in said.roots if own is None or each.public_key() != own.public_key()]
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in kept)


def _keep(change: Any, said: Said, frames: str, pems: str) -> None:
    change.execute(
        "INSERT OR REPLACE INTO root_letters (server, number, frames, pems, settings) VALUES (?, ?, ?, ?, ?)",
        said.server, said.number, frames, pems, json.dumps(dict(said.settings)),
    )  # fmt: skip
    for server, kept in [(row["server"], row["pems"]) for row in change.execute(
        "SELECT server, pems FROM root_letters WHERE server != ?", said.server)]:  # fmt: skip
        left = "".join(_not_ended(kept, said.ended))
        if left != kept:
            change.execute("UPDATE root_letters SET pems = ? WHERE server = ?", left, server)


def _not_ended(pems: str, ended: frozenset[str]) -> Iterator[str]:
    for each in x509.load_pem_x509_certificates(pems.encode()) if pems else []:
        if check_code(each.public_key()) not in ended:
            yield each.public_bytes(Encoding.PEM).decode()


def _row(appliance: Appliance, server: str) -> Any:
    return appliance.store.row("SELECT number, frames FROM root_letters WHERE server = ?", server)


def _name(root: x509.Certificate) -> str:
    return root.subject.rfc4514_string()


def _bad() -> AnswerRefused:
    return AnswerRefused(
        "bad-letter",
        N_("This is no word about roots that a root trusted here signed."),
        N_("Compare the check codes of the roots on both servers; then import the root that is missing."),
    )
