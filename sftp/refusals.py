"""Why a channel does not start, in words.

Invariant: each says what was refused and what to do instead; none tells who else has an account.
"""

from tanos import deeds
from tanos.errors import NotOffered, NotYet, WrongUse
from tanos.message import N_
from tanos.platform import DROP_BOX_USER

_ADD = deeds.ADD_AUTHORIZED_KEY.of(DROP_BOX_USER)
NO_KEYS_BY_SFTP = N_("No key is added by SFTP: a tanadmin user adds it by {add}.", add=_ADD)
LOST_PROCESS = N_("The appliance lost this session's process; sign in again.")


def no_shell(user: str) -> NotOffered:
    """Return why tancopy gets no menu and no verb."""
    return NotOffered(
        "not-offered",
        N_("{user} signs in for file transfer only.", user=user),
        N_("Use sftp, scp without -O, or any other SFTP client; a tanadmin user adds keys by {add}.", add=_ADD),
    )


def no_files(user: str) -> NotOffered:
    """Return why others get no files."""
    return NotOffered(
        "not-offered",
        N_("{user} has no files here: files are exchanged as the user tancopy.", user=user),
        N_("Sign in as tancopy for them; to add a key, leave out -s of ssh-copy-id."),
    )


def no_subsystem() -> NotOffered:
    """Return why there is no such subsystem."""
    return NotOffered(
        "not-offered", N_("There is no subsystem of that name here."), N_("The only one is sftp, for tancopy.")
    )


def too_long() -> WrongUse:
    """Return why a command is not read."""
    return WrongUse(
        "wrong-use",
        N_("The command is longer than this appliance reads."),
        N_("Send long answers on standard input."),
    )


def no_room() -> NotYet:
    """Return why no session starts just now."""
    return NotYet(
        "busy",
        N_("This appliance serves as many sessions as it can just now."),
        N_("Leave a session that is not needed, or try again in a minute."),
    )
