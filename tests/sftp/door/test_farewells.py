"""Who may no longer be here goes within two seconds, and is told why; nobody else does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncssh
import pytest

from sftp.guest import Guest, why_gone
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_pasted_key
from tanos.operation import Operation
from tanos.platform import UserRole
from tanos.users.account_actions import DELETE_USER, DISABLE_USER
from tanos.users.accounts import User
from tanos.users.new_password import ADD_USER, RESET_USER
from tanos.users.role import SET_ROLE
from tests.conftest import call
from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.sftp.door.test_first_password import Answering
from tests.tanos.users.acting import by, do

pytestmark = pytest.mark.door
SECONDS = 60.0


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door of its own: its users come and go."""
    directory = tmp_path_factory.mktemp("farewells")
    with a_door(directory, make_home(directory)) as opened:
        yield opened


@asynccontextmanager
async def signed_in(
    door: OpenDoor, user: str, *, password: str = ""
) -> AsyncIterator[tuple[asyncssh.SSHClientConnection, asyncssh.SSHClientProcess[str]]]:
    """Sign in and open a menu."""
    rounds = [[password], ["Zebra-Kettle-4", "Zebra-Kettle-4"]]
    options = {"client_keys": None, "client_factory": lambda: Answering(*rounds)} if password else {
        "client_keys": [str(door.directory / "id")]
    }  # fmt: skip
    connection = await asyncssh.connect(
        "127.0.0.1", door.port, username=user, known_hosts=None, config=None, agent_path=None, **options
    )
    async with connection:
        process = await connection.create_process(term_type="xterm")
        assert "READY" in await process.stdout.readline()
        yield connection, process


async def added(door: OpenDoor, name: str, *, key: bool = False) -> str:
    """Add a user; return the random password."""
    done = await do(ADD_USER, by(door.appliance), name=name, role="tanuser", keys_only=False)
    if key:
        with door.appliance.store.change(call(door.appliance)) as change:
            authorize(
                change, call(door.appliance), name, read_pasted_key((door.directory / "id.pub").read_bytes())[0]
            )
    return str(done.data["password"])


async def ends(connection: asyncssh.SSHClientConnection, process: asyncssh.SSHClientProcess[str]) -> str:
    """Wait for the end of a session; return what was said."""
    said = str(await asyncio.wait_for(process.stdout.read(), SECONDS))
    await asyncio.wait_for(connection.wait_closed(), SECONDS)
    return said


@pytest.mark.parametrize(("operation", "why"), [(DISABLE_USER, "was disabled"), (DELETE_USER, "was deleted")])
async def test_a_user_who_is_put_out_goes_whether_by_key_or_password(
    door: OpenDoor, operation: Operation[User], why: str
) -> None:
    password = await added(door, "erika", key=True)
    async with signed_in(door, "erika", password=password) as one, signed_in(door, "erika") as other:
        await do(operation, by(door.appliance), user="erika")
        for said in await asyncio.gather(ends(*one), ends(*other)):
            assert f"Signed out: the user erika {why}." in said
    if operation is DISABLE_USER:
        await do(DELETE_USER, by(door.appliance), user="erika")


async def test_another_role_ends_the_sessions_of_the_former(door: OpenDoor) -> None:
    password = await added(door, "erika", key=True)
    async with signed_in(door, "erika", password=password) as one, signed_in(door, "erika") as other:
        await do(SET_ROLE, by(door.appliance), user="erika", role="tanadmin")
        for said in await asyncio.gather(ends(*one), ends(*other)):
            assert "Signed out: the role of erika was changed." in said
    async with signed_in(door, "erika"):
        pass
    await do(DELETE_USER, by(door.appliance), user="erika")


async def test_a_verb_of_his_that_runs_is_cut_off_too(door: OpenDoor) -> None:
    await added(door, "erika", key=True)
    async with asyncssh.connect(
        "127.0.0.1",
        door.port,
        username="erika",
        client_keys=[str(door.directory / "id")],
        known_hosts=None,
        config=None,
    ) as connection:
        process = await connection.create_process("sleep")
        assert "SLEEPING" in await process.stdout.readline()
        await do(DELETE_USER, by(door.appliance), user="erika")
        await asyncio.wait_for(connection.wait_closed(), SECONDS)


async def test_another_password_ends_what_the_former_opened_and_no_session_by_key(door: OpenDoor) -> None:
    password = await added(door, "erika", key=True)
    async with signed_in(door, "erika", password=password) as by_password, signed_in(door, "erika") as by_key:
        await do(RESET_USER, by(door.appliance), user="erika", keys_only=False)
        assert "the password of erika was changed" in await ends(*by_password)
        _, menu = by_key
        menu.stdin.write("still here\n")
        assert "still here" in await asyncio.wait_for(menu.stdout.readline(), 60)
    await do(DELETE_USER, by(door.appliance), user="erika")


async def test_files_are_cut_off_when_tancopy_is_disabled(door: OpenDoor) -> None:
    async with asyncssh.connect(
        "127.0.0.1",
        door.port,
        username="tancopy",
        client_keys=[str(door.directory / "id")],
        known_hosts=None,
        config=None,
    ) as connection:
        files = await connection.start_sftp_client()
        assert await files.listdir("/")
        await do(DISABLE_USER, by(door.appliance), user="tancopy")
        await asyncio.wait_for(connection.wait_closed(), SECONDS)
    assert door.sftp("pwd\n").returncode != 0


def test_an_account_of_the_same_name_made_later_is_another_one(door: OpenDoor) -> None:
    guest = Guest(door.appliance, "erika", UserRole.TANUSER, "", "SHA256:x", "", standing=("2026-01-01T00:00:00Z", 0))
    account = User("erika", UserRole.TANUSER, has_password=True, disabled=False, created_at="2026-01-01T00:00:00Z")
    assert why_gone(guest, account) is None
    assert why_gone(guest, None)
    assert why_gone(guest, User("erika", UserRole.TANUSER, True, False, created_at="2026-01-01T00:00:01Z"))
    assert why_gone(guest, User("erika", UserRole.TANADMIN, True, False, created_at="2026-01-01T00:00:00Z"))
