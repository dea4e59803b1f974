"""The revocation list of each root: signed here where the root's key lies, and elsewhere kept as it was given.

Invariants: of one root only a list of a higher number takes the place of another; a number is no lower than the
second in which it is given, so that it grows also after a backup of the database was put back. A list is signed and
kept in the transaction of what it tells of, so that nothing is revoked without it. What ended stays on the list for a
while after its end (RFC 5280 section 3.3).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tanos import deeds
from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.certificates.list_reading import LARGEST, read_list
from tanos.errors import AnswerRefused, TanosError
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.moments import moment_text
from tanos.revocation.encoding import Revoked, encode_list
from tanos.revocation.kept import KeptList, keep, kept_of, trusted_roots
from tanos.roots.kept import Root, State, roots
from tanos.store.store import Change

VERB, TAKE_VERB = "revocation-list sign", "revocation-list take"
LASTS = timedelta(days=8)
_STAYS = timedelta(days=2)


def signers(appliance: Appliance) -> list[Root]:
    """Return the roots that sign lists here, tanium.pub first. Raises Damaged `damaged-root`, `pki-damaged`."""
    if not keeper_of(appliance).holds_root():
        return []
    active = [each for each in roots(appliance) if each.state is State.ACTIVE]
    return sorted(active, key=lambda each: not each.is_legacy)


def signer(appliance: Appliance, code: str) -> Root | None:
    """Return the one of that check code, None where it signs no lists here. Raises as `signers`."""
    return next((each for each in signers(appliance) if each.check_code == code), None)


def renew_list(change: Change, appliance: Appliance, root: Root) -> int:
    """Sign and keep the list of what is revoked now below `root`, within `change`; return its number.

    Raises AnswerRefused `list-full`, NotYet `step-missing`, `busy`, Damaged `root-damaged`, `pki-damaged`.
    """
    code, now = root.check_code, appliance.clock().replace(microsecond=0)
    before = change.execute("SELECT number FROM revocation_lists WHERE issuer_key = ?", code).fetchone()
    number = max(int(now.timestamp()), before["number"] + 1 if before else 0)
    entries = list(_revoked(change, code, now))
    tbs = encode_list(root.certificate, entries, number=number, this_update=now, next_update=now + LASTS)
    der = keeper_of(appliance).sign_revocations(tbs, root.server_value)
    if len(der) > LARGEST:
        said = N_(
            "With {count} certificate the revocation list is longer than anybody reads.",
            "With {count} certificates the revocation list is longer than anybody reads.",
            count=len(entries),
        )
        remedy = N_("Revoke the root itself, and its certificates with it: {revoke}.", revoke=deeds.REVOKE_ROOT)
        raise AnswerRefused("list-full", said, remedy)
    keep(change, KeptList(root.certificate, number, now, now + LASTS, der))
    return number


def renew_when_due(appliance: Appliance) -> None:
    """Have the list of each root whose key lies here renewed where a day has passed; one that cannot stops no other.

    Raises TanosError, the first of them.
    """
    troubles: list[TanosError] = []
    for root in signers(appliance):
        kept = kept_of(appliance, root.certificate)
        if kept is not None and not kept.is_due(appliance.clock()):
            continue
        try:
            with appliance.store.change(system_call(appliance, VERB), about=root.server_value) as change:
                change.after = f"list {renew_list(change, appliance, root)}"
        except TanosError as error:
            troubles.append(error)
    if troubles:
        raise troubles[0]


def take_list(call: Call, der: bytes) -> bool:
    """Keep a list that another appliance gave; say whether it is newer than the one kept.

    Raises AnswerRefused `bad-list` for what no root signed that is trusted here.
    """
    appliance, refused = call.appliance, None
    for root in trusted_roots(appliance):
        try:
            found = read_list(der, root)
        except AnswerRefused as error:
            refused = error
            continue
        return _take(call, KeptList(root, found.number, found.issued_at, found.next_at, der))
    if refused is not None:
        raise refused
    return False


def _take(call: Call, kept: KeptList) -> bool:
    with call.appliance.store.change(call, about=kept.name) as change:
        before = kept_of(call.appliance, kept.root)
        if before is not None and before.number >= kept.number:
            change.quiet = True
            return False
        change.before, change.after = f"list {before.number}" if before else "", f"list {kept.number}"
        keep(change, kept)
    return True


def _revoked(change: Change, code: str, now: datetime) -> Iterator[Revoked]:
    rows = change.execute(
        "SELECT revoked.serial, reason, revoked_at FROM revoked_certificates AS revoked JOIN issued USING (serial)"
        " WHERE issuer_key = ? AND not_after > ? ORDER BY revoked_at, revoked.serial",
        code,
        moment_text(now - _STAYS),
    )
    for row in rows:
        yield Revoked(int(row["serial"], 16), row["reason"], datetime.fromisoformat(row["revoked_at"]))
