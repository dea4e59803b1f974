"""The root keys of a Tanium Server: the one in use as tanium.pub, those of release 7.4, and those that have ended.

Invariants: what is tanium.pub says its file alone, so that no record can disagree with it; a record of the same key
tells of a replacement that did not happen. Only public halves are here.

Rule (seed 001): `legacy-root` is the server value of the root for 7.2 clients; the others are called
`<FQDN> Root <number>`, from 0, and no number comes again.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.issue import BACKDATED
from tanos.certificates.root_names import LEGACY
from tanos.errors import AnswerRefused
from tanos.exchange.held_root import held_root
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.store.store import Change


class State(StrEnum):
    """What a root is good for."""

    ACTIVE = "active"
    REPLACED = "replaced"
    """What it signed is still trusted; it signs no more."""
    REVOKED = "revoked"

    @property
    def label(self) -> Message:
        """The state as an operator reads it."""
        return _LABELS[self]


_LABELS = {
    State.ACTIVE: N_("active"),
    State.REPLACED: N_("replaced, still trusted"),
    State.REVOKED: N_("revoked"),
}


@dataclass(frozen=True)
class Root:
    """One root key."""

    server_value: str
    certificate: x509.Certificate
    made_by: str
    made_at: str
    state: State
    ended_by: str = ""
    ended_at: str = ""

    @property
    def check_code(self) -> str:
        """What is compared, and by which it is found in the register of what is issued."""
        return check_code(self.certificate.public_key())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its certificate, hex with colons."""
        return fingerprint(self.certificate)

    @property
    def is_legacy(self) -> bool:
        """Whether it is, or was, tanium.pub."""
        return self.server_value == LEGACY

    @property
    def last_group(self) -> str:
        """The last group of its check code, typed before anything is done to it that cannot be undone."""
        return self.check_code.rpartition("-")[2]

    @property
    def pem(self) -> str:
        """Its certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "server_value": self.server_value,
            "subject": self.certificate.subject.rfc4514_string(),
            "fingerprint": self.fingerprint,
            "check_code": self.check_code,
            "state": self.state.value,
            "made_by": self.made_by,
            "made_at": self.made_at,
            "ended_by": self.ended_by,
            "ended_at": self.ended_at,
        }


def roots(appliance: Appliance) -> list[Root]:
    """Return all, those in use first, each kind in the order made. Raises Damaged `damaged-root`."""
    present = held_root(appliance)
    found = recorded_roots(appliance)
    if present is not None:
        made_at = moment_text(present.not_valid_before_utc + BACKDATED)
        own = Root(LEGACY, present, "", made_at, State.ACTIVE)
        found = [*(each for each in found if each.check_code != own.check_code), own]
    return sorted(found, key=lambda each: (list(State).index(each.state), each.is_legacy))


def recorded_roots(appliance: Appliance) -> list[Root]:
    """Return those that are not tanium.pub, or were it, in the order made."""
    return [_recorded(row) for row in appliance.store.rows("SELECT * FROM root_keys ORDER BY rowid")]


def rotating(appliance: Appliance) -> list[Root]:
    """Return the active ones that rotate, the oldest first: those of release 7.4."""
    return [each for each in roots(appliance) if each.state is State.ACTIVE and not each.is_legacy]


def find_root(appliance: Appliance, name: str) -> Root:
    """Return one by its server value, check code or fingerprint. Raises AnswerRefused `no-such-root`."""
    wanted = name.strip().casefold()
    found = roots(appliance)
    for each in found:
        if wanted in {one.casefold() for one in (each.server_value, each.check_code, each.fingerprint)}:
            return each
    choices = ", ".join(f"{each.server_value} {each.check_code}" for each in found)
    raise AnswerRefused(
        "no-such-root",
        N_("There is no root key {name}.", name=inert(name)),
        N_("Choose one of: {choices}.", choices=choices or "-"),
    )


def write_root(change: Change, root: Root) -> None:
    """Write one down, unless its key is known."""
    change.execute(
        "INSERT OR IGNORE INTO root_keys (check_code, server_value, pem, made_by, made_at, state, ended_by, ended_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        root.check_code,
        root.server_value,
        root.pem,
        root.made_by,
        root.made_at,
        root.state.value,
        root.ended_by,
        root.ended_at,
    )


def write_revoked(change: Change, code: str, user: str) -> None:
    """Write down that the root of that check code is trusted no more."""
    change.execute(
        "UPDATE root_keys SET state = 'revoked', ended_by = ?, ended_at = ? WHERE check_code = ?",
        user, change.now, code,
    )  # fmt: skip


def _recorded(row: Any) -> Root:
    return Root(
        row["server_value"],
        x509.load_pem_x509_certificate(row["pem"].encode()),
        row["made_by"],
        row["made_at"],
        State(row["state"]),
        row["ended_by"],
        row["ended_at"],
    )
