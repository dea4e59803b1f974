"""A root is trusted no more: what it signed stops working on this server at once, and its private key is gone.

Before that it says which roots follow it, for clients that are away meanwhile.

Rules (seed 001): the last one cannot be revoked, its successor comes first; legacy-root does not rotate on 7.4. What
stops working is listed, and the last group of the check code is typed.
"""

from dataclasses import dataclass

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.finding import Finding, refuse, warn
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.operation import Confirmation, Operation, Plan, Result, Tell
from tanos.report import Say, Table
from tanos.roots.kept import Root, State, find_root, rotating, write_revoked
from tanos.roots.offers import REPLACED_HERE
from tanos.roots.page import WEEK, made, tile
from tanos.roots.spread import spread
from tanos.roots.steps import DROPPING
from tanos.roots.used import Use, uses, uses_table
from tanos.store.begun import Doing, taking
from tanos.subordinate.telling import write_letters


@dataclass(frozen=True)
class Revocation:
    """The root that is trusted no more."""

    root: Root


async def _prepare(call: Call, *, name: str) -> Plan[Revocation]:
    """Raises AnswerRefused `no-such-root`."""
    appliance = call.appliance
    root = find_root(appliance, name)
    used = uses(appliance, root)
    refused = _refusals(appliance, root)
    data = {**root.as_data(), "used_by": [each.as_data() for each in used]}
    return Plan(
        N_("Revoke the root key {name}", name=root.server_value),
        Revocation(root),
        (tile(root, used), *(() if refused else (_stops(used),))),
        refused or (*_waited_for(appliance, root), *_told(root, used)),
        data,
        Confirmation(root.last_group),
    )


async def _apply(call: Call, plan: Plan[Revocation], tell: Tell) -> Result:
    """Revoke it. Raises NotYet `stale`, Damaged `pki-damaged`, `disk-failed`."""
    appliance, root = call.appliance, plan.payload.root
    revoke_root(call, root)
    await spread(appliance, tell, cut_off=True)
    revoked = find_root(appliance, root.check_code)
    told = Say(N_("Nothing that it signed is let in by this server any more; its private key is gone."))
    # of 7.2 and 7.3 no backup is made: what was replaced is in none
    proceed = () if root.state is State.REPLACED else (_BACK_UP,)
    return Result(
        N_("{name} is revoked", name=root.server_value), (tile(revoked, []), told, *proceed), data=revoked.as_data()
    )


def revoke_root(call: Call, root: Root) -> None:
    """Have it trusted no more. Raises NotYet `stale`, Damaged `pki-damaged`, `disk-failed`."""
    appliance = call.appliance

    def check() -> None:
        if find_root(appliance, root.check_code).state is not root.state or _refusals(appliance, root):
            raise NotYet(
                "stale",
                N_("Another session changed the root keys in the meantime."),
                N_("Look at the root keys that there are now, and decide anew."),
            )

    if root.state is State.REPLACED:
        with appliance.store.change(call, about=root.server_value) as change:
            check()
            write_revoked(change, root.check_code, call.actor.user)
            change.before, change.after = root.check_code, State.REVOKED.value
        return
    name = root.server_value
    write_letters(appliance)
    with taking(DROPPING, call, Doing(name, name, name, root.check_code, State.REVOKED.value, check)):
        keeper_of(appliance).drop_root_key(name)


def _refusals(appliance: Appliance, root: Root) -> tuple[Finding, ...]:
    if root.state is State.REVOKED:
        message = N_("It is revoked already, since {time}.", time=root.ended_at)
        return (refuse("root-revoked", message, N_("There is nothing to do.")),)
    if root.state is State.REPLACED:
        return ()
    if root.is_legacy and REPLACED_HERE.holds_for(appliance.identity):
        return (_last(N_("Replace it first: {replace}.", replace=deeds.REPLACE_ROOT)),)
    if root.is_legacy:
        message = N_("legacy-root is the root of 7.2 clients; it does not rotate.")
        return (refuse("legacy-root", message, N_("Have these clients upgraded; they then know the other roots.")),)
    if len(rotating(appliance)) < 2:
        return (_last(N_("Make its successor first: {create}.", create=deeds.CREATE_ROOT)),)
    return ()


def _last(remedy: Message) -> Finding:
    return refuse("last-root", N_("It is the only root key in use here."), remedy)


def _stops(used: list[Use]) -> Table:
    return uses_table(used, N_("No certificate of this root is in use: nothing stops working."))


def _waited_for(appliance: Appliance, root: Root) -> tuple[Finding, ...]:
    """Say of the former one of two how long it is waited for (seed 001)."""
    active = rotating(appliance)
    if not active or root.check_code != active[0].check_code:
        return ()
    latest = active[-1]
    until = made(latest) + WEEK
    if appliance.clock() >= until:
        return ()
    return (
        warn(
            "week-not-over",
            N_(
                "{name} was made less than a week ago; who was away since does not know it.", name=latest.server_value
            ),
            N_("Wait until {date}, unless the former root key is compromised.", date=until.date().isoformat()),
        ),
    )


def _told(root: Root, used: list[Use]) -> tuple[Finding, ...]:
    if not used:
        return ()
    remedy = N_("Have each made anew first, unless the root is compromised: {renew}.", renew=deeds.RENEW_CERTIFICATE)
    if not root.is_legacy:
        remedy = N_(
            "They are made anew by themselves: wait until each server has its keys below the next root, unless"
            " this one is compromised: {list_keys}.",
            list_keys=deeds.LIST_KEYS,
        )
    return (
        warn(
            "stops-working",
            N_(
                "{count} certificate stops working with it.",
                "{count} certificates stop working with it.",
                count=len(used),
            ),
            remedy,
        ),
    )


_BACK_UP = Say(
    N_("Next: {back_up}; an earlier backup would bring this root key back as active.", back_up=deeds.BACK_UP_ROOTS)
)
REVOKE_ROOT: Operation[Revocation] = Operation(_prepare, _apply)
