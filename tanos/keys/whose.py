"""Whose keys an actor may see and change: a tanadmin everybody's, a tanuser his own."""

from tanos.actor import Call
from tanos.errors import NotOffered
from tanos.message import N_
from tanos.platform import UserRole
from tanos.users.accounts import User, known_user


def user_within_reach(call: Call, name: str) -> User:
    """Return the user; raise NotOffered `not-offered` or AnswerRefused `no-such-user`."""
    if call.actor.role is not UserRole.TANADMIN and call.actor.user != name:
        raise NotOffered(
            "not-offered",
            N_("{user} may see and change only his own keys.", user=call.actor.user),
            N_("Ask a tanadmin user."),
        )
    return known_user(call.appliance, name)
