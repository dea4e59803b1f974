"""`tanos console` where a front door is open: the terminal is handed to it, and a session that was warm serves it."""

import getpass
import json
import os
import shutil
import signal
import subprocess
import termios
import time
from base64 import b64decode
from contextlib import nullcontext
from pathlib import Path

import pytest

from sftp import handing
from sftp.control import listening
from sftp.terminal import RESTORE
from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.keys.authorized import authorize, take_away
from tanos.keys.public_key import fingerprint_of, read_authorized_line
from tanos.keys.revoked import KEY, Mark, revoke
from tanos.other_end import other_end
from tanos.policy.door import CONCURRENT_LOGINS
from tests.menus.handed import CONSOLE, ENVIRONMENT, MENU, leader_of, served, sitting, soon
from tests.sftp.openssh import openssh_server

pytestmark = pytest.mark.door


def console(appliance: Appliance, user: str = "tanadmin") -> tuple[str, ...]:
    """Return the program and its words."""
    return (*CONSOLE, str(appliance.home), "--user", user)


def verb(
    appliance: Appliance, words: str, address: str, by: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Do what another SSH server was asked for by somebody who came from that address, with no terminal.

    `by`: where it says by which key.
    """
    environment = {**ENVIRONMENT, "SSH_ORIGINAL_COMMAND": words, "SSH_CONNECTION": f"{address} 50000 192.0.2.1 22"}
    if by:
        environment["SSH_USER_AUTH"] = str(by)
    return subprocess.run(
        console(appliance), stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, check=False
    )


def records(appliance: Appliance) -> list[tuple[str, ...]]:
    """Return who did what by which face, as the audit has it."""
    rows = appliance.store.rows("SELECT user, role, face, address, key, verb, result FROM audit WHERE id > 0")
    return [tuple(str(each) for each in row) for row in rows]


def is_there(pid: int) -> bool:
    """Say whether a process runs."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_the_terminal_goes_to_a_warm_session_and_comes_back_as_it_was(zone_server: Appliance) -> None:
    with served(zone_server), sitting(console(zone_server)) as place:
        found = termios.tcgetattr(place.fd)
        place.sees(MENU)
        session = leader_of(place.fd)
        assert session not in {0, place.pid}
        assert "Name:\ttanos-session" in Path(f"/proc/{session}/status").read_text()
        place.type(b"z\r")
        assert place.ends() == 0
        assert termios.tcgetattr(place.fd) == found


def test_what_is_written_down_is_what_the_door_writes_down(zone_server: Appliance) -> None:
    before = len(records(zone_server))
    with served(zone_server), sitting(console(zone_server)) as place:
        place.sees(MENU)
        place.type(b"z\r")
        assert place.ends() == 0
        soon(lambda: len(records(zone_server)) >= before + 2)
    assert records(zone_server)[before:] == [
        ("tanadmin", "tanadmin", "door", "", "", verb, "done") for verb in ("sign-in", "sign-out")
    ]


def test_a_killed_session_leaves_a_terminal_that_a_shell_can_use(zone_server: Appliance) -> None:
    with served(zone_server), sitting(console(zone_server)) as place:
        found = termios.tcgetattr(place.fd)
        place.sees(MENU)
        os.kill(leader_of(place.fd), signal.SIGKILL)
        place.sees(RESTORE.rstrip())
        assert place.ends() == handing.KILLED + int(signal.SIGKILL)
        assert termios.tcgetattr(place.fd) == found


def test_a_front_door_that_is_killed_leaves_a_terminal_that_a_shell_can_use(zone_server: Appliance) -> None:
    with served(zone_server) as serving, sitting(console(zone_server)) as place:
        found = termios.tcgetattr(place.fd)
        place.sees(MENU)
        session = leader_of(place.fd)
        serving.kill()
        assert place.ends() == 1
        assert b"sign in again" in place.seen
        soon(lambda: not is_there(session))
        soon(lambda: termios.tcgetattr(place.fd) == found)


@pytest.mark.parametrize("vanishing", ["client", "terminal"])
def test_a_vanished_client_leaves_no_process(zone_server: Appliance, vanishing: str) -> None:
    with served(zone_server), sitting(console(zone_server)) as place:
        place.sees(MENU)
        session = leader_of(place.fd)
        if vanishing == "client":
            os.kill(place.pid, signal.SIGKILL)
        else:
            os.close(place.fd)
            place.fd = -1
        soon(lambda: not is_there(session) and not is_there(place.pid))


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_dismisses_the_session(zone_server: Appliance, number: signal.Signals) -> None:
    with served(zone_server), sitting(console(zone_server)) as place:
        found = termios.tcgetattr(place.fd)
        place.sees(MENU)
        session = leader_of(place.fd)
        os.kill(place.pid, number)
        place.ends()
        soon(lambda: not is_there(session))
        assert termios.tcgetattr(place.fd) == found


def test_a_front_door_that_stops_says_so(zone_server: Appliance) -> None:
    with served(zone_server) as serving, sitting(console(zone_server)) as place:
        place.sees(MENU)
        serving.terminate()
        place.sees(b"The appliance is stopping.")
        place.ends()


def test_who_has_as_many_menus_as_he_may_gets_no_other(zone_server: Appliance) -> None:
    with zone_server.store.change(system_call(zone_server, "policy set")) as change:
        CONCURRENT_LOGINS.write(change, 1)
    with served(zone_server), sitting(console(zone_server)) as place:
        place.sees(MENU)
        assert leader_of(place.fd) != place.pid
        with sitting(console(zone_server)) as second:
            assert second.ends() == 4
            assert b"too-many-logins" in second.seen
        assert verb(zone_server, "status", "").returncode == 0


def test_a_console_behind_another_server_keeps_no_change_of_the_front_door(zone_server: Appliance) -> None:
    with served(zone_server):
        changed = verb(zone_server, "ssh-rules add 198.51.100.0/24 --yes", "192.0.2.9")
        assert changed.returncode == 0, changed.stderr
        soon(lambda: zone_server.store.rows("SELECT number FROM trials"))
        kept = verb(zone_server, "trial confirm --yes --json", "198.51.100.7")
        assert (kept.returncode, json.loads(kept.stdout)["error"]["id"]) == (3, "old-sign-in")
        assert len(zone_server.store.rows("SELECT number FROM trials")) == 1
        back = verb(zone_server, "trial revert --yes", "198.51.100.7")
        assert back.returncode == 0, back.stderr
    assert zone_server.store.rows("SELECT number FROM trials") == []


def test_who_is_disabled_is_told_and_has_to_go(zone_server: Appliance) -> None:
    with served(zone_server), sitting(console(zone_server)) as place:
        place.sees(MENU)
        with zone_server.store.change(system_call(zone_server, "test")) as change:
            change.execute("UPDATE users SET disabled = 1 WHERE name = 'tanadmin'")
        place.sees(b"was disabled")
        place.ends()


LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPZt206fX9A3jaHkagss6MLouNzRpED59zd0F6utF79X"


@pytest.fixture
def by(tmp_path: Path) -> Path:
    """Where sshd says by which key somebody came."""
    (tmp_path / "authenticated").write_text(f"publickey {LINE}\n")
    return tmp_path / "authenticated"


def limited(appliance: Appliance, options: str) -> None:
    """Have the key stand there with these options."""
    found = read_authorized_line(f"{options} {LINE}".encode())
    call = system_call(appliance, "test")
    with appliance.store.change(call) as change:
        take_away(change, "tanadmin", found.key.fingerprint)
        authorize(change, call, "tanadmin", found.key, found.options)


def lost(appliance: Appliance) -> None:
    """Have the key revoked."""
    call = system_call(appliance, "test")
    with appliance.store.change(call) as change:
        revoke(change, call, [Mark(KEY, fingerprint_of(b64decode(LINE.split()[1])))], "")


@pytest.mark.parametrize("is_served", [True, False])
def test_a_key_that_another_server_let_in_is_held_to_its_limits_here(
    zone_server: Appliance, by: Path, *, is_served: bool
) -> None:
    with served(zone_server) if is_served else nullcontext():
        limited(zone_server, 'from="192.0.2.9"')
        assert verb(zone_server, "status", "192.0.2.9", by).returncode == 0
        away = verb(zone_server, "status", "192.0.2.8", by)
        assert (away.returncode, "may not be used from this address" in away.stderr) == (5, True)
        lost(zone_server)
        again = verb(zone_server, "status", "192.0.2.9", by)
        assert (again.returncode, "it was revoked" in again.stderr) == (5, True)
        assert verb(zone_server, "status", "192.0.2.9").returncode == 0
        soon(lambda: [row[-1] for row in records(zone_server)].count("key-turned-away") == 2)
    key = fingerprint_of(b64decode(LINE.split()[1]))
    assert {row[4] for row in records(zone_server) if row[-1] == "key-turned-away"} == {key}
    assert {row[4] for row in records(zone_server) if row[5:] == ("sign-in", "done")} == {key, ""}


@pytest.mark.parametrize("is_known", [True, False])
def test_who_is_here_behind_another_server_goes_when_his_key_is_revoked(
    zone_server: Appliance, by: Path, *, is_known: bool
) -> None:
    if is_known:
        limited(zone_server, "")
    with served(zone_server), sitting(console(zone_server), {**ENVIRONMENT, "SSH_USER_AUTH": str(by)}) as place:
        place.sees(MENU)
        lost(zone_server)
        place.sees(b"was revoked")
        place.ends()


@pytest.mark.parametrize("user", ["nobody-here", "tancopy"])
def test_who_has_no_console_is_refused_and_that_is_written_down(zone_server: Appliance, user: str) -> None:
    before = len(records(zone_server))
    with served(zone_server), sitting(console(zone_server, user)) as place:
        assert place.ends() == 5
        assert place.seen.count(b"no-console") == 1
        soon(lambda: len(records(zone_server)) > before)
    assert [(row[0], *row[5:]) for row in records(zone_server)[before:]] == [(user, "sign-in", "no-console")]


def test_where_no_front_door_is_open_the_process_serves_itself(zone_server: Appliance) -> None:
    listening(zone_server.run).close()  # what a killed front door leaves behind
    assert (zone_server.run / handing.SOCKET).is_socket()
    with sitting(console(zone_server)) as place:
        place.sees(MENU)
        assert leader_of(place.fd) == place.pid
        place.type(b"z\r")
        assert place.ends() == 0


def test_the_terminal_of_a_shell_stays_the_shell_s(zone_server: Appliance) -> None:
    words = ("/bin/sh", "-c", " ".join(console(zone_server)) + "; echo back in the shell")
    with served(zone_server), sitting(words) as place:
        place.sees(MENU)
        assert leader_of(place.fd) == place.pid
        place.type(b"z\r")
        place.sees(b"back in the shell")


def test_the_socket_is_for_this_account_alone(zone_server: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(zone_server):
        socket_file = zone_server.run / handing.SOCKET
        assert (socket_file.stat().st_mode & 0o777, zone_server.run.stat().st_mode & 0o777) == (0o600, 0o700)
        with handing.connect(str(zone_server.home)) as channel:
            assert other_end(channel).account == os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
        with pytest.raises(PermissionError):
            handing.connect(str(zone_server.home))
    assert not socket_file.exists()


def test_a_home_may_lie_deep(zone_server: Appliance, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["as-deep-as-a-path-can-lie"] * 6, "home")
    shutil.copytree(zone_server.home, deep, symlinks=True)
    appliance = Appliance.open(deep)
    with served(appliance), sitting(console(appliance)) as place:
        place.sees(MENU)
        assert leader_of(place.fd) != place.pid


def test_what_is_no_letter_and_who_says_nothing_disturb_nobody(zone_server: Appliance) -> None:
    with served(zone_server):
        silent = [handing.connect(str(zone_server.home)) for _ in range(3)]
        for rubbish in (b"rubbish", b"[]", b"{}", b'{"user": 1}'):
            with handing.connect(str(zone_server.home)) as channel:
                channel.send(rubbish)
                assert channel.recv(100) == b""
        with sitting(console(zone_server)) as place:
            place.sees(MENU)
        until = time.monotonic() + handing.ANSWER_SECONDS + 60
        for each in silent:
            each.settimeout(max(0.1, until - time.monotonic()))
            assert each.recv(100) == b""
            each.close()


def test_under_openssh_a_key_that_sshd_let_in_is_known_and_verbs_are_done(
    zone_server: Appliance, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    shown = subprocess.run(["ssh-keygen", "-lf", key], check=True, capture_output=True, text=True).stdout.split()[1]
    command = " ".join(console(zone_server)) + "\nExposeAuthInfo yes"
    authorized = key.with_suffix(".pub").read_text()
    with served(zone_server), openssh_server(tmp_path / "sshd", authorized, command=command) as server:
        known = tmp_path / "known"
        known.write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
        ssh = (
            shutil.which("ssh") or "ssh", "-F", "none", "-i", str(key), "-p", str(server.port), "-l",
            getpass.getuser(), "-o", f"UserKnownHostsFile={known}", "-o", "IdentityAgent=none", "127.0.0.1",
        )  # fmt: skip
        before = len(records(zone_server))
        with sitting((*ssh[:-1], "-tt", ssh[-1])) as place:
            place.sees(MENU)
            place.type(b"z\r")
            assert place.ends() == 0
        soon(lambda: len(records(zone_server)) >= before + 2)
        done = subprocess.run([*ssh, "status", "--json"], capture_output=True, text=True, check=True)
        assert '"name": "zs1"' in done.stdout or '"name":"zs1"' in done.stdout
        soon(lambda: len(records(zone_server)) >= before + 4)
        assert records(zone_server)[before:] == [
            ("tanadmin", "tanadmin", "door", "127.0.0.1", shown, verb, "done")
            for verb in ("sign-in", "sign-out", "sign-in", "sign-out")
        ]
