"""Enrol a second device of one's own; forget a lost one; exempt a user, or no longer.

Invariant: a device counts only once a code of it was typed, so that nobody is locked out by one that does not work.
"""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.deeds import CONFIRM_DEVICE as CONFIRM_DEVICE_BY
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding, warn
from tanos.keys.authorized import authorized_keys
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.platform import UserRole
from tanos.report import CopyText, Fact, Facts, Say, Section
from tanos.secret import Secret
from tanos.store.store import Change
from tanos.users.accounts import User, known_user
from tanos.users.actions import Action
from tanos.users.codes import Factor, base32, enrol, factor_of, keep_pending, matching_step, new_secret, uri
from tanos.users.lockout import Counted, forget_failures


@dataclass(frozen=True)
class Confirmed:
    """The device whose code was right, and the step of that code."""

    secret: Secret
    step: int


async def prepare_enrolment(call: Call) -> Plan[str]:
    """Plan a new secret for whoever asks."""
    name = known_user(call.appliance, call.actor.user).name
    told = N_("A secret is made and shown once; it counts as soon as a code of it was typed.")
    sections = (Facts((Fact(N_("User"), name),)), Say(told), *_replaced(call, name))
    return Plan(N_("Enrol a device that shows codes"), name, sections, _no_other_way(call, name), {"user": name})


async def begin_enrolment(call: Call, plan: Plan[str], tell: Tell) -> Result:
    """Make the secret and show it."""
    name, secret = plan.payload, new_secret()
    with call.appliance.store.change(call, about=name) as change:
        keep_pending(change, name, secret)
        change.after = "waits for its first code"
    shown = Facts(
        (
            Fact(N_("User"), name),
            Fact(N_("Secret, shown only now"), base32(secret)),
        )
    )
    told = Say(
        N_(
            "Add it to the device by time, six digits, 30 seconds. Next, with its first code: {confirm_device}.",
            confirm_device=CONFIRM_DEVICE_BY,
        )
    )
    link = CopyText(N_("The same as a link"), uri(call.appliance, name, secret), is_last=True)
    data = {"user": name, "secret": base32(secret), "uri": uri(call.appliance, name, secret)}
    return Result(N_("A secret waits for its first code."), (shown, told, link), data=data)


async def prepare_confirmation(call: Call, *, code: Secret) -> Plan[Confirmed]:
    """Check the first code. Raises NotYet `step-missing`, AnswerRefused `wrong-code`."""
    name = known_user(call.appliance, call.actor.user).name
    confirmed = _confirmed(call, name, code)
    told = N_("From now on a code of this device is asked for beside the password.")
    shown = Facts((Fact(N_("User"), name),))
    return Plan(N_("Let the device count"), confirmed, (shown, Say(told)), data={"user": name})


async def confirm(call: Call, plan: Plan[Confirmed], tell: Tell) -> Result:
    """Let the device count. Raises NotYet `stale`."""
    name, confirmed = call.actor.user, plan.payload
    with call.appliance.store.change(call, about=name) as change:
        factor = factor_of(call.appliance, name)
        if factor is None or factor.pending is None or not factor.pending.same(confirmed.secret):
            raise NotYet("stale", N_("Another secret was made meanwhile."), N_("Confirm that one."))
        enrol(change, name, confirmed.secret, confirmed.step)
        change.after = "enrolled"
    return Result(N_("The device counts."), (Facts((Fact(N_("User"), name),)),), data={"user": name})


def _confirmed(call: Call, name: str, code: Secret) -> Confirmed:
    factor = factor_of(call.appliance, name)
    if factor is None or factor.pending is None:
        raise NotYet("step-missing", N_("No secret waits for its first code."), N_("Enrol a device first."))
    step = matching_step(call.appliance, factor.pending, code.reveal().decode(errors="replace"))
    if step is None:
        raise AnswerRefused(
            "wrong-code",
            N_("This is no code of the device, now or half a minute ago."),
            N_("Compare the clock of the device with that of this appliance."),
        )
    return Confirmed(factor.pending, step)


def _replaced(call: Call, name: str) -> tuple[Section, ...]:
    """Say what another secret does to the present one."""
    factor = factor_of(call.appliance, name)
    if factor is None:
        return ()
    pending = N_("A secret that waits for its first code is there already; the new one replaces it.")
    known = N_("You have a device already: it counts until the new one is confirmed.")
    return (*([Say(pending)] if factor.pending else ()), *([Say(known)] if factor.secret else ()))


def _no_other_way(call: Call, name: str) -> tuple[Finding, ...]:
    if authorized_keys(call.appliance, name):
        return ()
    return (
        warn(
            "device-only",
            N_("No key signs in as {user}: who loses the device cannot come in any more.", user=name),
            N_("Let a key sign in as well, before the device counts."),
        ),
    )


def _a_person(_: Call, account: User) -> None:
    if account.role is UserRole.TANCOPY:
        raise AnswerRefused(
            "never-a-password",
            N_("{user} signs in by keys only, for file transfer.", user=account.name),
            N_("No code is ever asked for there."),
        )


def _factor(appliance: Appliance, account: User) -> Factor:
    factor = factor_of(appliance, account.name)
    if factor is None:
        raise KeyError(account.name)
    return factor


def _has_none(appliance: Appliance, account: User) -> bool:
    factor = _factor(appliance, account)
    return factor.secret is None and factor.pending is None


def _forget(_: Call, change: Change, account: User) -> None:
    change.execute("UPDATE users SET totp_secret = NULL, totp_pending = NULL WHERE name = ?", account.name)
    forget_failures(change, account.name, Counted.CODE)
    change.after = "device forgotten"


def _exempt(_: Call, change: Change, account: User) -> None:
    change.execute("UPDATE users SET totp_exempt = 1 WHERE name = ?", account.name)
    change.after = "exempt from codes"


def _include(_: Call, change: Change, account: User) -> None:
    change.execute("UPDATE users SET totp_exempt = 0 WHERE name = ?", account.name)
    change.after = "not exempt from codes"


def _is_exempt(appliance: Appliance, account: User) -> bool:
    return _factor(appliance, account).exempt


def _is_included(appliance: Appliance, account: User) -> bool:
    return not _factor(appliance, account).exempt


ENROL_DEVICE: Operation[str] = Operation(prepare_enrolment, begin_enrolment)
CONFIRM_DEVICE: Operation[Confirmed] = Operation(prepare_confirmation, confirm)
FORGET_DEVICE = Action(
    N_("Forget the device of a user"),
    N_("This user has no device that shows codes."),
    N_("Where codes are required, the next sign-in by password enrols another one."),
    _a_person,
    _has_none,
    _forget,
).operation
EXEMPT_USER = Action(
    N_("Exempt a user from codes"),
    N_("This user is asked for no code."),
    N_("Password or key alone sign in, whatever is required of the others."),
    _a_person,
    _is_exempt,
    _exempt,
).operation
INCLUDE_USER = Action(
    N_("Ask a user for codes as all others"),
    N_("This user is no exception."),
    N_("A code is asked for where it is of the others, or where a device of this user is enrolled."),
    _a_person,
    _is_included,
    _include,
).operation
