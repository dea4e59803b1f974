"""Clients, sessions and processes that die at the wrong moment: nothing is left behind."""

import os
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import ExitStack, closing
from pathlib import Path

import paramiko
import pytest

from tanos.appliance import Appliance
from tanos.keys.authorized import authorized_keys
from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.sftp.door.processes import children, is_alive, soon, within

pytestmark = [pytest.mark.door, pytest.mark.crash]


def _sleeping(door: OpenDoor, *options: str, word: str = "sleep") -> tuple["subprocess.Popen[bytes]", int]:
    """Start a session that sleeps; return the client and the pid of the session."""
    words = ["ssh", "-F", door.config, *options, "box", word]
    client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert client.stdout is not None
    return client, int(client.stdout.readline().split()[1])


def _errand(door: OpenDoor, *options: str, seconds: float) -> tuple["subprocess.Popen[bytes]", int, Path]:
    """Start confirmed work; return the client, the pid of the session, and the file that tells that it is done."""
    words = ["ssh", "-F", door.config, *options, "box", "errand", str(seconds)]
    client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert client.stdout is not None
    session = int(client.stdout.readline().split()[1])
    return client, session, door.appliance.run / f"errand-{session}"


def _end(client: "subprocess.Popen[bytes]") -> None:
    client.kill()
    client.communicate()


@pytest.mark.parametrize("options", [["-tt"], []], ids=["terminal", "pipes"])
def test_a_killed_client_leaves_no_process(door: OpenDoor, options: list[str]) -> None:
    client, session = _sleeping(door, *options)

    _end(client)

    assert soon(lambda: not is_alive(session))


def test_a_session_that_ignores_the_hangup_is_killed_two_seconds_later(door: OpenDoor) -> None:
    client, session = _sleeping(door, "-tt", word="stubborn")

    _end(client)

    assert soon(lambda: not is_alive(session))


@pytest.mark.parametrize("options", [["-tt"], []], ids=["terminal", "pipes"])
def test_confirmed_work_is_done_although_the_client_vanished_and_then_its_process_leaves(
    door: OpenDoor, options: list[str]
) -> None:
    client, session, done = _errand(door, *options, seconds=3.5)

    _end(client)

    assert soon(done.exists)
    assert soon(lambda: not is_alive(session))


@pytest.mark.parametrize("way", ["verb", "plain", "screens"])
def test_what_an_operator_confirmed_is_done_although_he_vanished_while_it_waited(tmp_path: Path, way: str) -> None:
    appliance = make_home(tmp_path)
    fingerprint = authorized_keys(appliance, "tancopy")[0].fingerprint
    typed = "" if way == "verb" else "c-3-2-3-3\n1\nyes\n"
    words = {"verb": ["authorized-keys", "remove", "tancopy", "--fingerprint", fingerprint, "--yes"]}
    with a_door(tmp_path, appliance, warm_module="menus.warm") as door, closing(_connection(appliance)) as other:
        before = children(door.warm_pid)
        other.execute("BEGIN IMMEDIATE")
        client = subprocess.Popen(
            ["ssh", "-F", door.config, *(["-tt"] if way == "screens" else []), "box", *words.get(way, [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "TERM": "xterm"},
        )
        assert client.stdin is not None
        client.stdin.write(typed.encode())
        client.stdin.flush()
        assert soon(lambda: any(map(_waits_for_the_database, children(door.warm_pid) - before)))

        _end(client)
        assert not within(3, lambda: not children(door.warm_pid) - before)
        other.execute("ROLLBACK")

        assert soon(lambda: not children(door.warm_pid) - before)
        assert fingerprint not in [key.fingerprint for key in authorized_keys(appliance, "tancopy")]


def _connection(appliance: Appliance) -> sqlite3.Connection:
    return sqlite3.connect(appliance.store.path, isolation_level=None)


def _waits_for_the_database(pid: int) -> bool:
    """Say whether a thread sleeps between two tries for the lock: nothing else in a session sleeps by the clock."""
    try:
        return any("nanosleep" in (task / "wchan").read_text() for task in Path(f"/proc/{pid}/task").iterdir())
    except OSError:  # it, or a thread of it, ends just now
        return False


def test_confirmed_work_is_done_although_the_front_door_was_killed(tmp_path: Path) -> None:
    appliance = make_home(tmp_path)
    with a_door(tmp_path, appliance, ends_well=False) as door:
        client, session, done = _errand(door, seconds=3)

        os.kill(door.pid, signal.SIGKILL)
        os.kill(door.warm_pid, signal.SIGKILL)

        assert soon(done.exists)
        assert soon(lambda: not is_alive(session))
        _end(client)


def test_a_killed_menu_leaves_no_process(door: OpenDoor) -> None:
    before = children(door.warm_pid)
    client = subprocess.Popen(["ssh", "-F", door.config, "-tt", "box"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert client.stdout is not None
    assert client.stdout.readline().startswith(b"READY")
    assert children(door.warm_pid) - before

    _end(client)

    assert soon(lambda: not children(door.warm_pid) - before)


def test_a_session_that_is_killed_ends_with_a_status_and_a_usable_terminal(door: OpenDoor) -> None:
    before = children(door.warm_pid)
    client = subprocess.Popen(["ssh", "-F", door.config, "-tt", "box"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert client.stdout is not None
    client.stdout.readline()
    (session,) = children(door.warm_pid) - before

    os.kill(session, signal.SIGKILL)

    output, _ = client.communicate(timeout=60)
    assert client.returncode == 128 + signal.SIGKILL
    assert output.endswith(b"\x1b[0m\r\n")


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.2])
def test_a_client_killed_while_sending_leaves_no_file_and_no_process(door: OpenDoor, moment: float) -> None:
    big = door.directory / "big"
    with big.open("wb") as file:
        file.truncate(900 << 20)
    before = children(door.warm_pid)
    words = ["sftp", "-F", door.config, "-b", "-", "files"]
    client = subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True, stdout=subprocess.DEVNULL)
    assert client.stdin is not None
    client.stdin.write(f"put {big} /incoming/killed\n".encode())
    client.stdin.flush()
    assert soon(lambda: any(door.appliance.incoming.glob(".upload-*")))
    time.sleep(moment)

    os.killpg(client.pid, signal.SIGKILL)
    client.wait()
    client.stdin.close()

    assert soon(lambda: not children(door.warm_pid) - before)
    assert not (door.appliance.incoming / "killed").exists()
    assert door.sftp("-rm /incoming/killed\n").returncode == 0
    assert not list(door.appliance.incoming.glob(".upload-*"))


def test_a_dead_warm_parent_is_replaced_and_its_sessions_end_with_a_sentence(tmp_path: Path) -> None:
    appliance = make_home(tmp_path)
    with a_door(tmp_path, appliance) as door:
        client = subprocess.Popen(
            ["ssh", "-F", door.config, "box", "sleep"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert client.stdout is not None
        session = int(client.stdout.readline().split()[1])

        os.kill(door.warm_pid, signal.SIGKILL)

        _, said = client.communicate(timeout=60)
        assert client.returncode == 1
        assert b"sign in again" in said
        assert soon(lambda: not is_alive(session))
        assert door.ssh("exit", "6").returncode == 6


def test_when_the_front_door_is_killed_every_session_ends(tmp_path: Path) -> None:
    appliance = make_home(tmp_path)
    with a_door(tmp_path, appliance, ends_well=False) as door:
        client, session = _sleeping(door)
        stubborn, other = _sleeping(door, word="stubborn")

        os.kill(door.pid, signal.SIGKILL)

        assert soon(lambda: not is_alive(session))
        assert soon(lambda: not is_alive(other) and not is_alive(door.warm_pid))
        _end(client)
        _end(stubborn)


def test_closing_the_door_ends_sessions_and_leaves_no_process(tmp_path: Path) -> None:
    appliance = make_home(tmp_path)
    with a_door(tmp_path, appliance) as door:
        client, session = _sleeping(door, "-tt")
    _end(client)

    assert soon(lambda: not is_alive(session) and not is_alive(door.warm_pid))
    assert [row["verb"] for row in appliance.store.rows("SELECT verb FROM audit ORDER BY id DESC LIMIT 1")] == [
        "sign-out"
    ]


def test_what_was_closed_stands_and_is_audited_although_the_client_vanished_at_once(door: OpenDoor) -> None:
    transport = paramiko.Transport(("127.0.0.1", door.port))
    key = paramiko.Ed25519Key.from_private_key_file(str(door.directory / "id"))
    transport.connect(username="tancopy", pkey=key)
    client = paramiko.SFTPClient.from_transport(transport)
    assert client is not None
    names = [f"quick{number}" for number in range(60)]
    for name in names:
        with client.open(f"/incoming/{name}", "wb") as file:
            file.write(name)

    transport.sock.close()
    transport.close()

    def audited() -> int:
        like = "SELECT count(*) FROM audit WHERE verb = 'files put' AND object LIKE '/incoming/quick%'"
        return int(door.appliance.store.rows(like)[0][0])

    assert soon(lambda: audited() == 60)
    assert all((door.appliance.incoming / name).read_text() == name for name in names)


def test_strangers_that_never_sign_in_do_not_keep_others_out(door: OpenDoor) -> None:
    with ExitStack() as strangers:
        for _ in range(200):
            strangers.enter_context(socket.create_connection(("127.0.0.1", door.port)))

        assert door.ssh("exit", "5").returncode == 5


def test_strangers_of_one_network_do_not_turn_out_those_of_another(door: OpenDoor) -> None:
    with ExitStack() as strangers:
        slow = socket.create_connection(("127.0.0.1", door.port), source_address=("127.0.0.2", 0))
        strangers.enter_context(slow)
        assert slow.recv(100).startswith(b"SSH-2.0-tanos")
        for _ in range(300):
            strangers.enter_context(socket.create_connection(("127.0.0.1", door.port)))
        assert door.ssh("exit", "5").returncode == 5

        slow.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.recv(1)
