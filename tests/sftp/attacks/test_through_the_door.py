"""Some of the written attacks by way of the front door: a real ssh carries the same raw packets to the real child."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sftp.attacks.acted import Stage
from tests.sftp.attacks.guarded import Guarded, guard
from tests.sftp.attacks.script import Attack
from tests.sftp.attacks.test_written import ATTACKS
from tests.sftp.attacks.wire import Wire
from tests.sftp.door.conftest import OpenDoor, a_door, make_home

pytestmark = pytest.mark.door

_NOT_HERE = ("kill", "part:", "raw: ", "repeat 10000", "hardlink")
"""Steps that need the child at hand, or a key of our own making, or that would only take long."""
_EACH = 12
CHOSEN = [
    each
    for each in ATTACKS
    if isinstance(each.values[0], Attack)
    and not any(word in step.line for step in each.values[0].steps for word in _NOT_HERE)
][::_EACH]


class Carried:
    """One ssh that carries the packets."""

    def __init__(self, door: OpenDoor, key: str) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(60)
        self.wire = Wire(ours)
        host = "files2" if key == "SHA256:two" else "files"
        with theirs:
            words = ["ssh", "-F", door.config, "-s", host, "sftp"]
            self._ssh = subprocess.Popen(words, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.PIPE)

    def weight(self) -> tuple[int, int]:
        """The child is not at hand."""
        return 0, 0

    def leave(self) -> int:
        """Go; return the exit status that travelled back."""
        self.wire.link.shutdown(socket.SHUT_WR)
        return self._ssh.wait(60)

    def kill(self) -> None:
        """End the client."""
        self._ssh.kill()

    def trouble(self) -> str:
        """Return what the child said, as the client saw it."""
        assert self._ssh.stderr is not None
        said = self._ssh.stderr.read().decode()
        return said if "fault" in said or "Traceback" in said else ""

    def close(self) -> None:
        """Leave nothing behind."""
        self.wire.link.close()
        self._ssh.kill()
        self._ssh.wait()
        if self._ssh.stderr is not None:
            self._ssh.stderr.close()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenDoor, Guarded]]:
    """A door, and what its home guards."""
    directory = tmp_path_factory.mktemp("attacked-through")
    appliance = make_home(directory)
    guarded = guard(appliance, directory, works=True)
    with a_door(directory, appliance) as opened:
        yield opened, guarded


@pytest.mark.parametrize("attack", CHOSEN)
def test_an_attack_through_the_door_comes_to_nothing(door: tuple[OpenDoor, Guarded], attack: Attack) -> None:
    opened, guarded = door
    guarded.clear()

    Stage(guarded, lambda key: Carried(opened, key)).act(attack)

    assert not (Path(opened.appliance.home) / "log" / "faults.log").exists()
