"""Show and generate a user's own key pair.

Invariant: a pair that somebody else made between Plan and apply is not thrown away: the write is refused as stale.
It is recorded as begun before the file is replaced, so that whatever dies in between, its end is recorded later.
"""

from dataclasses import dataclass

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import Damaged, NotYet
from tanos.finding import Finding, warn
from tanos.keeper import keeper_of
from tanos.keys.public_key import SshPublicKey, read_line
from tanos.keys.whose import user_within_reach
from tanos.message import N_, Message
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.platform import DROP_BOX_USER
from tanos.report import CopyText, Fact, Facts, Say, Section
from tanos.store.begun import Doing, Step, taking


@dataclass(frozen=True)
class Generation:
    """Whose pair is made, and which one it replaces (`SHA256:…`, or empty)."""

    user: str
    replaces: str


async def show(call: Call, *, user: str) -> Result:
    """Show the public half of `user`'s pair. Raises NotYet `step-missing`."""
    user_within_reach(call, user)
    key = _present(call.appliance, user)
    return _shown(N_("SSH public key of {user}", user=user), user, key)


async def prepare(call: Call, *, user: str) -> Plan[Generation]:
    """Plan a new Ed25519 pair for `user`, with the fingerprint that it would replace."""
    user_within_reach(call, user)
    replaces = _present_fingerprint(call.appliance, user)
    rows = [Fact(N_("User"), user), Fact(N_("Type"), "Ed25519")]
    rows.append(
        Fact(N_("Replaces"), replaces) if replaces else Fact(N_("Replaces"), N_("nothing: there is no pair yet"))
    )
    return Plan(
        N_("Generate the SSH key pair of {user}", user=user),
        Generation(user, replaces),
        (Facts(tuple(rows)),),
        (_peers_lose_access(user),) if replaces else (),
        {"user": user, "type": "ssh-ed25519", "replaces": replaces},
    )


async def apply(call: Call, plan: Plan[Generation], tell: Tell) -> Result:
    """Make the pair. Raises NotYet `stale` where the present one is not the one that the Plan showed."""
    wanted, appliance = plan.payload, call.appliance
    keeper = keeper_of(appliance)

    def check() -> None:
        if _present_fingerprint(appliance, wanted.user) != wanted.replaces:
            raise _stale(wanted.user)

    line = keeper.new_ssh_pair(wanted.user)
    key = read_line(line)
    doing = Doing(_place(wanted.user), key.fingerprint, wanted.user, wanted.replaces, key.fingerprint, check)
    with taking(GENERATING, call, doing):
        keeper.keep_ssh_pair(wanted.user, line)
    return _shown(N_("The SSH key pair of {user} was generated.", user=wanted.user), wanted.user, key)


def _present(appliance: Appliance, user: str) -> SshPublicKey:
    return read_line(keeper_of(appliance).ssh_public_line(user))


def _present_fingerprint(appliance: Appliance, user: str) -> str:
    """Return what a new pair would replace; a damaged one must not be in the way of its successor."""
    try:
        return _present(appliance, user).fingerprint
    except Damaged as damaged:
        return damaged.id
    except NotYet:
        return ""


def _place(user: str) -> str:
    return f"ssh/{user}"


def _lies_there(appliance: Appliance, place: str, mark: str) -> bool:
    return _present_fingerprint(appliance, place.removeprefix("ssh/")) == mark


GENERATING = Step("ssh-key", _lies_there)
"""A user's pair is replaced: its place is his private file, its mark the new fingerprint."""


def _stale(user: str) -> NotYet:
    return NotYet(
        "stale",
        N_("Another session generated the key pair of {user} meanwhile.", user=user),
        N_("Look at the new public key; generate again only if it is still needed."),
    )


def _shown(title: Message, user: str, key: SshPublicKey) -> Result:
    facts = Facts((Fact(N_("Type"), key.type), Fact(N_("Fingerprint"), key.fingerprint)))
    next_step = N_(
        "Add it to the authorized keys of tancopy at the peer ({add:key} there).",
        add=deeds.ADD_AUTHORIZED_KEY.of(DROP_BOX_USER),
    )
    sections: tuple[Section, ...] = (facts, CopyText(N_("Public key"), key.line), Say(next_step))
    return Result(title, sections, data={"user": user, "public_key": key.line, "fingerprint": key.fingerprint})


def _peers_lose_access(user: str) -> Finding:
    return warn(
        "peers-lose-access",
        N_("Peers that know the present key of {user} will turn this appliance away.", user=user),
        N_("Give the new public key to every peer afterwards."),
    )


SHOW_KEY = Inquiry(show)
GENERATE_KEY: Operation[Generation] = Operation(prepare, apply)
