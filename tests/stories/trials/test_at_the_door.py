"""A change on trial, as operators meet it who sign in by ssh: in one terminal, in two, and after a power cut."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from menus.demo.terminal import Terminal
from menus.lab.layout import Lab
from tests.menus.test_programs import TANOS
from tests.stories.trials.served import PATIENCE_SECONDS, Served

pytestmark = pytest.mark.door


def error_of(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the id of a refusal."""
    return str(json.loads(done.stdout)["error"]["id"])


def test_the_connection_that_made_the_change_cannot_keep_it_and_the_next_one_can(box: Served) -> None:
    shared = ["-o", "ControlMaster=auto", "-o", f"ControlPath={box.directory}/master", "-o", "ControlPersist=20"]

    def through_it(words: str) -> "subprocess.CompletedProcess[str]":
        command = box.command("one", words)
        words_too = [*command[:1], *shared, *command[1:]]
        return subprocess.run(words_too, capture_output=True, text=True, timeout=60, check=False)

    try:
        assert through_it(box.removal("one")).returncode == 0
        refused = through_it("trial confirm --yes --json")
        assert (refused.returncode, error_of(refused)) == (3, "old-sign-in")
        assert "anew in another terminal" in refused.stderr
    finally:
        leave = ["ssh", "-O", "exit", *shared, *box.command("one")[2:]]
        subprocess.run(leave, capture_output=True, timeout=60, check=False)
    assert box.ssh("one", "status").returncode == 255
    kept = box.ssh("two", "trial confirm --yes --json")
    assert json.loads(kept.stdout)["trial"] == "T1", kept.stderr
    assert box.present() == {box.fingerprints["two"]}


def test_who_signed_in_before_the_change_cannot_keep_it(box: Served) -> None:
    with subprocess.Popen(
        box.command("two"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as menus:
        assert menus.stdin is not None
        assert menus.stdout is not None
        assert menus.stdout.readline() == "\n"
        assert box.ssh("one", box.removal("one")).returncode == 0
        said, _ = menus.communicate("C-T-2\n\n", PATIENCE_SECONDS)
    assert "old-sign-in" in said.replace(" ", "-")
    assert "On trial: The key" in said
    assert box.rows("SELECT 'T' || number FROM trials") == [("T1",)]


def test_nobody_confirms_and_the_front_puts_it_back_by_itself(box: Served) -> None:
    assert box.ssh("one", box.removal("one")).returncode == 0
    assert box.ssh("one", "status").returncode == 255
    box.time_is_over()
    box.wait_for_end()
    assert box.ssh("one", "status").returncode == 0
    last = box.rows("SELECT user, face, result, after FROM audit WHERE verb = 'trial revert'")
    assert last == [("root", "system", "done", "put back")]


def test_after_a_power_cut_the_next_start_puts_it_back(box: Served) -> None:
    assert box.ssh("one", box.removal("one")).returncode == 0
    box.kill()
    box.time_is_over()
    box.open()
    assert box.rows("SELECT * FROM trials") == []
    assert box.ssh("one", "status").returncode == 0
    assert "Nobody confirmed in time" in (box.directory / "log").read_text()


def test_where_no_front_runs_whoever_comes_puts_it_back(box: Served) -> None:
    assert box.ssh("one", box.removal("one")).returncode == 0
    box.kill()
    box.time_is_over()
    words = [*TANOS, "authorized-keys", "list", "tanadmin", "--json", "--home", str(box.appliance.home)]
    listed = json.loads(subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert {key["fingerprint"] for key in listed["keys"]} == set(box.fingerprints.values())
    box.open()


def test_the_last_key_is_refused_on_trial_too(box: Served) -> None:
    assert box.ssh("one", box.removal("one")).returncode == 0
    refused = box.ssh("two", box.removal("two") + " --json")
    assert (refused.returncode, error_of(refused)) == (3, "last-way-in")


def test_an_idle_screen_is_told_of_it_and_of_its_end_without_a_key_press(box: Served, tmp_path: Path) -> None:
    layout = Lab(tmp_path, ("two",))
    (tmp_path / "ssh_config").write_text((tmp_path / "config").read_text())
    with Terminal(layout, "two") as window:
        assert "On trial" not in window.wait_for("Select:")
        assert box.ssh("one", box.removal("one")).returncode == 0
        shown = window.wait_for("On trial: The key", "goes back in 10 minutes")
        assert "C-T-2" in shown
        box.time_is_over()
        box.wait_for_end()
        until = time.monotonic() + PATIENCE_SECONDS
        while "On trial" in window.screen():
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_menu_of_lines_is_told_while_it_waits_and_asks_again(box: Served) -> None:
    with subprocess.Popen(
        box.command("two"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as menus:
        assert menus.stdin is not None
        assert menus.stdout is not None
        while not menus.stdout.readline().startswith("Z  Log out"):
            pass
        assert box.ssh("one", box.removal("one")).returncode == 0
        assert menus.stdout.readline() == "Select: \n"
        assert menus.stdout.readline().startswith("warn: On trial: The key")
        box.time_is_over()
        box.wait_for_end()
        said = menus.stdout.readline()
        while not said.endswith("No change is on trial now.\n"):
            said = menus.stdout.readline()
        menus.stdin.write("Z\n")
        menus.stdin.flush()
        assert menus.stdout.read() == "Select: \nSigned out.\n"


@pytest.mark.parametrize(
    "words",
    ["policy set post-quantum-only on --yes", "ssh-rules add 198.51.100.0/24 --yes"],
    ids=["algorithms", "rule"],
)
def test_what_keeps_this_client_out_keeps_it_out_at_once_and_goes_back(box: Served, words: str) -> None:
    if "quantum" in words and "mlkem768x25519-sha256" in _exchanges():
        pytest.skip("this ssh has mlkem768x25519-sha256: post-quantum only keeps it out of nothing")
    done = box.ssh("one", words)
    assert done.returncode == 0, done.stderr
    assert "It is on trial." in done.stdout
    until = time.monotonic() + PATIENCE_SECONDS
    while box.ssh("two", "status").returncode != 255:
        assert time.monotonic() < until, "it let this client in all the same"
    box.time_is_over()
    box.wait_for_end()
    until = time.monotonic() + PATIENCE_SECONDS
    while box.ssh("two", "status").returncode != 0:
        assert time.monotonic() < until, "it is not let in again"


def _exchanges() -> list[str]:
    return subprocess.run(["ssh", "-Q", "kex"], capture_output=True, text=True, check=True).stdout.split()
