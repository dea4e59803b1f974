"""Who has which server TLS key: this server, and at a Tanium Server every zone server that said so.

Invariant: of this server it is told what lies here, of others what they reported last and since when; nothing of it
is guessed.
"""

from collections.abc import Iterable
from typing import Any

from cryptography import x509

from tanos import deeds
from tanos import subordinate_keys as kinds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.issue import BACKDATED
from tanos.certificates.list_names import owner_of, root_name
from tanos.certificates.pair_kinds import SERVER_TLS
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import Result
from tanos.platform import Role
from tanos.report import Fact, Facts, Mark, Say, Section, Table
from tanos.subordinate.glance import waiting_keys
from tanos.subordinate.held import Key, held_keys, is_revoked, roots_in_use
from tanos.subordinate.holders import Holder, holders
from tanos.subordinate.letters import told_settings
from tanos.subordinate.own import lacking
from tanos.subordinate.pending import Pending, pending

MOST_ABOVE = 6
"""Rows that stand above the lines of a menu."""
_OK = N_("ok")


async def list_keys(call: Call) -> Result:
    """Tell of all. Raises Damaged `damaged-root`."""
    appliance = call.appliance
    roots = roots_in_use(appliance)
    own, asked = held_keys(appliance, roots), pending(appliance)
    rows = _rows(appliance, roots, own)
    waiting = list(keeper_of(appliance).waiting(SERVER_TLS.name)) if lacking(appliance, roots, own) else []
    sections: list[Section] = [_grid(rows), *_waiting(waiting, own), *_asked(asked), _how(appliance)]
    data = {
        "keys": [_row_data(each) for each in rows],
        "waiting": waiting,
        "requests": [_asked_data(each) for each in asked],
        "window_hours": _span(appliance).window_hours,
        "validity_days": _span(appliance).days,
    }
    return Result(N_("Server TLS keys"), tuple(sections), key_findings(appliance), data)


def grid(appliance: Appliance) -> tuple[Section, ...]:
    """Return the same as it stands above the lines of Root Key Management about it."""
    try:
        return (*_few(appliance), *_asked(pending(appliance)))
    except TanosError as error:
        return (Say(error.message, Mark.FAIL),)


def summary(appliance: Appliance) -> tuple[Section, ...]:
    """Return what stands above the lines of their menu."""
    try:
        told = [(Say(each.message, Mark.WARN), Say(each.remedy)) for each in key_findings(appliance)]
        grid = _few(appliance) if roots_in_use(appliance) else ()
        return (*grid, _how(appliance), *(say for each in told for say in each))
    except TanosError as error:
        return (Say(error.message, Mark.FAIL),)


def _few(appliance: Appliance) -> tuple[Section, ...]:
    """Return the grid where it leaves room for lines below it: of many first those that are not in order."""
    rows = _rows(appliance, roots := roots_in_use(appliance), held_keys(appliance, roots))
    first = sorted(rows, key=lambda row: str(row[-1]) == str(_OK))[:MOST_ABOVE]
    left = len(rows) - len(first)
    more = N_("{count} more is told by {list}.", "{count} more are told by {list}.", count=left, list=deeds.LIST_KEYS)
    return (_grid(first), *((Say(more),) if left else ()))


def key_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return what is the matter: who waits for an approval, else who lacks a key. Raises as `list_keys`."""
    roots = roots_in_use(appliance)
    found = [*waiting_keys(appliance)]
    if found and appliance.identity.role is Role.ZONE_SERVER:
        return tuple(found)
    for root in roots:
        missing = without_key(appliance, roots, root)
        if missing:
            found.append(
                warn(
                    "key-missing",
                    N_(
                        "Without a key below {root} yet: {names}.",
                        root=root_name(root),
                        names=inert(", ".join(missing)),
                    ),
                    _how_it_comes(appliance, root),
                )
            )
    return tuple(found)


def _how_it_comes(appliance: Appliance, root: x509.Certificate) -> Message:
    """Say what is to be done that it has one: at a zone server to which no hub of that server came yet, too."""
    known = {owner_of(each.root) for each in held_keys(appliance, roots_in_use(appliance))}
    if appliance.identity.role is not Role.ZONE_SERVER or owner_of(root) in known:
        return N_("Each asks for it by itself as soon as its hub reaches it.")
    return N_(
        "On that Tanium Server have ZoneServerList, of its hub, name this server, and approve the key: {approve};"
        " here AllowedHubs has to name that hub, too.",
        approve=deeds.APPROVE_KEY,
    )


def without_key(appliance: Appliance, roots: Iterable[x509.Certificate], root: x509.Certificate) -> list[str]:
    """Return who has no key below a root: this server, or a zone server that has, or had, one below another."""
    code, known = check_code(root.public_key()), holders(appliance)
    missing = [] if any(each.root == root for each in held_keys(appliance, [root])) else [appliance.identity.fqdn]
    has = {each.name for each in known if each.root == code and each.check_code}
    return [*missing, *sorted({each.name for each in known} - has)]


_Row = tuple[str, str, str, str, str, Message]


def _rows(appliance: Appliance, roots: list[x509.Certificate], own: list[Key]) -> list[_Row]:
    return [*_own_rows(appliance, roots, own), *_other_rows(roots, holders(appliance))]


def _own_rows(appliance: Appliance, roots: list[x509.Certificate], own: list[Key]) -> list[_Row]:
    due = lacking(appliance, roots, own)
    rows = []
    for root in roots:
        key = next((each for each in own if each.root == root), None)
        state = _state(appliance, key, is_due=root in due)
        since = moment_text(key.certificate.not_valid_before_utc + BACKDATED) if key else ""
        end = moment_text(key.certificate.not_valid_after_utc) if key else ""
        rows.append((appliance.identity.fqdn, root_name(root), key.check_code if key else "", since, end, state))
    return rows


def _state(appliance: Appliance, key: Key | None, *, is_due: bool) -> Message:
    if key is None:
        return N_("none yet")
    if is_revoked(appliance, key):
        return N_("revoked")
    return N_("to be renewed") if is_due else _OK


def _other_rows(roots: list[x509.Certificate], others: list[Holder]) -> list[_Row]:
    names = {check_code(each.public_key()): root_name(each) for each in roots}
    known = {(each.name, each.root): each for each in others}
    rows: list[_Row] = []
    for name in dict.fromkeys(each.name for each in others):
        for code, root in names.items():
            one = known.get((name, code))
            if one is None:
                rows.append((name, root, "", "", "", N_("does not know the root yet")))
            elif not one.check_code:
                rows.append((name, root, "", "", "", N_("knows the root since {time}", time=one.trusted_at)))
            else:
                rows.append((name, root, one.check_code, one.held_at, one.not_after, _OK))
    return rows


def _grid(rows: list[_Row]) -> Table:
    columns = (N_("server"), N_("root"), N_("since"), N_("until"), N_("state"))
    shown = tuple((inert(name), root, since, end[:10], state) for name, root, _, since, end, state in rows)
    none = N_(
        "No root of release 7.4 is known here yet: import it ({import_root:key}).", import_root=deeds.IMPORT_ROOT
    )
    return Table(columns, shown, empty=none)


def _how(appliance: Appliance) -> Say:
    span = _span(appliance)
    said = N_(
        "Servers make these keys and renew them by themselves (valid in days: {days}; renewed before the end in"
        " hours: {hours}). The manual procedure, by which requests and certificates are carried, is unnecessary.",
        days=str(span.days),
        hours=str(span.window_hours),
    )
    return Say(said)


def _waiting(waiting: list[str], own: list[Key]) -> list[Section]:
    if not waiting:
        return []
    mark = Mark.WAIT if own else Mark.DUE
    return [Facts(tuple(Fact(N_("key that waits"), code, mark) for code in waiting))]


def _asked(found: list[Pending]) -> list[Section]:
    if not found:
        return []
    states = {True: N_("approved"), False: N_("waits for approval")}
    rows = tuple((inert(each.name), each.check_code, each.asked_at, states[bool(each.approved_at)]) for each in found)
    return [Table((N_("asked by"), N_("check code"), N_("asked"), N_("state")), rows, empty=N_("None."))]


def _span(appliance: Appliance) -> kinds.Lifetime:
    return kinds.lifetime(kinds.SERVER_TLS, told_settings(appliance))


def _row_data(row: _Row) -> dict[str, Any]:
    name, root, code, since, end, state = row
    return {"server": name, "root": root, "check_code": code, "since": since, "until": end, "state": str(state)}


def _asked_data(each: Pending) -> dict[str, Any]:
    return {
        "name": each.name,
        "check_code": each.check_code,
        "asked_at": each.asked_at,
        "approved_by": each.approved_by,
        "approved_at": each.approved_at,
    }
