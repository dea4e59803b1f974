"""One host is asked how it stands, by the person's own ssh.

Invariants: ssh asks nobody anything, forwards nothing and leaves nothing behind; it is bounded in time and in what is
kept of its words. Whatever goes wrong with one host is its row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sftp.board.row import STATUS, NoStatus, Row, error_of, row_of
from sftp.trouble import short_words
from tanos.message import N_
from tanos.platform import DROP_BOX_USER
from tanos.system import Finished, find_program, run_bounded

UNREACHABLE, NO_STATUS = "peer-unreachable", "no-status"
_SSH_FAILED = 255
_OPTIONS = (
    "BatchMode=yes",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ControlMaster=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "LogLevel=ERROR",
)


@dataclass(frozen=True)
class Asking:
    """How hosts are asked."""

    config: Path | None = None
    seconds: float = 20
    """The most that one host may take."""
    give_up: int | None = None
    """A descriptor that can be read once nobody awaits an answer any more."""

    def ssh(self, *words: str) -> Finished:
        """Run ssh. Raises TimeoutError, NotYet `program-missing`."""
        config = ["-F", str(self.config.absolute())] if self.config else []
        connect = f"ConnectTimeout={max(1, int(self.seconds))}"
        options = [word for each in (*_OPTIONS, connect) for word in ("-o", each)]
        command = [find_program("ssh", "openssh-client"), *config, *options, *words]
        return run_bounded(command, seconds=self.seconds, give_up=self.give_up)


def ask(host: str, asking: Asking) -> Row:
    """Return how one host stands."""
    try:
        done = asking.ssh("--", host, STATUS)
    except TimeoutError:
        late = N_("no answer within {seconds} seconds", seconds=f"{asking.seconds:g}")
        return Row(host, problem=UNREACHABLE, reason=late)
    said = done.stderr.decode(errors="replace").strip()
    if done.status == _SSH_FAILED:
        return Row(host, problem=UNREACHABLE, reason=_last_line(said))
    refused = error_of(done.stdout)
    if refused:
        return Row(host, problem=refused[0] or NO_STATUS, reason=short_words(refused[1]))
    try:
        return row_of(host, done.stdout)
    except NoStatus:
        return Row(host, problem=NO_STATUS, reason=_last_line(said or done.stdout.decode(errors="replace")))


def is_drop_box(host: str, asking: Asking) -> bool:
    """Say whether the configuration signs in there as the user of drop boxes, who has no verbs."""
    try:
        told = asking.ssh("-G", "--", host).text.splitlines()
    except TimeoutError:
        return False
    return f"user {DROP_BOX_USER}" in told


def _last_line(said: str) -> str:
    lines: Sequence[str] = [line for line in said.splitlines() if line.strip()]
    return short_words(lines[-1]) if lines else "-"
