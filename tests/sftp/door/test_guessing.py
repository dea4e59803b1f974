"""Guessing passwords under real clients: who guesses is penalised, and whoever has a key never notices."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import asyncssh
import pytest

from sftp.by_password import MOST_TRIES
from tanos.actor import system_call
from tanos.door.penalties import Penalty, penalties
from tanos.policy.door import PENALTY_AFTER
from tests.sftp.door.conftest import PASSWORD, ROOT, OpenDoor, a_door, decide, make_home
from tests.sftp.door.guessers import Line
from tests.sftp.door.processes import soon

pytestmark = pytest.mark.door

VERBS = 40


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[OpenDoor]:
    """A door that penalises as it is shipped."""
    appliance = make_home(tmp_path)
    decide(appliance, PENALTY_AFTER, PENALTY_AFTER.default)
    with a_door(tmp_path, appliance) as opened:
        yield opened


class Guesser(asyncssh.SSHClient):
    """Answers every question with the same password, and keeps what it was told."""

    def __init__(self, password: str = "wrong") -> None:
        self.password = password
        self.told: list[str] = []
        self.sent = 0

    def kbdint_auth_requested(self) -> str:
        return ""

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str]:
        self.told.append(instructions)
        self.sent += 1
        return [self.password for _ in prompts]


async def guess(port: int, guesser: Guesser) -> bool:
    """Try to sign in; say whether that worked."""
    try:
        async with asyncssh.connect(
            "127.0.0.1", port, username="tanadmin", client_factory=lambda: guesser, known_hosts=None, config=None,
            client_keys=None, agent_path=None, kex_algs=["curve25519-sha256"],
        ):  # fmt: skip
            return True
    except (asyncssh.Error, OSError):
        return False


async def held(door: OpenDoor) -> list[Penalty]:
    """Guess until a penalty begins; return it."""
    while not penalties(door.appliance):
        await guess(door.port, Guesser())
    return penalties(door.appliance)


async def test_who_guesses_is_told_until_when_and_even_the_right_password_waits(strict: OpenDoor) -> None:
    [penalty] = await held(strict)

    assert (penalty.network, penalty.passwords) == ("127.0.0.1", PENALTY_AFTER.default)
    late = Guesser(PASSWORD)
    assert not await guess(strict.port, late)
    assert f"until {penalty.until} no password from there is checked" in late.told[0]
    assert strict.ssh("exit", "5").returncode == 5
    assert await asyncio.to_thread(forty_verbs, strict) == [5] * VERBS


async def test_a_lifted_penalty_is_over_at_once(strict: OpenDoor) -> None:
    await held(strict)
    with strict.appliance.store.change(system_call(strict.appliance, "penalties lift")) as change:
        change.execute("UPDATE penalties SET lifted = 1")

    assert await asyncio.to_thread(soon, lambda: not strict.appliance.store.rows("SELECT * FROM penalties"))
    assert await guess(strict.port, Guesser(PASSWORD))


async def test_who_does_not_wait_for_answers_has_no_more_passwords_in_a_connection(strict: OpenDoor) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", strict.port)
    line = Line(reader, writer)
    try:
        await line.greet()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            for _ in range(5 * MOST_TRIES):
                await line.guess(b"wrong")
                await asyncio.sleep(0.05)  # what comes together with the next question is not looked at
    finally:
        writer.close()


async def test_an_agent_full_of_unknown_keys_blocks_neither_the_right_one_nor_a_password(strict: OpenDoor) -> None:
    unknown = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(40)]
    known = asyncssh.read_private_key(strict.directory / "id")
    for _ in range(3):
        async with asyncssh.connect(
            "127.0.0.1", strict.port, username="tanadmin", client_keys=[*unknown, known], known_hosts=None,
            config=None, agent_path=None,
        ) as connection:  # fmt: skip
            assert (await connection.run("exit 5")).exit_status == 5
    assert await guess(strict.port, Guesser(PASSWORD))
    assert penalties(strict.appliance) == []


def forty_verbs(door: OpenDoor) -> list[int]:
    """Run forty verbs side by side; return their exit statuses."""
    clients = [subprocess.Popen(["ssh", "-F", door.config, "box", "exit", "5"]) for _ in range(VERBS)]
    return [client.wait(120) for client in clients]


def besiege(door: OpenDoor, seconds: float) -> tuple[int, int]:
    """Guess for so long, and work at once; return how many passwords were sent and how many verbs were done.

    Work begins with the penalty: a crowd that has not guessed yet is as good as any other of its network.
    """
    words = [sys.executable, "-m", "tests.sftp.door.guessers", str(door.port), str(seconds)]
    done = 0
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as guessers:
        assert guessers.stdout is not None
        assert soon(lambda: bool(penalties(door.appliance)))
        while guessers.poll() is None:
            assert forty_verbs(door) == [5] * VERBS
            done += VERBS
        return int(guessers.stdout.read().split()[0]), done


def test_a_siege_refuses_no_verb(strict: OpenDoor) -> None:
    seconds = float(os.environ.get("SIEGE_SECONDS", "8"))
    sent, done = besiege(strict, seconds)

    assert done >= VERBS
    assert sent >= 20 * seconds
    checked = "SELECT count(*) FROM audit WHERE verb = 'sign-in' AND result = 'wrong-password'"
    assert strict.appliance.store.rows(checked)[0][0] <= 2 * PENALTY_AFTER.default
    left_out = "SELECT count(*) FROM audit WHERE verb = 'sign-in' AND result = 'too-many-guesses'"
    assert strict.appliance.store.rows(left_out)[0][0] <= 1 + seconds / 60
    print(f"\n{sent / seconds:.0f} passwords and {done / seconds:.1f} verbs a second")


@pytest.mark.soak
def test_a_siege_of_two_minutes_refuses_no_verb(strict: OpenDoor) -> None:
    sent, done = besiege(strict, 120)
    assert sent >= 100 * 120
    print(f"\n{sent / 120:.0f} passwords and {done / 120:.1f} verbs a second")
