"""Replacing the other Tanium Server, step by step (seed 004): which step is done, and which is next.

Invariant: nothing is kept of how far it went; each step is read from where the servers stand, so that it goes on
after any interruption, and is the same in every session. Rule: the trust of the old server is revoked before the new
one is trusted.
"""

from dataclasses import dataclass

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.message import N_, Deed, Message
from tanos.operation import Inquiry, Result
from tanos.report import Say, Section, Table
from tanos.trust.kept import Other, others
from tanos.trust.machine import State
from tanos.trust.page import tile

_ENDED = "SELECT key, max(id) AS at FROM trust_history WHERE before = 'trusted' GROUP BY key ORDER BY at DESC LIMIT 1"
_TITLE = N_("Replacing the other Tanium Server, step by step")
_HERE, _THERE = N_("here"), N_("on the other server")
_DONE, _DUE, _LATER = N_("done"), N_("due"), N_("later")


@dataclass(frozen=True)
class _Servers:
    """The one that goes, and the one that comes; None where there is none yet."""

    old: Other | None
    new: Other | None

    @property
    def is_revoked(self) -> bool:
        """Whether the old one is trusted no more."""
        return self.old is not None and self.old.state is not State.TRUSTED


@dataclass(frozen=True)
class _Step:
    what: Message
    where: Message
    is_done: bool
    deed: Deed | None = None


async def _guide(call: Call) -> Result:
    seen = _look(call.appliance)
    if seen.old is None:
        nothing = Say(N_("No other Tanium Server was trusted here yet: there is none to replace."))
        return Result(_TITLE, (nothing,), data={"steps": [], "next": None, "old": None, "new": None})
    steps = _steps(seen, seen.old)
    due = next((number for number, each in enumerate(steps) if not each.is_done), len(steps))
    rows = tuple(
        (str(number + 1), each.what, each.where, _DONE if number < due else _DUE if number == due else _LATER)
        for number, each in enumerate(steps)
    )
    table = Table((N_("step"), N_("what"), N_("where"), N_("state")), rows, N_("Nothing."))
    following = steps[due].deed if due < len(steps) else None
    data = {
        "steps": [{"step": str(each.what), "done": number < due} for number, each in enumerate(steps)],
        "next": following.verb if following else None,
        "old": seen.old.as_data(),
        "new": seen.new.as_data() if seen.new else None,
    }
    said: tuple[Section, ...] = (_proceed(seen.old, following, due),) if following else (_AFTER,)
    shown = tile(seen.new) if seen.new else ()
    return Result(_TITLE, (table, *shown, *said), data=data, leads_to=following)


def _proceed(old: Other, deed: Deed, due: int) -> Say:
    if due:
        return Say(N_("Next: {deed}.", deed=deed))
    return Say(
        N_(
            "Next: stop {name} (it was last heard of {time}) so that it does not come back; then {deed}.",
            name=old.fqdn,
            time=old.heard_at,
            deed=deed,
        )
    )


def _look(appliance: Appliance) -> _Servers:
    """Tell them apart: the old one is, or was, trusted; the new one came later, and nobody revoked or denied it."""
    found = others(appliance)
    row = appliance.store.row(_ENDED)
    ended = [each for each in found if row is not None and each.key == row["key"] and each.state is not State.TRUSTED]
    trusted = [each for each in found if each.state is State.TRUSTED]
    old = next(iter(ended or trusted), None)
    came = [each for each in found if each.state not in {State.REVOKED, State.DENIED} and each != old]
    return _Servers(old, max(came, key=lambda each: each.first_heard_at, default=None))


def _steps(seen: _Servers, old: Other) -> list[_Step]:
    new, revoke = seen.new, deeds.REVOKE_TRUST.of(old.fqdn)
    accepted = new is not None and new.standing.i_accepted
    trusted = new is not None and new.state is State.TRUSTED
    return [
        _Step(N_("Take the old server out of service: {name}", name=old.fqdn), _THERE, seen.is_revoked, revoke),
        _Step(N_("Revoke its trust"), _HERE, seen.is_revoked, revoke),
        _Step(N_("Install the new server, of the same release"), _THERE, new is not None, deeds.FIND_SERVER),
        _Step(N_("It becomes known here"), _HERE, new is not None, deeds.FIND_SERVER),
        _Step(N_("Compare with its screen, and accept it"), _HERE, accepted, deeds.ACCEPT_SERVER),
        _Step(N_("Compare there, and accept this server"), _THERE, trusted, deeds.LIST_SERVERS),
    ]


_AFTER = Say(
    N_(
        "Where zone servers and clients had the roots of the old server: put tanium-init.dat out anew on the new one"
        " ({export}), import it on each zone server ({import_root}), and approve its key on both ({approve}).",
        export=deeds.EXPORT_ROOT,
        import_root=deeds.IMPORT_ROOT,
        approve=deeds.APPROVE_KEY,
    )
)
REPLACE_SERVER = Inquiry(_guide)
