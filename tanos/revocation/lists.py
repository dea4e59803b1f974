"""The revocation list of each root: signed here where the root's key lies, and elsewhere kept as it was given.

Invariants: of one root only a list of a higher number takes the place of another; a number is no lower than the
second in which it is given, so that it grows also after a backup of the database was put back. A list is signed and
kept in the transaction of what it tells of, so that nothing is revoked without it. What ended stays on the list for a
while after its end (RFC 5280 section 3.3).
"""

import base64
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.exchange.held_root import held_root, root_code
from tanos.keeper import keeper_of
from tanos.moments import moment_text
from tanos.revocation.encoding import Revoked, encode_list
from tanos.revocation.reading import SignedList, read_list
from tanos.roots.trusted import trusted_pem
from tanos.store.store import Change

VERB, TAKE_VERB = "revocation-list sign", "revocation-list take"
FILE = "reporting.crl"
LASTS = timedelta(days=8)
RENEWED_AFTER = timedelta(days=1)
_STAYS = 2 * RENEWED_AFTER


@dataclass(frozen=True)
class KeptList:
    """The last list of one root."""

    issuer_key: str
    """Check code of the root."""
    number: int
    issued_at: datetime
    next_at: datetime
    der: bytes

    @property
    def pem(self) -> str:
        """The list as text."""
        lines = textwrap.wrap(base64.b64encode(self.der).decode(), 64)
        return "\n".join(("-----BEGIN X509 CRL-----", *lines, "-----END X509 CRL-----", ""))

    def is_stale(self, now: datetime) -> bool:
        """Say whether another should have come by now."""
        return now > self.next_at

    def is_due(self, now: datetime) -> bool:
        """Say whether the next one is to be made; also where a clock made this one that was ahead of its time."""
        return not self.issued_at <= now <= self.issued_at + RENEWED_AFTER


def kept_list(appliance: Appliance) -> KeptList | None:
    """Return the list of the root that is held here, or None. Raises Damaged `damaged-root`."""
    root = held_root(appliance)
    return _kept(appliance, root_code(root)) if root is not None else None


def kept_lists(appliance: Appliance) -> tuple[KeptList, ...]:
    """Return the lists of all roots that are trusted here. Raises AnswerRefused for a damaged file, Damaged."""
    try:
        roots = x509.load_pem_x509_certificates(trusted_pem(appliance).encode())
    except ValueError:
        return ()
    return tuple(kept for root in roots if (kept := _kept(appliance, root_code(root))) is not None)


def has_stale_list(appliance: Appliance) -> bool:
    """Say whether a list of any root is stale, without a look at a root."""
    sql = "SELECT 1 FROM revocation_lists WHERE next_at < ? LIMIT 1"
    return appliance.store.row(sql, appliance.store.now()) is not None


def renew_list(change: Change, appliance: Appliance, root: x509.Certificate) -> int:
    """Sign and keep a list of what is revoked now, within `change`; return its number.

    Raises NotYet `step-missing`, `busy`, Damaged `root-damaged`.
    """
    code, now = root_code(root), appliance.clock().replace(microsecond=0)
    before = change.execute("SELECT number FROM revocation_lists WHERE issuer_key = ?", code).fetchone()
    number = max(int(now.timestamp()), before["number"] + 1 if before else 0)
    entries = list(_revoked(change, code, now))
    tbs = encode_list(root, entries, number=number, this_update=now, next_update=now + LASTS)
    _keep(change, KeptList(code, number, now, now + LASTS, keeper_of(appliance).sign_revocations(tbs)))
    return number


def renew_when_due(appliance: Appliance) -> None:
    """Have the list of the root whose key lies here renewed where a day has passed. Raises TanosError."""
    if not keeper_of(appliance).holds_root():
        return
    root, kept = held_root(appliance), kept_list(appliance)
    if root is None or (kept is not None and not kept.is_due(appliance.clock())):
        return
    with appliance.store.change(system_call(appliance, VERB), about=FILE) as change:
        change.after = f"list {renew_list(change, appliance, root)}"


def take_list(call: Call, der: bytes) -> bool:
    """Keep a list that another appliance gave; say whether it is newer than the one kept.

    Raises AnswerRefused `bad-list` for what the root held here did not sign.
    """
    appliance, root = call.appliance, held_root(call.appliance)
    if root is None:
        return False
    found = read_list(der, root)
    kept = KeptList(root_code(root), found.number, found.issued_at, found.next_at, der)
    with appliance.store.change(call, about=FILE) as change:
        before = _kept(appliance, kept.issuer_key)
        if before is not None and before.number >= kept.number:
            change.quiet = True
            return False
        change.before, change.after = f"list {before.number}" if before else "", f"list {kept.number}"
        _keep(change, kept)
    return True


def signed_list(appliance: Appliance) -> SignedList | None:
    """Return what the list says that is kept here for the root held here; None where none is, or it is damaged."""
    root, kept = held_root(appliance), kept_list(appliance)
    if root is None or kept is None:
        return None
    try:
        return read_list(kept.der, root)
    except AnswerRefused:
        return None


def _kept(appliance: Appliance, code: str) -> KeptList | None:
    row = appliance.store.row("SELECT * FROM revocation_lists WHERE issuer_key = ?", code)
    if row is None:
        return None
    issued_at, next_at = (datetime.fromisoformat(row[name]) for name in ("issued_at", "next_at"))
    return KeptList(row["issuer_key"], row["number"], issued_at, next_at, row["der"])


def _keep(change: Change, kept: KeptList) -> None:
    change.execute(
        "INSERT OR REPLACE INTO revocation_lists (issuer_key, number, issued_at, next_at, der)"
        " VALUES (?, ?, ?, ?, ?)",
        kept.issuer_key,
        kept.number,
        moment_text(kept.issued_at),
        moment_text(kept.next_at),
        kept.der,
    )


def _revoked(change: Change, code: str, now: datetime) -> Iterator[Revoked]:
    rows = change.execute(
        "SELECT revoked.serial, reason, revoked_at FROM revoked_certificates AS revoked JOIN issued USING (serial)"
        " WHERE issuer_key = ? AND not_after > ? ORDER BY revoked_at, revoked.serial",
        code,
        moment_text(now - _STAYS),
    )
    for row in rows:
        yield Revoked(int(row["serial"], 16), row["reason"], datetime.fromisoformat(row["revoked_at"]))
