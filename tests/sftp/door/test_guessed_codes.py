"""Who has a key and guesses its codes is stopped as who guesses passwords is: by account and by network."""

import asyncio
import time
from collections.abc import Iterator

import asyncssh
import pytest

from tanos.door.penalties import penalties
from tanos.policy.accounts import LOCKOUT_FAILURES
from tanos.policy.door import PENALTY_AFTER
from tanos.users.code_actions import FORGET_DEVICE
from tanos.users.lockout import UNLOCK_USER, Counted, lock_of
from tests.sftp.door.conftest import PASSWORD, OpenDoor, a_door, decide, make_home
from tests.sftp.door.processes import soon, within
from tests.sftp.door.test_codes import enrolled
from tests.sftp.door.test_first_password import Answering
from tests.sftp.door.test_sign_in import sign_in
from tests.tanos.users.acting import by, do
from tests.tanos.users.test_own_password import decide as decided

pytestmark = pytest.mark.door


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door whose codes are locked as they are by default."""
    directory = tmp_path_factory.mktemp("guessed")
    appliance = make_home(directory)
    decide(appliance, LOCKOUT_FAILURES, LOCKOUT_FAILURES.default)
    with a_door(directory, appliance) as opened:
        yield opened


def by_key(door: OpenDoor) -> dict[str, list[str]]:
    """Sign in by the key of tanadmin."""
    return {"client_keys": [str(door.directory / "id")]}


async def guessed(door: OpenDoor, *typed: str) -> None:
    """Type wrong codes after the key, in one connection."""
    with pytest.raises(asyncssh.Error):
        await sign_in(door, "tanadmin", Answering(*[[code] for code in typed]), **by_key(door))


async def test_three_wrong_codes_after_a_key_lock_further_ones_until_somebody_unlocks(door: OpenDoor) -> None:
    device = await enrolled(door)
    await decided(door.appliance, "mfa-keys", 1)
    await guessed(door, "000000", "000001")
    await guessed(door, "000002")
    locked = asyncio.to_thread(within, 5, lambda: lock_of(door.appliance, "tanadmin", Counted.CODE) is not None)
    assert await locked
    code = await asyncio.to_thread(device.code)
    await guessed(door, code)
    refused = "SELECT 1 FROM audit WHERE verb = 'sign-in' AND result = 'locked-out' AND user = 'tanadmin'"
    assert await asyncio.to_thread(soon, lambda: door.appliance.store.row(refused) is not None)
    lock = door.appliance.store.row("SELECT object, after FROM audit WHERE verb = 'lock-out'")
    assert lock is not None
    assert tuple(lock) == ("tanadmin", "after 3 wrong codes after a key")
    assert lock_of(door.appliance, "tanadmin") is None, "the password is another matter"
    assert await sign_in(door, "tanadmin", Answering([PASSWORD, code]))
    await do(UNLOCK_USER, by(door.appliance), user="tanadmin")
    assert await sign_in(door, "tanadmin", Answering([await asyncio.to_thread(device.code)]), **by_key(door))
    await decided(door.appliance, "mfa-keys", 0)


async def test_a_wrong_code_counts_for_the_penalty_of_its_network_which_keeps_no_key_out(door: OpenDoor) -> None:
    device = await enrolled(door)
    await decided(door.appliance, "mfa-keys", 1)
    decide(door.appliance, LOCKOUT_FAILURES, 0)
    decide(door.appliance, PENALTY_AFTER, 3)
    await asyncio.to_thread(time.sleep, 0.7)  # an open door hears of it within half a second
    await guessed(door, "000000", "000001", "000002")
    assert await asyncio.to_thread(soon, lambda: bool(penalties(door.appliance)))
    assert penalties(door.appliance)[0].passwords == 3
    assert await sign_in(door, "tanadmin", Answering([await asyncio.to_thread(device.code)]), **by_key(door))
    client = Answering([PASSWORD, "000000"])
    with pytest.raises(asyncssh.PermissionDenied):
        await sign_in(door, "tanadmin", client)
    assert "Too many wrong passwords" in client.asked[0][0]
    await do(FORGET_DEVICE, by(door.appliance), user="tanadmin")
