"""A front door that runs out of descriptors: sessions are refused in words, and later ones come in."""

import resource
import subprocess
import time
from pathlib import Path

import pytest

from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.sftp.door.processes import children, soon

pytestmark = pytest.mark.door


def _open_in(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _at_rest(door: OpenDoor) -> int:
    """Return how many are open once nothing of a session is."""
    assert soon(lambda: not children(door.warm_pid))
    seen = [_open_in(door.pid)]

    def rests() -> bool:
        time.sleep(0.2)
        seen.append(_open_in(door.pid))
        return seen[-1] == seen[-2]

    assert soon(rests)
    return seen[-1]


def _over_one_connection(door: OpenDoor, socket: Path, *words: str) -> "subprocess.CompletedProcess[bytes]":
    command = ["ssh", "-F", door.config, "-o", f"ControlPath={socket}", *words]
    return subprocess.run(command, capture_output=True, input=b"", timeout=60, check=False)


@pytest.mark.parametrize(
    ("host", "words"), [("box", ("exit", "5")), ("box", ("-tt", "exit", "5")), ("files", ("-s", "sftp"))]
)
def test_a_door_without_descriptors_says_so_and_recovers(tmp_path: Path, host: str, words: tuple[str, ...]) -> None:
    appliance = make_home(tmp_path)
    with a_door(tmp_path, appliance) as door:
        control = tmp_path / "control"
        options = [word for word in words if word.startswith("-") and word != "-s"]
        rest = [word for word in words if word not in options]
        arguments = [*options, *(["-s", host, "sftp"] if host == "files" else [host, *rest])]
        usual_status = 0 if host == "files" else 5
        with subprocess.Popen(
            ["ssh", "-F", door.config, "-o", f"ControlPath={control}", "-o", "ControlMaster=yes", "-N", host],
            stdin=subprocess.DEVNULL,
        ) as master:
            try:
                assert door.ssh("exit", "5").returncode == 5
                first = _over_one_connection(door, control, *arguments)
                assert first.returncode == usual_status
                usual = resource.prlimit(door.pid, resource.RLIMIT_NOFILE)
                before = _at_rest(door)
                statuses = []
                for most in range(before - 2, before + 14):
                    resource.prlimit(door.pid, resource.RLIMIT_NOFILE, (most, usual[1]))
                    done = _over_one_connection(door, control, *arguments)
                    statuses.append(done.returncode)
                    assert done.returncode == usual_status or b"as many sessions" in done.stdout + done.stderr
                resource.prlimit(door.pid, resource.RLIMIT_NOFILE, usual)

                assert statuses[0] == 4
                assert statuses[-1] == usual_status
                assert _over_one_connection(door, control, *arguments).returncode == usual_status
                assert soon(lambda: _open_in(door.pid) <= before)
            finally:
                master.terminate()
