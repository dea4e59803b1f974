"""What a signed-in client gets: a process of its own, its bytes, its exit status, and nothing else."""

import json
import os
import pty
import select
import socket
import struct
import subprocess
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

from tests.sftp.door.conftest import OpenDoor
from tests.sftp.door.processes import children, soon

pytestmark = pytest.mark.door


def test_words_arrive_as_they_were_said_and_the_exit_status_comes_back(door: OpenDoor) -> None:
    result = door.ssh("exit", "5")

    assert (result.returncode, result.stdout, result.stderr) == (5, b"", b"")


def test_a_word_nobody_knows_prints_nothing_on_stdout_and_does_not_succeed(door: OpenDoor) -> None:
    for words in (("true",), ("scp", "-t", "/incoming"), ("/usr/lib/openssh/sftp-server",), ("sh", "-c", "id")):
        result = door.ssh(*words)

        assert result.returncode not in (0, 255)
        assert result.stdout == b""
        assert result.stderr != b""


def test_a_session_knows_who_it_serves_and_holds_no_other_descriptor(door: OpenDoor) -> None:
    told = json.loads(door.ssh("show").stdout)

    assert (told["user"], told["role"], told["address"]) == ("tanadmin", "tanadmin", "127.0.0.1")
    assert told["key"].startswith("SHA256:")
    assert told["fds"] == [0, 1, 2]
    assert told["environ"] == {"PYTHONUTF8": "1"}


def test_only_four_kinds_of_variables_come_in(door: OpenDoor) -> None:
    sent = {
        "LANG": "de_DE.UTF-8",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "PATH": "/evil",
        "LD_PRELOAD": "/evil.so",
        "PYTHONPATH": "/evil",
        "LC_BAD": "a\nb;$(id)",
        "LC_LONG": "x" * 500,
    }
    options = [option for name in sent for option in ("-o", f"SendEnv={name}")]
    result = subprocess.run(
        ["ssh", "-F", door.config, *options, "box", "show"],
        env={"PATH": os.environ["PATH"], **sent} | {"PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=60,
        check=True,
    )

    environment = json.loads(result.stdout)["environ"]
    assert environment == {"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "PYTHONUTF8": "1"}


def test_a_lot_of_output_arrives_whole_on_both_streams_before_the_status(door: OpenDoor) -> None:
    result = door.ssh("flood", "9000001")

    assert result.stdout == b"x" * 9_000_001
    assert result.stderr == b"e" * 1000
    assert result.returncode == 7


def test_a_lot_of_input_comes_back(door: OpenDoor) -> None:
    data = os.urandom(5_000_000)

    assert door.ssh("cat", data=data).stdout == data


def test_a_client_that_does_not_read_slows_the_session_down_and_loses_nothing(door: OpenDoor) -> None:
    process = subprocess.Popen(["ssh", "-F", door.config, "box", "flood", "30000000"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    time.sleep(1.0)  # long enough for every buffer on the way to be full
    with process.stdout:
        assert len(process.stdout.read()) == 30_000_000
    assert process.wait(60) == 7


def test_a_fault_of_the_program_is_one_sentence_and_its_details_are_in_the_log(door: OpenDoor) -> None:
    result = door.ssh("fault")

    assert result.returncode == 1
    assert result.stderr.count(b"\n") == 1
    assert b"Traceback" not in result.stderr
    assert "ValueError" in (door.appliance.home / "log" / "faults.log").read_text()


def test_without_a_terminal_a_shell_is_the_menu_on_pipes(door: OpenDoor) -> None:
    result = door.ssh(data=b"hello\nexit 3\n")

    assert result.returncode == 3
    assert result.stdout == b"READY tanadmin False None None\nECHO hello\n"


def test_with_a_terminal_a_shell_is_the_menu_on_one(door: OpenDoor) -> None:
    result = door.ssh("-tt", data=b"hello\nexit 3\n")

    assert result.returncode == 3
    assert result.stdout.startswith(b"READY tanadmin True ")
    assert b"ECHO hello\r\n" in result.stdout


def test_keys_typed_before_the_first_line_is_shown_are_neither_lost_nor_echoed_early(door: OpenDoor) -> None:
    result = door.ssh("-tt", data=b"one\ntwo\nexit 0\n")

    assert result.stdout.startswith(b"READY")
    assert [word in result.stdout for word in (b"ECHO one", b"ECHO two")] == [True, True]


def test_the_size_of_the_terminal_is_known_and_followed(door: OpenDoor) -> None:
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 132, 0, 0))
    process = subprocess.Popen(
        ["ssh", "-F", door.config, "-tt", "box"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    try:
        assert b"(132, 40)" in _read_until(master, b"(132, 40)")
        ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
        process.send_signal(28)  # SIGWINCH: the terminal is not ssh's controlling one
        seen = b""
        deadline = time.monotonic() + 5
        while b"SIZE 100 50" not in seen and time.monotonic() < deadline:
            os.write(master, b"size\r")
            seen += _read_until(master, b"SIZE", 1.0)
        assert b"SIZE 100 50" in seen
        os.write(master, b"exit 4\r")
        _read_until(master, b"exit 4")
        assert process.wait(60) == 4
    finally:
        process.kill()
        process.wait()
        os.close(master)


def test_tancopy_gets_no_menu_and_no_verb_and_is_told_so_in_one_line(door: OpenDoor) -> None:
    for words in ((), ("-tt",), ("status",), ("scp", "-t", "/incoming")):
        result = door.ssh(*words, host="files")

        assert result.returncode == 5
        assert (result.stdout + result.stderr).count(b"\n") == 1
        assert b"file transfer only" in result.stdout + result.stderr


def test_a_user_of_the_menus_is_told_that_files_are_elsewhere(door: OpenDoor) -> None:
    result = door.sftp("ls\n", host="box")

    assert result.returncode != 0
    assert "exchanged as the user tancopy" in result.stderr


def test_another_subsystem_does_not_exist(door: OpenDoor) -> None:
    result = door.ssh("-s", "netconf")

    assert result.returncode == 5
    assert b"no subsystem" in result.stderr


def test_a_command_longer_than_reasonable_is_refused_in_words(door: OpenDoor) -> None:
    for char in ("x", "\N{GRINNING FACE}"):
        result = door.ssh("exit", char * 20_000)

        assert result.returncode == 2
        assert b"longer" in result.stderr


def test_a_long_command_of_any_letters_is_read(door: OpenDoor) -> None:
    for char in ("x", "\N{GRINNING FACE}", "\x01"):
        result = door.ssh("exit", "5;" + char * (16_000 // len(char.encode())))

        assert (result.returncode, result.stdout) == (1, b"")
        assert b"reference" in result.stderr


@pytest.mark.parametrize(
    "options", [["-L", "0:127.0.0.1:22"], ["-R", "0:127.0.0.1:22"], ["-W", "127.0.0.1:22"]], ids="LRW"
)
def test_nothing_is_forwarded(door: OpenDoor, options: list[str]) -> None:
    if options[0] == "-L":
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = subprocess.Popen(
            ["ssh", "-F", door.config, "-N", "-L", f"{port}:127.0.0.1:{door.port}", "box"], stderr=subprocess.PIPE
        )
        try:
            assert _first_bytes(port) == b""
        finally:
            process.kill()
            process.communicate()
        return
    words = ["ssh", "-F", door.config, "-o", "ExitOnForwardFailure=yes", *options, "box"]
    result = subprocess.run(words, capture_output=True, input=b"", timeout=60, check=False)
    assert result.returncode != 0
    assert result.stdout == b""


@pytest.mark.parametrize("to", ["127.0.0.1:22", "/run/socket"])
def test_who_would_forward_is_told_that_it_is_not_allowed_and_not_that_nobody_answered(
    door: OpenDoor, tmp_path: Path, to: str
) -> None:
    words = ["ssh", "-F", door.config, "-o", "LogLevel=VERBOSE", "-N"]
    words += ["-L", f"{tmp_path}/f:{to}", "box"]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as process:
        try:
            assert soon((tmp_path / "f").is_socket)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(tmp_path / "f"))
                assert client.recv(1) == b""
        finally:
            process.kill()
        assert process.stderr is not None
        assert b"administratively prohibited: Nothing is forwarded by this appliance." in process.stderr.read()


def test_no_agent_and_no_display_is_forwarded(door: OpenDoor) -> None:
    told = json.loads(door.ssh("-A", "-X", "show").stdout)

    assert set(told["environ"]) == {"PYTHONUTF8"}


def _first_bytes(port: int) -> bytes:
    deadline = time.monotonic() + 10
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
                return link.recv(100)
        except ConnectionResetError:
            return b""
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def _read_until(descriptor: int, wanted: bytes, seconds: float = 10.0) -> bytes:
    seen = b""
    deadline = time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < deadline:
        if select.select([descriptor], [], [], 0.2)[0]:
            try:
                seen += os.read(descriptor, 4096)
            except OSError:
                break
    return seen


def test_who_carries_files_goes_after_who_answers_keys(door: OpenDoor) -> None:
    others = children(door.warm_pid)
    words = ["ssh", "-F", door.config, "-s", "files", "sftp"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(b"\0\0\0\5\1\0\0\0\3")
        client.stdin.flush()
        assert client.stdout.read(5)[4:] == b"\2"
        (carrier,) = children(door.warm_pid) - others
        assert os.sched_getscheduler(carrier) == os.SCHED_BATCH
        lower = min(os.getpriority(os.PRIO_PROCESS, door.warm_pid) + 1, 19)  # nobody goes after 19
        assert os.getpriority(os.PRIO_PROCESS, carrier) >= lower
        client.stdin.close()
