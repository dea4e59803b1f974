"""The last revocation list of each root, as it lies in the store.

Invariant: only the list of a root that is trusted here is given, so that what a revoked root signed counts no more.
"""

import base64
import textwrap
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.list_names import file_name, root_name
from tanos.certificates.list_reading import SignedList, read_list
from tanos.errors import AnswerRefused
from tanos.exchange.held_root import held_root, root_code
from tanos.moments import moment_text
from tanos.roots.trusted import trusted_pem
from tanos.store.store import Change

RENEWED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class KeptList:
    """The last list of one root."""

    root: x509.Certificate
    number: int
    issued_at: datetime
    next_at: datetime
    der: bytes
    is_last: bool = False
    """Whether none follows it: the root was replaced, and its key is gone."""

    @property
    def issuer_key(self) -> str:
        """Check code of the root."""
        return root_code(self.root)

    @property
    def name(self) -> str:
        """Of the root, as it calls itself."""
        return root_name(self.root)

    @property
    def file(self) -> str:
        """The file in which it is handed out."""
        return file_name(self.root)

    @property
    def pem(self) -> str:
        """The list as text."""
        lines = textwrap.wrap(base64.b64encode(self.der).decode(), 64)
        return "\n".join(("-----BEGIN X509 CRL-----", *lines, "-----END X509 CRL-----", ""))

    @property
    def said(self) -> SignedList | None:
        """What it says; None where it is damaged."""
        try:
            return read_list(self.der, self.root)
        except AnswerRefused:
            return None

    def is_stale(self, now: datetime) -> bool:
        """Say whether another should have come by now."""
        return now > self.next_at and not self.is_last

    def is_due(self, now: datetime) -> bool:
        """Say whether the next one is to be made; also where a clock made this one that was ahead of its time."""
        return not self.issued_at <= now <= self.issued_at + RENEWED_AFTER


def trusted_roots(appliance: Appliance) -> tuple[x509.Certificate, ...]:
    """Return the roots that are trusted here, each once, tanium.pub first; none where one cannot be read."""
    try:
        roots = x509.load_pem_x509_certificates(trusted_pem(appliance).encode())
    except (ValueError, AnswerRefused):
        return ()
    found: dict[str, x509.Certificate] = {}
    for each in roots:
        found.setdefault(root_code(each), each)
    return tuple(found.values())


def kept_list(appliance: Appliance) -> KeptList | None:
    """Return the list of tanium.pub, or None. Raises Damaged `damaged-root`."""
    root = held_root(appliance)
    return kept_of(appliance, root) if root is not None else None


def kept_lists(appliance: Appliance) -> tuple[KeptList, ...]:
    """Return the lists of all roots that are trusted here, that of tanium.pub first."""
    return tuple(kept for root in trusted_roots(appliance) if (kept := kept_of(appliance, root)) is not None)


def has_stale_list(appliance: Appliance) -> bool:
    """Say whether a list of any root may be stale, without a look at a root."""
    sql = (
        "SELECT 1 FROM revocation_lists WHERE next_at < ?"
        " AND issuer_key NOT IN (SELECT check_code FROM root_keys WHERE state = 'revoked') LIMIT 1"
    )
    return appliance.store.row(sql, appliance.store.now()) is not None


def kept_of(appliance: Appliance, root: x509.Certificate) -> KeptList | None:
    """Return the list of that root, or None."""
    code = root_code(root)
    row = appliance.store.row("SELECT * FROM revocation_lists WHERE issuer_key = ?", code)
    if row is None:
        return None
    issued_at, next_at = (datetime.fromisoformat(row[name]) for name in ("issued_at", "next_at"))
    return KeptList(root, row["number"], issued_at, next_at, row["der"], _was_replaced(appliance, code))


def keep(change: Change, kept: KeptList) -> None:
    """Put a list in the place of the one before."""
    change.execute(
        "INSERT OR REPLACE INTO revocation_lists (issuer_key, number, issued_at, next_at, der)"
        " VALUES (?, ?, ?, ?, ?)",
        kept.issuer_key,
        kept.number,
        moment_text(kept.issued_at),
        moment_text(kept.next_at),
        kept.der,
    )


def _was_replaced(appliance: Appliance, code: str) -> bool:
    """Say so of a root that is recorded as replaced, and is not tanium.pub, which its file alone says."""
    row = appliance.store.row("SELECT 1 FROM root_keys WHERE check_code = ? AND state = 'replaced'", code)
    if row is None:
        return False
    present = held_root(appliance)
    return present is None or root_code(present) != code
