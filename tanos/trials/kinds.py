"""Every kind of change that can be on trial: what it is called, and how it goes back. Rooms add their row here.

Invariant: all kinds stand here and not where they are used, so that whoever finds one overdue (a verb, the front, the
next start) can put it back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.door.rules import SSH_RULES
from tanos.inert import inert
from tanos.keys.host_rotation import finish
from tanos.keys.public_key import read_line
from tanos.message import N_, Message
from tanos.policy.table import POLICIES
from tanos.store.store import Change
from tanos.trials.added import REVOCATION
from tanos.trials.rows import ACCOUNT, HOST_KEY, KEY, POLICY, Rows
from tanos.trials.trial import Stood, Trial

_MOST_NAMED = 3
PutBack = Callable[[Change, Appliance, Stood, Stood], bool]
"""Puts `before` back where `after` still stands, within the change; False where it was changed again since."""


def nothing_to_come(_: Stood, __: Actor) -> bool:
    """Say that such a change has all its effect at once."""
    return False


def nothing_to_do(_: Call) -> None:
    """Leave what is kept as it is."""


@dataclass(frozen=True)
class Revert:
    """One kind."""

    told: Callable[[Stood, Stood], Message]
    """What was changed, in words, from what stood before and after."""
    put_back: PutBack
    will_take: Callable[[Stood, Actor], bool] = nothing_to_come
    """Whether it takes away, later, the way by which that actor came in: then his sign-in proves nothing."""
    kept: Callable[[Call], object] = nothing_to_do
    """What is done outside the database once it is kept for good; the next start does it where that died."""


def _row(rows: Rows) -> PutBack:
    return lambda change, _, before, after: rows.put_back(change, before, after)


def _key(before: Stood, after: Stood) -> Message:
    user, fingerprint = before["user"], before["fingerprint"]
    if after["row"] is None:
        return N_("The key {fingerprint} no longer signs in as {user}.", fingerprint=fingerprint, user=user)
    return N_("The key {fingerprint} of {user} signs in under other conditions.", fingerprint=fingerprint, user=user)


def _policy(before: Stood, after: Stood) -> Message:
    policy = next((each for each in POLICIES if each.name == before["name"]), None)
    if policy is None:
        return N_("The policy {name} is another.", name=before["name"])
    return N_("{policy}: {value}", policy=policy.label, value=policy.words((after["row"] or {}).get("value", 0)))


def _host_key(before: Stood, after: Stood) -> Message:
    row = after["row"] or before["row"]
    return N_(
        "Those who connect are shown the host key {fingerprint}.", fingerprint=read_line(row["line"]).fingerprint
    )


def _account(before: Stood, _: Stood) -> Message:
    return N_("The account {user} is another.", user=before["name"])


def _rules(_: Stood, after: Stood) -> Message:
    networks = ", ".join(row["network"] for row in after["rows"])
    if not networks:
        return N_("Users sign in from everywhere.")
    return N_("Users sign in from {networks} only.", networks=networks)


def _revocation(_: Stood, after: Stood) -> Message:
    rows = after["rows"]
    what = inert(", ".join(row["value"] for row in rows[:_MOST_NAMED]) + (", …" if len(rows) > _MOST_NAMED else ""))
    return N_("Revoked: {what}", what=what)


KINDS: Mapping[str, Revert] = {
    KEY.kind: Revert(_key, _row(KEY), lambda before, actor: before["fingerprint"] == actor.key),
    REVOCATION.kind: Revert(_revocation, lambda change, _, before, after: REVOCATION.put_back(change, before, after)),
    ACCOUNT.kind: Revert(_account, _row(ACCOUNT)),
    SSH_RULES.kind: Revert(_rules, lambda change, _, before, after: SSH_RULES.put_back(change, before, after)),
    POLICY.kind: Revert(_policy, _row(POLICY)),
    HOST_KEY.kind: Revert(_host_key, _row(HOST_KEY), kept=finish),
}


def told(trial: Trial) -> Message:
    """Say what is on trial."""
    kind = KINDS.get(trial.kind)
    if kind is None:
        return N_("{place} was changed.", place=trial.place)
    return kind.told(trial.before, trial.after)
