"""What a connection and a user may have and for how long, as real clients meet it."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tanos.policy.door import (
    CONCURRENT_LOGINS,
    IDLE_LIMIT,
    KEEP_ALIVE,
    LOGIN_GRACE,
    REKEY_MEGABYTES,
    REKEY_MINUTES,
    SESSION_LIMIT,
)
from tanos.policy.policy import Policy
from tests.sftp.door.conftest import OpenDoor, a_door, decide, make_home
from tests.sftp.door.processes import PATIENCE_SECONDS, soon

pytestmark = pytest.mark.door


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door whose minutes last half a second."""
    directory = tmp_path_factory.mktemp("quick")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MINUTE", "0.5")
        with a_door(directory, make_home(directory)) as opened:
            yield opened


@pytest.fixture
def limited(quick: OpenDoor) -> Iterator["Limited"]:
    """The same, with what a test decides, and as shipped again afterwards."""
    one = Limited(quick)
    for policy in (SESSION_LIMIT, IDLE_LIMIT):
        one.decide(policy, 0)
    yield one
    one.as_shipped()


class Limited:
    """A door whose limits are decided while it is open."""

    def __init__(self, door: OpenDoor) -> None:
        self.door = door
        self._decided: list[Policy] = []
        self._clients: list[subprocess.Popen[bytes]] = []

    def decide(self, policy: Policy, value: int) -> None:
        """Decide it and wait until the door has heard."""
        decide(self.door.appliance, policy, value)
        self._decided.append(policy)
        self.door.hears()

    def as_shipped(self) -> None:
        """Decide everything as it was."""
        for policy in self._decided:
            decide(self.door.appliance, policy, policy.default)
        for client in self._clients:
            client.kill()
            client.communicate()

    def ssh(self, *words: str, host: str = "box") -> "subprocess.Popen[bytes]":
        """Start ssh with its words; LogLevel INFO says why it was disconnected."""
        return self.start("ssh", "-F", self.door.config, "-o", "LogLevel=INFO", *words[:-1], host, *words[-1:])

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start a client that does not outlive the test."""
        client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._clients.append(client)
        return client

    def last_sign_out(self) -> str:
        """Return what the audit says of the newest sign-out."""
        row = self.door.appliance.store.row("SELECT after FROM audit WHERE verb = 'sign-out' ORDER BY id DESC")
        return str(row["after"]) if row else ""


def ended(client: "subprocess.Popen[bytes]") -> bytes:
    """Wait for a client that keeps its input open; return what it said."""
    assert soon(lambda: client.poll() is not None), "the connection goes on"
    said, _ = client.communicate()
    return said


def test_who_does_not_sign_in_is_disconnected_in_time(limited: Limited) -> None:
    limited.decide(LOGIN_GRACE, 5)
    with socket.create_connection(("127.0.0.1", limited.door.port)) as stranger:
        began = time.monotonic()
        stranger.settimeout(PATIENCE_SECONDS)
        while stranger.recv(65536):
            pass
    assert time.monotonic() - began > 4


def test_a_connection_that_lasts_too_long_is_ended_in_words(limited: Limited) -> None:
    limited.decide(SESSION_LIMIT, 6)
    menu, verb = limited.ssh("-tt", ""), limited.ssh("sleep")
    said, also = ended(menu), ended(verb)
    assert b"This connection lasted as long as the appliance allows." in said
    assert b"This connection lasted as long as the appliance allows." in also
    assert soon(lambda: limited.last_sign_out() == "session-limit")


def test_idle_is_who_has_nothing_open_or_asks_nothing_by_sftp_and_nobody_else(limited: Limited) -> None:
    limited.decide(IDLE_LIMIT, 4)
    files = limited.start("sftp", "-F", limited.door.config, "files")
    nothing, menu, verb = limited.ssh("-N"), limited.ssh("-tt", ""), limited.ssh("sleep")
    assert b"Nothing was asked in this connection" in ended(nothing)
    idle = "SELECT count(*) FROM audit WHERE verb = 'sign-out' AND after = 'idle-limit'"
    assert soon(lambda: limited.door.appliance.store.rows(idle)[0][0] == 2)
    files.communicate(timeout=60)
    assert (menu.poll(), verb.poll()) == (None, None)


def test_sftp_that_goes_on_asking_is_not_idle(limited: Limited) -> None:
    limited.decide(IDLE_LIMIT, 12)
    with subprocess.Popen(
        ["sftp", "-F", limited.door.config, "files"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as files:
        assert files.stdin is not None
        for _ in range(16):
            files.stdin.write(b"ls /incoming\n")
            files.stdin.flush()
            time.sleep(0.5)
        assert files.poll() is None
        files.stdin.close()
        assert files.wait(60) == 0


def test_a_client_that_answers_nothing_is_disconnected_and_one_that_answers_stays(limited: Limited) -> None:
    limited.decide(KEEP_ALIVE, 2)
    stopped, lively = limited.ssh("sleep"), limited.ssh("sleep")
    for client in (stopped, lively):
        assert client.stdout is not None
        assert b"SLEEPING" in client.stdout.readline()
    before = signed_out(limited)
    os.kill(stopped.pid, signal.SIGSTOP)
    assert soon(lambda: signed_out(limited) == before + 1)
    os.kill(stopped.pid, signal.SIGCONT)
    ended(stopped)
    assert lively.poll() is None


def signed_out(limited: Limited) -> int:
    """Count who left."""
    row = limited.door.appliance.store.row("SELECT count(*) AS n FROM audit WHERE verb = 'sign-out'")
    return int(row["n"]) if row else 0


@pytest.mark.parametrize("by", [(REKEY_MEGABYTES, 1, 6), (REKEY_MINUTES, 1, 3)], ids=["data", "time"])
def test_session_keys_are_exchanged_anew_while_bytes_flow(
    limited: Limited, tmp_path: Path, by: tuple[Policy, int, int]
) -> None:
    policy, value, least = by
    limited.decide(policy, value)
    (limited.door.appliance.outgoing / "big").write_bytes(data := os.urandom(8 << 20))
    words = ["sftp", "-v", "-l", "32000", "-F", limited.door.config, "-o", "LogLevel=DEBUG1", "-b", "-", "files"]
    done = subprocess.run(
        words, input=f"get /outgoing/big {tmp_path}/big\n", capture_output=True, text=True, check=True, timeout=60
    )
    assert (tmp_path / "big").read_bytes() == data
    assert len(re.findall("SSH2_MSG_KEXINIT received", done.stderr)) >= least


def test_one_user_has_so_many_menus_and_verbs_all_the_same(limited: Limited) -> None:
    limited.decide(CONCURRENT_LOGINS, 2)
    menus = [limited.ssh("-tt", "") for _ in range(2)]
    for menu in menus:
        assert menu.stdout is not None
        assert b"READY" in menu.stdout.readline()
    third = limited.ssh("-tt", "")
    said, _ = third.communicate(timeout=60)
    assert b"tanadmin has 2 menus open, as many as one user may here." in said
    assert third.returncode == 4
    assert limited.door.ssh("exit", "5").returncode == 5
    menus[0].communicate(b"exit 0\n", timeout=60)
    again = limited.ssh("-tt", "")
    assert again.stdout is not None
    assert b"READY" in again.stdout.readline()


@pytest.mark.parametrize("words", ["menu", '"menu" --plain', "m'en'u", " "])
def test_a_menu_that_is_asked_for_in_words_is_one_however_they_are_written(limited: Limited, words: str) -> None:
    limited.decide(CONCURRENT_LOGINS, 1)
    first = limited.ssh("-tt", words)
    assert first.stdout is not None
    assert b"READY" in first.stdout.readline()
    assert limited.ssh("-tt", words).wait(60) == 4
    first.kill()
    first.wait()
    assert soon(lambda: b"ECHO" in limited.door.ssh(words, data=b"hello\nexit 0\n").stdout)


def test_what_was_decided_before_the_door_opened_holds_too(tmp_path: Path) -> None:
    appliance = make_home(tmp_path)
    decide(appliance, CONCURRENT_LOGINS, 1)
    with a_door(tmp_path, appliance) as door:
        limited = Limited(door)
        first = limited.ssh("-tt", "")
        assert first.stdout is not None
        assert b"READY" in first.stdout.readline()
        assert limited.ssh("-tt", "").wait(60) == 4
        limited.as_shipped()
