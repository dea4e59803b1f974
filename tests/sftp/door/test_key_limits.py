"""What stands before a key holds at the real door, for real clients; why a key is turned away stands in the audit."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tanos.actor import system_call
from tanos.keys.authorized import AuthorizedKey, authorize, authorized_keys, take_away
from tanos.keys.public_key import read_authorized_line
from tests.sftp.door.conftest import OpenDoor
from tests.sftp.door.processes import soon

pytestmark = pytest.mark.door


class Visitor:
    """Somebody with a key of his own."""

    def __init__(self, door: OpenDoor, directory: Path) -> None:
        self._door = door
        self._file = directory / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._file], check=True)
        self.fingerprint = read_authorized_line(self._file.with_suffix(".pub").read_bytes()).key.fingerprint

    def authorise(self, user: str, options: str = "") -> None:
        """Let the key sign in as `user`."""
        call = system_call(self._door.appliance, "test")
        line = read_authorized_line(f"{options} ".encode() + self._file.with_suffix(".pub").read_bytes())
        with self._door.appliance.store.change(call) as change:
            take_away(change, user, self.fingerprint)
            authorize(change, call, user, line.key, line.options)

    def run(self, program: str, user: str, *words: str, data: str = "") -> "subprocess.CompletedProcess[str]":
        """Run ssh or sftp as `user`."""
        options = ["-F", self._door.config, "-o", f"User={user}", "-i", str(self._file)]
        before, after = ([*options, "-b", "-"], []) if program == "sftp" else (options, list(words))
        return subprocess.run(
            [program, *before, "visitor", *after], input=data, capture_output=True, text=True, timeout=60, check=False
        )

    def turned_away(self) -> list[str]:
        """Return why, from the audit, the latest last."""
        rows = self._door.appliance.store.rows(
            "SELECT result FROM audit WHERE verb = 'sign-in' AND object = ? ORDER BY id", self.fingerprint
        )
        return [row["result"] for row in rows]

    def listed(self, user: str) -> AuthorizedKey:
        """Return the key as it is listed."""
        return next(key for key in authorized_keys(self._door.appliance, user) if key.fingerprint == self.fingerprint)


@pytest.fixture
def visitor(door: OpenDoor, tmp_path: Path) -> Iterator[Visitor]:
    """A visitor whose key is forgotten afterwards."""
    someone = Visitor(door, tmp_path)
    yield someone
    with door.appliance.store.change(system_call(door.appliance, "test")) as change:
        for user in ("tanadmin", "tancopy"):
            take_away(change, user, someone.fingerprint)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ('from="192.0.2.0/24"', "key-from-elsewhere"),
        ('from="127.0.0.0/8,!127.0.0.1"', "key-from-elsewhere"),
        ('expiry-time="20200101"', "key-expired"),
    ],
)
def test_a_key_beyond_its_limits_is_refused_like_any_other_and_the_audit_says_why(
    visitor: Visitor, options: str, why: str
) -> None:
    visitor.authorise("tanadmin", options)
    done = visitor.run("ssh", "tanadmin", "show")
    assert done.returncode == 255
    assert "Permission denied" in done.stderr
    assert why not in done.stderr
    assert "key-" not in done.stderr
    assert soon(visitor.turned_away)
    assert visitor.turned_away() == [why]
    assert visitor.listed("tanadmin").last_used == ""


def test_a_key_within_its_limits_comes_in_and_when_and_from_where_is_listed(visitor: Visitor) -> None:
    visitor.authorise("tanadmin", 'from="127.0.0.0/8",expiry-time="20990101Z"')
    assert visitor.run("ssh", "tanadmin", "show").returncode == 0
    assert soon(lambda: visitor.listed("tanadmin").last_used)
    assert visitor.listed("tanadmin").last_from == "127.0.0.1"
    assert visitor.listed("tanadmin").last_used.endswith("Z")


def test_a_key_that_is_only_asked_for_was_not_used(door: OpenDoor, visitor: Visitor) -> None:
    visitor.authorise("tanadmin")
    file = visitor._file
    private = file.read_bytes()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{file}2"], check=True)
    file.write_bytes(Path(f"{file}2").read_bytes())
    done = visitor.run("ssh", "tanadmin", "show")
    assert done.returncode == 255
    assert visitor.listed("tanadmin").last_used == ""
    file.write_bytes(private)


def test_restrict_takes_the_terminal_and_leaves_the_verbs(visitor: Visitor) -> None:
    visitor.authorise("tanadmin", "restrict")
    assert "PTY allocation request failed" in visitor.run("ssh", "tanadmin", "-tt", "show").stderr
    assert visitor.run("ssh", "tanadmin", "show").returncode == 0
    visitor.authorise("tanadmin", "restrict,pty")
    assert '"has_terminal": true' in visitor.run("ssh", "tanadmin", "-tt", "show").stdout


def test_a_key_that_brings_files_takes_none_away(door: OpenDoor, visitor: Visitor, tmp_path: Path) -> None:
    visitor.authorise("tancopy", 'direction="incoming"')
    (tmp_path / "request").write_text("x")
    (door.appliance.outgoing / "secret").write_text("y")
    assert visitor.run("sftp", "tancopy", data=f"put {tmp_path}/request /incoming/one\n").returncode == 0
    assert (door.appliance.incoming / "one").read_text() == "x"
    listed = visitor.run("sftp", "tancopy", data="ls -1 /\n")
    assert "outgoing" not in listed.stdout.partition("\n")[2]
    for command in ("ls /outgoing", f"get /outgoing/secret {tmp_path}/got", "cd /outgoing", "ls -l /outgoing/secret"):
        assert visitor.run("sftp", "tancopy", data=f"{command}\n").returncode == 1, command
    assert not (tmp_path / "got").exists()


def test_a_key_that_takes_files_away_brings_none(door: OpenDoor, visitor: Visitor, tmp_path: Path) -> None:
    visitor.authorise("tancopy", 'direction="outgoing"')
    (tmp_path / "request").write_text("x")
    (door.appliance.outgoing / "answer").write_text("y")
    (door.appliance.incoming / "there").write_text("z")
    assert visitor.run("sftp", "tancopy", data=f"get /outgoing/answer {tmp_path}/got\n").returncode == 0
    assert (tmp_path / "got").read_text() == "y"
    for command in (
        f"put {tmp_path}/request /incoming/two",
        "ls /incoming",
        f"get /incoming/there {tmp_path}/got2",
        "rm /incoming/there",
        "rename /incoming/there /incoming/here",
        "rename /outgoing/answer /incoming/here",
    ):
        assert visitor.run("sftp", "tancopy", data=f"{command}\n").returncode == 1, command
    assert sorted(path.name for path in door.appliance.incoming.iterdir() if path.name in {"two", "here"}) == []
    assert (door.appliance.incoming / "there").read_text() == "z"
