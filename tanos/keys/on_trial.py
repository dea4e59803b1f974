"""Which changes of keys can be on trial, and how each goes back."""

from collections.abc import Mapping

from tanos.inert import inert
from tanos.keys.host_rotation import finish
from tanos.keys.public_key import read_line
from tanos.keys.trial_rows import HOST_KEY, KEY, REVOCATION
from tanos.message import N_, Message
from tanos.trials.revert import Revert
from tanos.trials.trial import Stood

_MOST_NAMED = 3


def _key(before: Stood, after: Stood) -> Message:
    user, fingerprint = before["user"], before["fingerprint"]
    if after["row"] is None:
        return N_("The key {fingerprint} no longer signs in as {user}.", fingerprint=fingerprint, user=user)
    return N_("The key {fingerprint} of {user} signs in under other conditions.", fingerprint=fingerprint, user=user)


def _host_key(before: Stood, after: Stood) -> Message:
    row = after["row"] or before["row"]
    return N_(
        "Those who connect are shown the host key {fingerprint}.", fingerprint=read_line(row["line"]).fingerprint
    )


def _revocation(_: Stood, after: Stood) -> Message:
    rows = after["rows"]
    what = inert(", ".join(row["value"] for row in rows[:_MOST_NAMED]) + (", …" if len(rows) > _MOST_NAMED else ""))
    return N_("Revoked: {what}", what=what)


REVERTS: Mapping[str, Revert] = {
    KEY.kind: Revert(_key, KEY.put_back, lambda before, actor: before["fingerprint"] == actor.key),
    HOST_KEY.kind: Revert(_host_key, HOST_KEY.put_back, kept=finish),
    REVOCATION.kind: Revert(_revocation, REVOCATION.put_back),
}
