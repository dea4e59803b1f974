"""Other Tanium Servers as this one knows them, a row for each root key: no two of them are ever taken for one.

Invariants: a row's stances concern one pair of roots, or those that followed them: another root of the same server is
believed where both signed that they are of one, and one of these that it revoked is believed nowhere again. A change
of state and the line of history that tells it are one transaction; how many lines there are is up to operators here,
and not to who is heard.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from sqlite3 import Row
from typing import Any, NamedTuple

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
MOST_ENDED = 64
"""Roots of one server that followed each other: of a true one there is one in a year."""
_KEEP = (
    "INSERT OR REPLACE INTO other_servers (key, own_keys, name, fqdn, release, address, said_at, roots, ended, knows,"
    " my_round, my_decision, its_round, its_decision, nonce, its_commitment, its_nonce, expected, first_heard_at,"
    " heard_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_TELL = "INSERT INTO trust_history (at, key, fqdn, address, before, after, by, times) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_UNTELL = (
    "DELETE FROM trust_history WHERE key IN (SELECT value FROM json_each(?)) AND after = ?"
    " AND id > COALESCE((SELECT MAX(id) FROM trust_history WHERE key IN (SELECT value FROM json_each(?))"
    " AND by != ''), 0) RETURNING times, before"
)
_CROWDED_OUT = (
    "DELETE FROM other_servers WHERE key IN (SELECT key FROM other_servers WHERE expected = 1 AND my_round = 0"
    " AND my_decision = 'none' ORDER BY heard_at DESC, rowid DESC LIMIT -1 OFFSET ?) RETURNING key"
)
_UNTELL_CROWD = (
    "DELETE FROM trust_history WHERE key IN (SELECT value FROM json_each(?)) AND after = ?"
    " AND key NOT IN (SELECT key FROM trust_history WHERE by != '') RETURNING times"
)
_COUNT = "UPDATE trust_history SET times = times + ? WHERE key = ? AND after = ?"


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
    def every_key(self) -> frozenset[str]:
        """The same, and those that it revoked."""
        return self.keys | self.ended

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
    return next((each for each in every_row(change) if key in each.every_key), None)


def every_row(change: Change) -> list[Other]:
    """Return all, inside a change."""
    return [_read(row) for row in change.execute("SELECT * FROM other_servers ORDER BY rowid").fetchall()]


def write_other(change: Change, was: Other | None, other: Other, by: str) -> bool:
    """Write it in the place of what was there; say whether its state is another one, and that is news.

    A line of history tells it. Since an operator here decided last, each state is told once: what the other server
    makes of itself again and again is counted in that line, which is then the latest.
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
    if before == after:
        return False
    told = _Told() if by else _told(change, other, after)
    change.execute(
        _TELL, change.now, other.key, other.fqdn, other.address, told.before or before, after, by, told.times + 1
    )
    return not told.times


def strangers(change: Change) -> int:
    """Return how many are known that nobody named and nobody decided about."""
    return sum(each.is_stranger for each in every_row(change))


def keep_latest_expected(change: Change, latest: Other) -> bool:
    """Forget who answered at a named address longest ago: who stands between may be another one each time.

    What was told of them is counted where that is told of the latest. Says whether there was one.
    """
    found = change.execute(_CROWDED_OUT, MOST_EXPECTED).fetchall()
    gone = json.dumps([row["key"] for row in found])
    times = sum(row["times"] for row in change.execute(_UNTELL_CROWD, gone, State.UNKNOWN.value))
    change.execute(_COUNT, times, latest.key, State.UNKNOWN.value)
    return bool(found)


def pem_of_roots(roots: tuple[x509.Certificate, ...]) -> str:
    """Return them as they are kept."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in roots)


class _Told(NamedTuple):
    """How often a state was told, and from which one it came first."""

    times: int = 0
    before: str = ""


def _told(change: Change, other: Other, after: str) -> _Told:
    """Take back the line that tells that the other server came to a state since an operator decided last."""
    keys = json.dumps(sorted(other.every_key))
    rows = change.execute(_UNTELL, keys, after, keys).fetchall()
    return _Told(sum(row["times"] for row in rows), rows[0]["before"]) if rows else _Told()


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
