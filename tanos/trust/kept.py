"""Other Tanium Servers as this one knows them, a row for each root key: no two of them are ever taken for one.

Invariants: a row's stances concern one pair of roots, or those that followed them: another root of the same server is
believed where both signed that they are of one, and one of these that it revoked is believed nowhere again. A change
of state and the line of history that tells it are one transaction.
"""

from dataclasses import dataclass
from functools import cached_property
from sqlite3 import Row
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_
from tanos.store.store import Change
from tanos.trust.code import commitment, six_digits
from tanos.trust.machine import Decision, Stance, Standing, State

MOST_STRANGERS = 8
"""More servers that nobody here named and nobody decided about are not written down."""
MOST_EXPECTED = 8
"""Of those that answered where somebody was named, and of whom nobody decided, the latest are kept."""
_KEEP = (
    "INSERT OR REPLACE INTO other_servers (key, own_keys, name, fqdn, release, address, said_at, roots, ended, knows,"
    " my_round, my_decision, its_round, its_decision, nonce, its_commitment, its_nonce, expected, first_heard_at,"
    " heard_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True)
class Other:
    """Another Tanium Server."""

    key: str
    """Fingerprint of the root by which it is known."""
    own_keys: tuple[str, ...]
    """Of this server's, the one by which it knows us first."""
    name: str
    fqdn: str
    release: str
    address: str
    """Where it was last heard from, or what an operator here named."""
    said_at: str
    roots_pem: str
    """Its active roots."""
    ended: frozenset[str]
    knows: frozenset[str]
    standing: Standing
    nonce: str
    its_commitment: str
    its_nonce: str
    expected: bool
    first_heard_at: str
    heard_at: str

    @property
    def state(self) -> State:
        """Where the two stand."""
        return self.standing.state

    @property
    def own_key(self) -> str:
        """Fingerprint of our root by which it knows us."""
        return self.own_keys[0]

    @cached_property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """Its active roots."""
        return tuple(x509.load_pem_x509_certificates(self.roots_pem.encode()))

    @property
    def keys(self) -> frozenset[str]:
        """The fingerprints of all roots that proved to be of this server, and are not revoked."""
        return frozenset({self.key, *map(fingerprint, self.roots)})

    @property
    def check_code(self) -> str:
        """Of the root by which it is known; empty where that one was not shown in this row's life."""
        found = (check_code(each.public_key()) for each in self.roots if fingerprint(each) == self.key)
        return next(found, "")

    @property
    def commitment(self) -> str:
        """What binds us to our random number."""
        return commitment(self.nonce, self.own_key, self.key)

    @property
    def code(self) -> str:
        """The six digits; empty until both have spoken, or where the other did not keep to its number."""
        if not self.its_nonce or commitment(self.its_nonce, self.key, self.own_key) != self.its_commitment:
            return ""
        return six_digits((self.own_key, self.nonce), (self.key, self.its_nonce))

    @property
    def is_stranger(self) -> bool:
        """Whether nobody here named it, and nobody decided about it, whatever it says itself."""
        return not self.expected and self.standing.mine == Stance()

    @property
    def waits_for_us(self) -> bool:
        """Whether an operator here has to decide."""
        return self.state is State.UNKNOWN or (self.state is State.PENDING and not self.standing.i_accepted)

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "name": self.name,
            "fqdn": self.fqdn,
            "release": self.release,
            "address": self.address,
            "fingerprint": self.key,
            "check_code": self.check_code,
            "fingerprints": sorted(self.keys) if self.state is State.TRUSTED else [self.key],
            "state": self.state.value,
            "round": self.standing.round,
            "accepted_here": self.standing.i_accepted,
            "accepted_there": self.standing.it_accepted,
            "code": self.code,
            "own_fingerprint": self.own_key,
            "first_heard_at": self.first_heard_at,
            "heard_at": self.heard_at,
        }


def others(appliance: Appliance) -> list[Other]:
    """Return all, those that wait for a decision first, each kind in the order in which they became known."""
    found = [_read(row) for row in appliance.store.rows("SELECT * FROM other_servers ORDER BY first_heard_at, key")]
    return sorted(found, key=lambda each: _ORDER.index(each.state))


def trusted_others(appliance: Appliance) -> list[Other]:
    """Return those that are trusted."""
    return [each for each in others(appliance) if each.state is State.TRUSTED]


def find_other(appliance: Appliance, name: str) -> Other:
    """Return one by its fingerprint or, where only one is called that, by its name. Raises AnswerRefused."""
    wanted, found = name.strip().casefold(), others(appliance)
    for each in found:
        if wanted == each.key.casefold():
            return each
    named = [each for each in found if wanted in {each.name, each.fqdn}]
    if len(named) == 1:
        return named[0]
    choices = ", ".join(f"{each.fqdn} {each.key}" for each in named or found)
    raise AnswerRefused(
        "no-such-server",
        N_("There is no other Tanium Server {name}, or several are called that.", name=inert(name)),
        N_("Choose one by its fingerprint: {choices}.", choices=choices or "-"),
    )


def row_of(change: Change, key: str) -> Other | None:
    """Return the one that has, or had, the root of that fingerprint, inside a change."""
    found = [_read(row) for row in change.execute("SELECT * FROM other_servers ORDER BY rowid").fetchall()]
    return next((each for each in found if key in each.keys or key in each.ended), None)


def write_other(change: Change, was: Other | None, other: Other, by: str) -> None:
    """Write it in the place of what was there, with a line of history where its state is another one.

    What a stranger makes of itself is told once: as often as he likes would fill the disk.
    """
    if was is not None and was.key != other.key:
        change.execute("DELETE FROM other_servers WHERE key = ?", was.key)
    values = (
        other.key, " ".join(other.own_keys), other.name, other.fqdn, other.release, other.address, other.said_at,
        other.roots_pem, " ".join(sorted(other.ended)), " ".join(sorted(other.knows)),
        other.standing.mine.round, other.standing.mine.decision.value,
        other.standing.theirs.round, other.standing.theirs.decision.value,
        other.nonce, other.its_commitment, other.its_nonce, int(other.expected), other.first_heard_at, other.heard_at,
    )  # fmt: skip
    change.execute(_KEEP, *values)
    before, after = was.state.value if was else "", other.state.value
    if before != after and (was is None or not other.is_stranger):
        change.execute(
            "INSERT INTO trust_history (at, key, fqdn, address, before, after, by) VALUES (?, ?, ?, ?, ?, ?, ?)",
            change.now, other.key, other.fqdn, other.address, before, after, by,
        )  # fmt: skip


def strangers(change: Change) -> int:
    """Return how many are known that nobody named and nobody decided about."""
    rows = change.execute("SELECT * FROM other_servers WHERE expected = 0").fetchall()
    return sum(_read(row).is_stranger for row in rows)


def keep_latest_expected(change: Change) -> None:
    """Forget who answered at a named address longest ago: who stands between may be another one each time."""
    change.execute(
        "DELETE FROM other_servers WHERE key IN (SELECT key FROM other_servers"
        " WHERE expected = 1 AND my_round = 0 AND my_decision = 'none' ORDER BY heard_at DESC LIMIT -1 OFFSET ?)",
        MOST_EXPECTED,
    )


def pem_of_roots(roots: tuple[x509.Certificate, ...]) -> str:
    """Return them as they are kept."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in roots)


def _read(row: Row) -> Other:
    mine = Stance(row["my_round"], Decision(row["my_decision"]))
    theirs = Stance(row["its_round"], Decision(row["its_decision"]))
    return Other(
        row["key"], tuple(row["own_keys"].split()), row["name"], row["fqdn"], row["release"], row["address"],
        row["said_at"], row["roots"], frozenset(row["ended"].split()), frozenset(row["knows"].split()),
        Standing(mine, theirs), row["nonce"], row["its_commitment"], row["its_nonce"], bool(row["expected"]),
        row["first_heard_at"], row["heard_at"],
    )  # fmt: skip


_ORDER = [State.UNKNOWN, State.PENDING, State.TRUSTED, State.REVOKED, State.DENIED]
