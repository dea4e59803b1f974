"""Processes killed at random points while keys come and go on trial: 20 times in CI, 1,000 by `make soak`.

Invariants, after each kill: somebody can sign in by a real ssh; what may sign in is exactly what the audit tells of
(no change, and no revert, without its record); nothing that is on trial outlives its time.
"""

import random
import subprocess
import time
from contextlib import suppress

import pytest

from tests.sftp.door.processes import command_of
from tests.stories.trials.served import KEYS, PATIENCE_SECONDS, Served

IN_CI = 20
BY_SOAK = 1000
_LONGEST_DELAY = 0.6
_START_SECONDS = 60


class Story:
    """What the audit tells of the keys of tanadmin, from a moment at which `present` could sign in."""

    def __init__(self, box: Served) -> None:
        self._box = box
        self._first = box.rows("SELECT max(id) FROM audit")[0][0]
        self._present = box.present()

    def hold(self) -> None:
        """Hold what lies there against what was recorded."""
        present, begun, ended = set(self._present), 0, 0
        sql = f"SELECT verb, object, before, after, result FROM audit WHERE id > {self._first} ORDER BY id"
        with_trials = f"SELECT * FROM ({sql})"
        for verb, about, before, after, result in self._box.rows(with_trials):
            if verb == "authorized-keys add" and result == "done":
                present.add(after.split()[0])
            elif verb == "authorized-keys remove" and result in {"done", "on-trial"}:
                present.discard(before.split()[0])
                begun += result == "on-trial"
            elif verb == "trial revert" and result == "done":
                assert after == "put back"
                present.add(about.split()[1])
                ended += 1
            elif verb == "trial confirm" and result == "done":
                ended += 1
        assert self._box.present() == present
        assert begun == ended + len(self._box.rows("SELECT * FROM trials"))


def words_of(box: Served, chance: random.Random, key: str) -> tuple[str, str]:
    """Return a verb that an operator may do now, and what he types."""
    gone = [name for name in KEYS if box.fingerprints[name] not in box.present()]
    if box.rows("SELECT * FROM trials"):
        return chance.choice(("trial confirm --yes", "trial revert --yes", "trial list", box.removal(key))), ""
    if gone:
        return "authorized-keys add tanadmin --yes", (box.directory / f"{gone[0]}.pub").read_text()
    return box.removal(key), ""


def interrupted(box: Served, chance: random.Random, key: str) -> None:
    """Do a verb, and kill something in the middle of it: the client, one process of the appliance, or all of it."""
    words, typed = words_of(box, chance, key)
    with subprocess.Popen(
        box.command(key, words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as client:
        with suppress(subprocess.TimeoutExpired):
            client.communicate(typed, chance.uniform(0, _LONGEST_DELAY))
        match chance.choice(("client", "process", "all", "nothing")):
            case "client":
                client.kill()
            case "process":
                box.kill_one(chance.choice(box.processes()))
            case "all":
                box.kill()
        client.communicate(timeout=PATIENCE_SECONDS)


def somebody_signs_in(box: Served) -> str:
    """Return a key that signs in; what was killed a moment ago may take as long as a start to be there again."""
    until, said = time.monotonic() + _START_SECONDS, ""
    while time.monotonic() < until:
        if not box.lives:
            box.kill()
            box.open()
        for key in KEYS:
            done = box.ssh(key, "status")
            if done.returncode == 0:
                return key
            said += done.stderr
    raise AssertionError(f"nobody can sign in: {said}")


def run(box: Served, seed: int, rounds: int) -> None:
    """Go through the rounds; a failure names its seed and round."""
    chance, story = random.Random(seed), Story(box)
    key = KEYS[0]
    for number in range(rounds):
        try:
            interrupted(box, chance, key)
            if not box.lives:
                box.kill()
                if chance.random() < 0.5:
                    box.time_is_over()
                box.open()
            key = somebody_signs_in(box)
            if chance.random() < 0.3:
                box.time_is_over()
                box.wait_for_end()
            story.hold()
        except Exception as error:
            error.add_note(f"seed {seed}, round {number}")
            raise


@pytest.mark.crash
def test_a_front_whose_keeper_cannot_come_back_ends_so_that_it_is_started_again(box: Served) -> None:
    assert box.front is not None
    guardian = next(pid for pid in box.processes()[1:] if "serve" in command_of(pid))
    box.kill_one(guardian)
    assert box.front.wait(PATIENCE_SECONDS) == 1
    assert "keeper-lost" in (box.directory / "log").read_text()
    box.kill()
    box.open()
    assert somebody_signs_in(box)


@pytest.mark.crash
def test_no_kill_locks_anybody_out_or_leaves_a_change_without_its_record(box: Served) -> None:
    run(box, 20261122, IN_CI)


@pytest.mark.soak
def test_a_thousand_kills_lock_nobody_out(box: Served) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    run(box, seed, BY_SOAK)
