"""A host key is replaced: who learned the next one notices nothing, who did not is told by his own known_hosts.

Killed in between, the appliance goes on where it was.
"""

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.stories.trials.served import PATIENCE_SECONDS, Served

pytestmark = pytest.mark.door
KINDS = ("ed25519", "rsa")
_STAY_SECONDS = 2.0


class Client:
    """An `ssh` with a known_hosts of its own, which begins with the present key."""

    def __init__(self, box: Served, name: str, kind: str) -> None:
        self._box = box
        self._kind = kind
        self.known = box.directory / f"known_{name}"
        self._pin(box)

    def _pin(self, box: Served) -> None:
        port = (box.directory / "known_hosts").read_text().split()[0]
        line = (box.appliance.ssh / f"ssh_host_{self._kind}_key.pub").read_text().split()[:2]
        self.known.write_text(f"{port} {' '.join(line)}\n")

    def command(self, words: str, updates: str = "no") -> list[str]:
        """Return the words of a sign-in that asks nothing."""
        algorithms = {"ed25519": "ssh-ed25519", "rsa": "rsa-sha2-512"}
        options = {
            "UserKnownHostsFile": self.known,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "UpdateHostKeys": updates,
            "HostKeyAlgorithms": f"{algorithms[self._kind]}",
        }
        given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        first, *others = self._box.command("two", words)
        return [first, *given, *others]

    def says(self, words: str) -> "subprocess.CompletedProcess[str]":
        """Do a verb."""
        return subprocess.run(self.command(words), capture_output=True, text=True, timeout=60, check=False)

    def learn(self, line: str) -> None:
        """Sign in, and stay until OpenSSH has pinned a key; the front announces it within half a second."""
        wanted = line.split()[1]
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._has_learned(wanted):
            assert time.monotonic() < until, "it did not learn the next key"

    def _has_learned(self, wanted: str) -> bool:
        until = time.monotonic() + _STAY_SECONDS
        with subprocess.Popen(self.command("", "yes"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as menus:
            while wanted not in self.known.read_text() and time.monotonic() < until:
                time.sleep(0.05)
            menus.communicate(b"Z\n", PATIENCE_SECONDS)
        return wanted in self.known.read_text()


def done(finished: "subprocess.CompletedProcess[str]") -> dict[str, object]:
    """Return what a verb said that went well."""
    assert finished.returncode == 0, finished.stdout + finished.stderr
    said: dict[str, object] = json.loads(finished.stdout)
    return said


def next_line(box: Served) -> str:
    """Return the public line of the next key."""
    return box.rows("SELECT line FROM next_host_keys")[0][0]


def comes(client: Client) -> bool:
    """Say whether a client signs in; it is refused by its own known_hosts, or not at all."""
    finished = client.says("status")
    if finished.returncode == 0:
        return True
    assert "Host key verification failed" in finished.stderr, finished.stderr
    return False


def wait_until(client: Client, state: bool) -> None:
    """Wait until a client comes in, or not."""
    until = time.monotonic() + PATIENCE_SECONDS
    while comes(client) != state:
        assert time.monotonic() < until, f"signs in: {not state}"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The type of host key that is rotated."""
    return str(request.param)


@pytest.fixture
def pupil(box: Served, kind: str) -> Client:
    """A client that learns what is announced."""
    return Client(box, "pupil", kind)


@pytest.fixture
def stubborn(box: Served, kind: str) -> Client:
    """A client that keeps to what it pinned."""
    return Client(box, "stubborn", kind)


def test_who_learned_the_next_key_comes_without_a_question_and_who_did_not_is_told_by_his_own_known_hosts(
    box: Served, kind: str, pupil: Client, stubborn: Client
) -> None:
    private = box.appliance.ssh / f"ssh_host_{kind}_key"
    old, old_line = private.read_bytes(), private.with_name(f"{private.name}.pub").read_text()
    done(pupil.says(f"host-keys rotate {kind} --yes --json"))
    line = next_line(box)
    pupil.learn(line)
    assert (comes(pupil), comes(stubborn)) == (True, True)
    planned = done(pupil.says("host-keys show --json"))
    assert [each["user"] for each in planned["asked_for_next"]] == ["tanadmin"]  # type: ignore[attr-defined] # JSON
    done(pupil.says(f"host-keys retire {kind} --yes --json"))
    wait_until(stubborn, False)
    assert comes(pupil)
    assert old_line.split()[1] in pupil.known.read_text()
    done(pupil.says("trial confirm --yes --json"))
    assert box.rows("SELECT * FROM next_host_keys") == []
    assert not [path for path in box.appliance.ssh.iterdir() if path.read_bytes() == old]
    assert not [path for path in box.appliance.ssh.iterdir() if path.suffix in {".next", ".retired"}]
    assert line.split()[1] in private.with_name(f"{private.name}.pub").read_text()
    assert (comes(pupil), comes(stubborn)) == (True, False)
    shown = done(pupil.says("host-keys show --json"))["host_keys"]
    assert {each["state"] for each in shown} == {"present"}  # type: ignore[attr-defined] # JSON
    done(pupil.says(f"host-keys rotate {kind} --yes --json"))
    assert comes(pupil)


def test_what_nobody_confirms_goes_back_and_who_came_meanwhile_still_comes(
    box: Served, kind: str, pupil: Client, stubborn: Client
) -> None:
    done(pupil.says(f"host-keys rotate {kind} --yes --json"))
    pupil.learn(next_line(box))
    done(pupil.says(f"host-keys retire {kind} --yes --json"))
    wait_until(stubborn, False)
    with subprocess.Popen(pupil.command("", "yes"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as menus:
        time.sleep(0.5)
        menus.communicate(b"Z\n", PATIENCE_SECONDS)
    box.time_is_over()
    box.wait_for_end()
    wait_until(stubborn, True)
    assert comes(pupil)


def test_a_kill_after_each_step_loses_nothing(box: Served, kind: str, pupil: Client, stubborn: Client) -> None:
    def cut() -> None:
        box.kill()
        box.open()
        for client in (pupil, stubborn):
            port = (box.directory / "known_hosts").read_text().split()[0]
            lines = [line.split() for line in client.known.read_text().splitlines()]
            client.known.write_text("".join(f"{port} {' '.join(line[1:])}\n" for line in lines))

    done(pupil.says(f"host-keys rotate {kind} --yes --json"))
    cut()
    pupil.learn(next_line(box))
    cut()
    done(pupil.says(f"host-keys retire {kind} --yes --json"))
    cut()
    assert (comes(pupil), comes(stubborn)) == (True, False)
    assert box.rows("SELECT kind FROM trials") == [("host-key",)]
    done(pupil.says("trial confirm --yes --json"))
    cut()
    assert (comes(pupil), comes(stubborn)) == (True, False)


def test_who_signed_in_since_without_asking_is_named_before_the_key_is_retired(
    box: Served, kind: str, pupil: Client
) -> None:
    done(pupil.says(f"host-keys rotate {kind} --yes --json"))
    assert box.ssh("one", "status").returncode == 0
    pupil.learn(next_line(box))
    refused = pupil.says(f"host-keys retire {kind}")
    assert "host-key-unlearned" in refused.stdout + refused.stderr
    assert f"tanadmin {box.fingerprints['one']}" in refused.stdout + refused.stderr
    assert box.fingerprints["two"] not in refused.stdout + refused.stderr


def test_retiring_needs_a_next_key(box: Served, kind: str, tmp_path: Path) -> None:
    refused = box.ssh("one", f"host-keys retire {kind} --yes --json")
    assert json.loads(refused.stdout)["error"]["id"] == "step-missing"


def test_a_next_key_that_is_given_up_is_announced_no_more_and_left_nowhere(
    box: Served, kind: str, pupil: Client, stubborn: Client
) -> None:
    done(pupil.says(f"host-keys rotate {kind} --yes --json"))
    line, following = next_line(box), box.appliance.ssh / f"ssh_host_{kind}_key.next"
    private = following.read_bytes()
    pupil.learn(line)
    assert done(pupil.says(f"host-keys forget {kind} --yes --json"))["kind"] == kind
    assert (
        box.rows("SELECT * FROM next_host_keys UNION SELECT fingerprint, '', '', '', '' FROM host_key_proofs") == []
    )
    assert not [path for path in box.appliance.ssh.iterdir() if path.read_bytes() == private]
    assert not following.exists()
    refused = pupil.says(f"host-keys retire {kind} --yes --json")
    assert json.loads(refused.stdout)["error"]["id"] == "step-missing"
    assert (comes(pupil), comes(stubborn)) == (True, True)
    done(pupil.says(f"host-keys rotate {kind} --yes --json"))
    assert next_line(box) != line
    last = box.rows("SELECT object, after FROM audit WHERE verb = 'host-keys forget' AND result = 'done'")
    assert last == [(kind, "wiped")]


def test_a_key_that_is_shown_already_is_not_given_up_but_goes_back(box: Served, kind: str, pupil: Client) -> None:
    done(pupil.says(f"host-keys rotate {kind} --yes --json"))
    pupil.learn(next_line(box))
    done(pupil.says(f"host-keys retire {kind} --yes --json"))
    refused = pupil.says(f"host-keys forget {kind} --yes --json")
    assert json.loads(refused.stdout)["error"]["id"] == "step-missing"
    done(pupil.says("trial revert --yes --json"))
    done(pupil.says(f"host-keys forget {kind} --yes --json"))
    assert comes(pupil)
