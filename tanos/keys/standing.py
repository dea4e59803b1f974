"""Whether the key that somebody came in by would still let him in.

Invariant: what is taken away on trial still counts for the sessions that it opened: they are told, and end when it
is kept for good. Of a key that only another server knows it is asked whether it was revoked; of a password,
nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tanos.appliance import Appliance
from tanos.keys.revoked import KEY as REVOKED_KEY
from tanos.keys.revoked import Mark, is_revoked, is_revoked_certificate
from tanos.keys.trial_rows import KEY, REVOCATION
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.trials.trial import waiting


@dataclass(frozen=True)
class CameBy:
    """The proof of one sign-in."""

    key: str
    """`SHA256:…` of the key that signed."""
    authorised: str
    """`SHA256:…` of the authorised key: the same, or of the authority of a certificate."""
    serial: int = 0
    key_id: str = ""
    until: str = ""
    """When the certificate ends, as the store writes it; empty where none does."""
    is_known: bool = True
    """Whether it is authorised here, not only where another server let it in."""

    @property
    def is_certificate(self) -> bool:
        """Whether an authority vouched for the key."""
        return self.key != self.authorised


class Proofs:
    """What proves who somebody is, at one moment."""

    def __init__(self, appliance: Appliance, now: datetime) -> None:
        self._appliance = appliance
        self._now = moment_text(now)
        rows = appliance.store.rows("SELECT user, fingerprint, expires FROM authorized_keys")
        self._expiries = {(row["user"], row["fingerprint"]): row["expires"] for row in rows}
        trials = waiting(appliance)
        self._on_trial = {
            (trial.before["user"], trial.before["fingerprint"]) for trial in trials if trial.kind == KEY.kind
        }
        revoked = (row for trial in trials if trial.kind == REVOCATION.kind for row in trial.after["rows"])
        self._marks_on_trial = {Mark(row["kind"], row["value"], row["authority"]) for row in revoked}

    def why_ended(self, user: str, by: CameBy) -> Message | None:
        """Return why this no longer lets in; None where it does, or where that is on trial."""
        place = (user, by.authorised)
        if is_revoked_proof(self._appliance, by, besides=self._marks_on_trial):
            return N_("Signed out: the key {fingerprint} was revoked.", fingerprint=by.key)
        if place in self._on_trial or not by.is_known:
            return None
        if place not in self._expiries:
            return N_(
                "Signed out: the key {fingerprint} no longer signs in as {user}.",
                fingerprint=by.authorised,
                user=user,
            )
        if any(end and end <= self._now for end in (self._expiries[place], by.until)):
            return N_("Signed out: the key {fingerprint} has expired.", fingerprint=by.key)
        return None

    def ends(self, user: str, by: CameBy) -> str:
        """Return when this will have ended by itself, as the store writes it; empty where it will not."""
        ends = (self._expiries.get((user, by.authorised), ""), by.until)
        return min((end for end in ends if end > self._now), default="")


def is_revoked_proof(appliance: Appliance, by: CameBy, *, besides: Collection[Mark] = ()) -> bool:
    """Say whether the key, its authority, or the certificate is revoked; `besides` entries that are not looked at."""
    marks = {Mark(REVOKED_KEY, fingerprint) for fingerprint in (by.key, by.authorised)}
    if any(is_revoked(appliance, mark) for mark in marks.difference(besides)):
        return True
    return by.is_certificate and is_revoked_certificate(
        appliance, by.authorised, by.serial, by.key_id, besides=besides
    )
