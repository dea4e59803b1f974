"""List the keys that may sign in as a user: who let each in and from where, what it may do, when it last did."""

from operator import attrgetter

from tanos.actor import Call
from tanos.keys.authorized import AuthorizedKey, authorized_keys
from tanos.keys.revoked import KEY, Mark, is_revoked
from tanos.keys.whose import user_within_reach
from tanos.message import N_
from tanos.moments import moment_text
from tanos.operation import Inquiry, Result
from tanos.report import Table, Words

_PROMISED = (
    "fingerprint",
    "type",
    "bits",
    "comment",
    "added_by",
    "added_at",
    "added_from",
    "options",
    "expires",
    "last_used",
    "last_from",
)
_VALUES = attrgetter(*_PROMISED)
_HEADS = (
    N_("Fingerprint"),
    N_("Type"),
    N_("Bits"),
    N_("Comment"),
    N_("Added by"),
    N_("Added"),
    N_("Added from"),
    N_("Options"),
    N_("Last used"),
    N_("Last from"),
    N_("State"),
)


async def read_list(call: Call, *, user: str) -> Result:
    """List the keys that may sign in as `user`."""
    user_within_reach(call, user)
    keys = authorized_keys(call.appliance, user)
    states = [_state(call, key) for key in keys]
    rows = tuple((*_row(key), state) for key, state in zip(keys, states, strict=True))
    table = Table(_HEADS, rows, N_("No key may sign in as {user}.", user=user))
    shown = [
        {**dict(zip(_PROMISED, _VALUES(key), strict=True)), "state": str(state)}
        for key, state in zip(keys, states, strict=True)
    ]
    return Result(N_("Authorized keys of {user}", user=user), (table,), data={"user": user, "keys": shown})


def _row(key: AuthorizedKey) -> tuple[str, ...]:
    known = (key.fingerprint, key.type, str(key.bits), key.comment, key.added_by, key.added_at, key.added_from)
    return (*known, key.options, key.last_used, key.last_from)


def _state(call: Call, key: AuthorizedKey) -> Words:
    """Say why a key does not sign in, whoever authorised it; nothing where it does."""
    if is_revoked(call.appliance, Mark(KEY, key.fingerprint)):
        return N_("revoked")
    return N_("expired") if key.expires and key.expires <= moment_text(call.appliance.clock()) else ""


LIST_AUTHORIZED = Inquiry(read_list)
