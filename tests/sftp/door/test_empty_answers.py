"""Who answers nothing has guessed nothing: clients without a person answer so, and are held to nothing."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from tanos.actor import system_call
from tanos.door.penalties import penalties
from tanos.policy.accounts import LOCKOUT_FAILURES, MFA_KEYS
from tanos.policy.door import PENALTY_AFTER
from tanos.users.code_actions import FORGET_DEVICE
from tanos.users.codes import factor_of
from tanos.users.lockout import Counted, lock_of
from tests.sftp.door.conftest import PASSWORD, OpenDoor, a_door, decide, make_home
from tests.sftp.door.processes import soon
from tests.sftp.door.test_codes import Enrolling, enrolled, forgotten
from tests.sftp.door.test_first_password import Answering
from tests.sftp.door.test_sign_in import sign_in
from tests.tanos.users.acting import by, do

pytestmark = pytest.mark.door
ENOUGH = LOCKOUT_FAILURES.default + 1


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door that locks and penalises as it is shipped."""
    directory = tmp_path_factory.mktemp("empty")
    appliance = make_home(directory)
    decide(appliance, LOCKOUT_FAILURES, LOCKOUT_FAILURES.default)
    decide(appliance, PENALTY_AFTER, PENALTY_AFTER.least)
    with a_door(directory, appliance) as opened:
        yield opened


def unattended(door: OpenDoor, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run ssh where nobody is there to type, and no terminal either."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "SSH_ASKPASS")}
    words = ["ssh", "-F", door.config, "-o", "BatchMode=no", "-o", "LogLevel=INFO", *options, "box", "show"]
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        start_new_session=True, env=environment,
    )  # fmt: skip


def counted(door: OpenDoor) -> int:
    """Return how many failures stand in the store."""
    return sum(len(door.appliance.store.rows(f"SELECT * FROM {what.value}")) for what in Counted)


def test_a_client_without_a_person_neither_locks_a_password_nor_earns_a_penalty(door: OpenDoor) -> None:
    for _ in range(ENOUGH):
        done = unattended(door, "-o", "PubkeyAuthentication=no")
        assert done.returncode == 255
        assert "Permission denied" in done.stderr
    assert counted(door) == 0
    assert penalties(door.appliance) == []
    assert unattended(door).returncode == 0, "a right key"


async def test_nor_does_it_lock_codes_or_see_a_secret_behind_a_key(door: OpenDoor) -> None:
    await enrolled(door)
    decide(door.appliance, MFA_KEYS, 1)
    for _ in range(ENOUGH):
        done = await asyncio.to_thread(unattended, door)
        assert done.returncode == 255
        assert "No code was given" in done.stderr
    assert counted(door) == 0
    assert lock_of(door.appliance, "tanadmin", Counted.CODE) is None
    assert penalties(door.appliance) == []
    await do(FORGET_DEVICE, by(door.appliance), user="tanadmin")
    done = await asyncio.to_thread(unattended, door)
    assert "your password enrols one" in " ".join((done.stdout + done.stderr).split())
    assert "otpauth" not in done.stdout + done.stderr
    decide(door.appliance, MFA_KEYS, 0)


async def test_who_has_a_key_alone_enrols_no_device(door: OpenDoor) -> None:
    await forgotten(door)
    decide(door.appliance, MFA_KEYS, 1)
    decide(door.appliance, PENALTY_AFTER, 0)
    key = {"client_keys": [str(door.directory / "id")]}
    await asyncio.to_thread(door.hears)
    thief = Answering(["wrong"], ["guess"])
    with pytest.raises(asyncssh.Error):
        await sign_in(door, "tanadmin", thief, **key)
    assert {prompts for _, prompts in thief.asked} == {("Password: ",)}
    owner = Enrolling([PASSWORD])
    assert await sign_in(door, "tanadmin", owner, **key)
    assert [prompts for _, prompts in owner.asked] == [("Password: ",), ("Code of the device: ",)]
    factor = factor_of(door.appliance, "tanadmin")
    assert factor is not None
    assert factor.secret is not None
    decide(door.appliance, MFA_KEYS, 0)


async def test_where_nobody_has_a_password_nobody_is_asked_for_one(tmp_path: Path) -> None:
    appliance = make_home(tmp_path)
    with appliance.store.change(system_call(appliance, "test")) as change:
        change.execute("UPDATE users SET password_hash = NULL")
    with a_door(tmp_path, appliance) as keys_only:
        done = await asyncio.to_thread(unattended, keys_only, "-o", "PubkeyAuthentication=no")
        assert "(publickey)" in done.stderr
        await forgotten(keys_only)
        decide(appliance, MFA_KEYS, 1)
        done = await asyncio.to_thread(unattended, keys_only)
        assert done.returncode == 255
        assert "exempt you from codes" in done.stdout + done.stderr


async def test_who_floods_codes_from_elsewhere_keeps_the_owner_of_the_key_out_of_nothing(door: OpenDoor) -> None:
    device = await enrolled(door)
    decide(door.appliance, MFA_KEYS, 1)
    decide(door.appliance, LOCKOUT_FAILURES, 0)
    decide(door.appliance, PENALTY_AFTER, 0)
    await asyncio.to_thread(door.hears)
    key = {"client_keys": [str(door.directory / "id")]}
    told: list[str] = []

    async def flood() -> None:
        client = Answering(*[["000000"]] * 6)
        with pytest.raises((asyncssh.Error, OSError)):
            await sign_in(door, "tanadmin", client, **key)
        told.extend(instructions for instructions, _ in client.asked)

    flooding = [asyncio.create_task(flood()) for _ in range(16)]
    await asyncio.wait(flooding, return_when=asyncio.FIRST_COMPLETED)
    owner = Answering([await asyncio.to_thread(device.code)])
    assert await sign_in(door, "tanadmin", owner, local_addr=("127.0.0.2", 0), **key)
    await asyncio.gather(*flooding)
    assert any("this one was not checked" in each for each in told)
    said = "SELECT 1 FROM audit WHERE verb = 'sign-in' AND result = 'too-many-guesses'"
    assert await asyncio.to_thread(soon, lambda: door.appliance.store.row(said) is not None)
    decide(door.appliance, MFA_KEYS, 0)
