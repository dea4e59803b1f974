"""Rotating a host key: a second one is made and announced, later shown on trial, and once kept the first is wiped.

Invariant: no step changes what is shown to who connects but `retire`, and that goes back by itself.
"""

from dataclasses import dataclass

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.finding import Finding, warn
from tanos.keeper import keeper_of
from tanos.keys.host_keys import host_fingerprints, host_key_file
from tanos.keys.host_rotation import NextKey, finish, next_keys
from tanos.keys.public_key import read_line
from tanos.keys.trial_rows import HOST_KEY
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.peers import peers
from tanos.report import Fact, Facts
from tanos.trials.announced import how_to_keep_it, on_trial_warning
from tanos.trials.rows import on_trial

_MOST_NAMED = 10


@dataclass(frozen=True)
class Rotation:
    """Of one kind of host key, with what follows it now."""

    kind: str
    following: NextKey | None


async def prepare_rotation(call: Call, *, kind: str) -> Plan[Rotation]:
    """Find what is there of that kind."""
    found = _rotation(call.appliance, kind)
    facts = [Fact(N_("Present key"), _present(call.appliance, kind))]
    if found.following:
        facts.append(Fact(N_("Next key, announced already"), found.following.fingerprint))
    return Plan(
        N_("Make the next host key"),
        found,
        (Facts(tuple(facts)),),
        data={"kind": kind, "next": found.following.fingerprint if found.following else None},
        confirmation=NOTHING_TO_DO if found.following else YES,
    )


async def apply_rotation(call: Call, plan: Plan[Rotation], tell: Tell) -> Result:
    """Make it beside the present one, and have it announced. Raises Damaged `disk-failed`, NotYet `stale`, `busy`."""
    kind = plan.payload.kind
    if plan.payload.following is None:
        finish(call)
        keeper = keeper_of(call.appliance)
        tell(N_("Making the key …"))
        line = keeper.new_host_key(kind)  # RSA takes its time, and nobody is kept from writing meanwhile
        with call.appliance.store.change(call, about=kind) as change:
            if _rotation(call.appliance, kind).following is not None:
                raise _stale()
            keeper.keep_next_host_key(kind, line)
            sql = "INSERT INTO next_host_keys (kind, line, made_by, made_at) VALUES (?, ?, ?, ?)"
            change.execute(sql, kind, line, call.actor.user, change.now)
            change.after = f"{read_line(line).fingerprint} announced"
    made = _rotation(call.appliance, kind).following
    if made is None:
        raise _stale()
    facts = Facts(
        (
            Fact(N_("Next key"), made.fingerprint),
            Fact(
                N_("Afterwards"),
                N_("Once its clients know it, let it take over: {retire}.", retire=deeds.RETIRE_HOST_KEY),
            ),
        )
    )
    title = N_("The next host key is announced to all who sign in, and not shown to anybody else yet.")
    return Result(title, (facts,), data={"kind": kind, "next": made.fingerprint})


async def prepare_retirement(call: Call, *, kind: str) -> Plan[Rotation]:
    """Find the next key, and who does not know it yet. Raises NotYet `step-missing`."""
    found = _rotation(call.appliance, kind)
    if found.following is None:
        raise NotYet(
            "step-missing",
            N_("No next host key of that type is announced."),
            N_("Make one, and give clients time to learn it: {rotate}.", rotate=deeds.ROTATE_HOST_KEY),
        )
    following = found.following
    unaware = who_has_not_asked(call.appliance, following)
    facts = Facts(
        (
            Fact(N_("Present key"), _present(call.appliance, kind)),
            Fact(N_("Next key"), following.fingerprint),
            Fact(N_("Announced since"), following.made_at),
        )
    )
    trial = on_trial_warning(call.appliance, N_("Whoever pinned the present key alone is kept out."))
    return Plan(
        N_("Let the next host key take over"),
        found,
        (facts,),
        () if following.in_use else (*_unaware(unaware), trial),
        {"kind": kind, "next": following.fingerprint, "not_asked": unaware},
        NOTHING_TO_DO if following.in_use else YES,
    )


async def apply_retirement(call: Call, plan: Plan[Rotation], tell: Tell) -> Result:
    """Show it to who connects, on trial. Raises NotYet `stale`."""
    following = plan.payload.following
    assert following is not None
    with call.appliance.store.change(call, about=following.kind) as change:
        standing = _rotation(call.appliance, following.kind).following
        if standing is None or standing.line != following.line:
            raise _stale()
        change.quiet = standing.in_use
        change.after = following.fingerprint
        with on_trial(change, call, HOST_KEY, kind=following.kind):
            change.execute("UPDATE next_host_keys SET in_use = 1 WHERE kind = ?", following.kind)
    facts = Facts((Fact(N_("Host key"), following.fingerprint),))
    return Result(
        N_("Those who connect are shown the next host key; the one before stays announced until it is kept."),
        (facts,) if standing.in_use else (facts, how_to_keep_it()),
        data={"kind": following.kind, "next": following.fingerprint},
    )


def who_has_not_asked(appliance: Appliance, following: NextKey) -> list[str]:
    """Return who signed in since the key is announced and never asked for its proof: user and key, or peer."""
    rows = appliance.store.rows(
        "SELECT DISTINCT user, key FROM audit WHERE verb = 'sign-in' AND result = 'done' AND time >= ?"
        " EXCEPT SELECT user, key FROM host_key_proofs WHERE fingerprint = ? ORDER BY user, key",
        following.made_at,
        following.fingerprint,
    )
    names = {peer.key: peer.name for peer in peers(appliance) if peer.key}
    return [" ".join(filter(None, (row["user"], names.get(row["key"], row["key"])))) for row in rows]


def _unaware(unaware: list[str]) -> tuple[Finding, ...]:
    if not unaware:
        return ()
    more = ", …" if len(unaware) > _MOST_NAMED else ""
    return (
        warn(
            "host-key-unlearned",
            N_(
                "{count} that signed in since has not asked for the next host key: {who}.",
                "{count} that signed in since have not asked for the next host key: {who}.",
                count=len(unaware),
                who=", ".join(unaware[:_MOST_NAMED]) + more,
            ),
            N_("Have them pin it before, or wait: UpdateHostKeys=yes has OpenSSH learn it at a sign-in."),
        ),
    )


def _rotation(appliance: Appliance, kind: str) -> Rotation:
    host_key_file(kind)
    return Rotation(kind, next((each for each in next_keys(appliance) if each.kind == kind), None))


def _present(appliance: Appliance, kind: str) -> str:
    return host_fingerprints(appliance).get(f"ssh-{kind}", "-")


def _stale() -> NotYet:
    return NotYet(
        "stale",
        N_("Another session changed the host keys in the meantime."),
        N_("Look at them again, and try again."),
    )


ROTATE_HOST_KEY: Operation[Rotation] = Operation(prepare_rotation, apply_rotation)
RETIRE_HOST_KEY: Operation[Rotation] = Operation(prepare_retirement, apply_retirement)
