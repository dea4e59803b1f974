"""Root Key Management: a tile for each root key, the grid of those that have ended, and what is next."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.subordinate import may_have_intermediates
from tanos.errors import TanosError
from tanos.finding import Finding, Severity, note, warn
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.operation import Inquiry, Result
from tanos.report import CopyText, Fact, Facts, Mark, Say, Section, Table
from tanos.roots.kept import Root, State, find_root, roots
from tanos.roots.matching import mismatch_told
from tanos.roots.offers import REPLACED_HERE, ROTATED_HERE
from tanos.roots.used import Use, uses, uses_table

_MARKS = {Severity.WARN: Mark.WARN, Severity.NOTE: Mark.DUE}
OLD = timedelta(days=365)
"""Rule (seed 001): a root rotates at least once a year."""
WEEK = timedelta(days=7)
"""Rule (seed 001): that long the next one is waited for before the former one is revoked."""


async def _list(call: Call) -> Result:
    appliance, found = call.appliance, roots(call.appliance)
    data: dict[str, Any] = {"roots": [_data(appliance, each) for each in found]}
    sections = _sections(appliance, found)
    if ROTATED_HERE.holds_for(appliance.identity):
        data["sealed"] = bool(keeper_of(appliance).root_seal())
        sections = (_sealed() if data["sealed"] else _open(), *sections)
    return Result(N_("Root keys"), sections, root_findings(appliance, found), data)


async def _show(call: Call, *, name: str) -> Result:
    """Raises AnswerRefused `no-such-root`."""
    root = find_root(call.appliance, name)
    found = uses(call.appliance, root)
    sections = (
        CopyText(N_("Root key {name}", name=root.server_value), root.pem, root.check_code),
        tile(root, found),
        uses_table(found, N_("No certificate of this root is in use.")),
    )
    data = {**_data(call.appliance, root), "public_key": root.pem}
    return Result(N_("Root key {name}", name=root.server_value), sections, data=data)


def page_state(appliance: Appliance) -> tuple[Section, ...]:
    """Return what stands above the page's lines."""
    try:
        found = roots(appliance)
        told = root_findings(appliance, found)
        return (_grid(found), *(Say(each.message, _MARKS[each.severity]) for each in told))
    except TanosError as error:
        return (Say(error.message, Mark.FAIL),)


def _sealed() -> Say:
    return Say(N_("pki.db is sealed by a password."), Mark.OK)


def _open() -> Say:
    return Say(N_("pki.db lies open: {seal}.", seal=deeds.SEAL_ROOTS), Mark.DUE)


def _grid(found: list[Root]) -> Table:
    rows = tuple((each.server_value, each.check_code, each.state.label) for each in found)
    return Table((N_("root key"), N_("check code"), N_("state")), rows, empty=N_("There is no root key."))


def root_findings(appliance: Appliance, found: list[Root]) -> tuple[Finding, ...]:
    """Return what is next: a root is old or lacks what clients need, two are active, a former one is used or not."""
    active = [each for each in found if each.state is State.ACTIVE and not each.is_legacy]
    told = [_old(appliance, each) for each in found if _is_old(appliance, each)]
    if len(active) > 1:
        told = [_two_active(active[0], active[-1])]
    told += [_no_client_keys(each) for each in active[-1:] if not may_have_intermediates(each.certificate)]
    told += [_former(each, uses(appliance, each)) for each in found if each.state is State.REPLACED]
    return (*mismatch_told(appliance), *told)


def tile(root: Root, used: list[Use]) -> Facts:
    """Return what an operator sees of a root."""
    state = Fact(N_("state"), root.state.label, Mark.OK if root.state is State.ACTIVE else None)
    return Facts((_value(root), state, Fact(N_("check code"), root.check_code), *_about(root, used)))


def _value(root: Root) -> Fact:
    return Fact(N_("server value"), root.server_value)


def _about(root: Root, used: list[Use]) -> tuple[Fact, ...]:
    """Return what stands on its tile and in no grid."""
    made_at = N_("{time} by {user}", time=root.made_at, user=root.made_by) if root.made_by else root.made_at
    return (
        Fact(N_("fingerprint"), root.fingerprint),
        Fact(N_("used by"), _used_by(used)),
        Fact(N_("made"), made_at),
    )


def _used_by(used: list[Use]) -> Message:
    others = len([each for each in used if not each.is_own])
    counted = N_("{count} issued certificate", "{count} issued certificates", count=others)
    if any(each.is_own for each in used):
        return N_("this server, {others}", others=counted) if others else N_("this server")
    return counted if others else N_("nothing")


def _sections(appliance: Appliance, found: list[Root]) -> tuple[Section, ...]:
    here = [each for each in found if each.state is not State.REVOKED]
    revoked = Table(
        (N_("revoked"), N_("by"), N_("server value"), N_("check code")),
        tuple(
            (each.ended_at, inert(each.ended_by), each.server_value, each.check_code)
            for each in found
            if each.state is State.REVOKED
        ),
        empty=N_("No root key was revoked."),
    )
    tiles = (Facts((_value(each), *_about(each, uses(appliance, each)))) for each in here)
    return (_grid(here), revoked, *tiles)


def _data(appliance: Appliance, root: Root) -> dict[str, Any]:
    return {**root.as_data(), "used_by": [each.as_data() for each in uses(appliance, root)]}


def _is_old(appliance: Appliance, root: Root) -> bool:
    if root.state is not State.ACTIVE or (root.is_legacy and not REPLACED_HERE.holds_for(appliance.identity)):
        return False
    return appliance.clock() - made(root) > OLD


def made(root: Root) -> datetime:
    """Return when it was made."""
    return datetime.fromisoformat(root.made_at).astimezone(UTC)


def _old(appliance: Appliance, root: Root) -> Finding:
    deed = deeds.REPLACE_ROOT if REPLACED_HERE.holds_for(appliance.identity) else deeds.GUIDE_ROTATION
    return note(
        "root-old",
        N_("{name} is older than a year ({time}).", name=root.server_value, time=root.made_at),
        N_("Have another one follow it: {deed}.", deed=deed),
    )


def _no_client_keys(root: Root) -> Finding:
    return warn(
        "no-client-keys",
        N_("{name} was made by an earlier version and signs no intermediate key: clients get no TLS keys.",
           name=root.server_value),
        N_("Make the next root key: {create}.", create=deeds.CREATE_ROOT),
    )  # fmt: skip


def _two_active(former: Root, latest: Root) -> Finding:
    return note(
        "rotation-open",
        N_("{former} is to be revoked once {latest} is known everywhere: from {date} on, or at once where it is"
           " compromised.", former=former.server_value, latest=latest.server_value,
           date=(made(latest) + WEEK).date().isoformat()),
        N_("Revoke it: {revoke}.", revoke=deeds.REVOKE_ROOT),
    )  # fmt: skip


def _former(root: Root, used: list[Use]) -> Finding:
    if used:
        return warn(
            "former-root-used",
            N_(
                "{count} certificate is signed by the root that was replaced (check code {code}).",
                "{count} certificates are signed by the root that was replaced (check code {code}).",
                count=len(used),
                code=root.check_code,
            ),
            N_("Have each made anew, this server's own first: {renew}.", renew=deeds.RENEW_OWN)
            if any(each.is_own for each in used)
            else N_(
                "Have each made anew: a request there, and here {import_request}.",
                import_request=deeds.IMPORT_REQUEST,
            ),
        )
    return note(
        "rotation-open",
        N_("Nothing uses the root that was replaced (check code {code}).", code=root.check_code),
        N_("Revoke it: {revoke}.", revoke=deeds.REVOKE_ROOT),
    )


LIST_ROOTS = Inquiry(_list)
SHOW_ROOT = Inquiry(_show)
