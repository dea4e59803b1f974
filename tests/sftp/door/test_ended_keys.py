"""A session goes when what opened it is taken away, revoked, or has expired; on trial it stays until that is kept."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from tanos.actor import system_call
from tanos.keys.authorized import authorize
from tanos.keys.operations import REMOVE_AUTHORIZED
from tanos.keys.options import read_options
from tanos.keys.public_key import SshPublicKey, read_pasted_key
from tanos.keys.revoking import REVOKE
from tanos.trials.ends import confirm
from tanos.trials.trial import waiting
from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.sftp.door.test_farewells import SECONDS, ends
from tests.tanos.users.acting import by, do

pytestmark = pytest.mark.door
Session = tuple[asyncssh.SSHClientConnection, asyncssh.SSHClientProcess[str]]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door of its own: its keys come and go."""
    directory = tmp_path_factory.mktemp("ended")
    with a_door(directory, make_home(directory)) as opened:
        yield opened


class Pair:
    """A key of somebody, which signs in as a user of the door."""

    def __init__(self, door: OpenDoor, directory: Path, name: str = "key") -> None:
        self.door, self.file = door, directory / name
        self._keygen("-t", "ed25519", "-N", "", "-f", str(self.file))
        self.public = self._read(f"{name}.pub")

    def _keygen(self, *words: str) -> None:
        subprocess.run(["ssh-keygen", "-q", *words], cwd=self.file.parent, check=True, capture_output=True)

    def _read(self, name: str) -> SshPublicKey:
        return read_pasted_key((self.file.parent / name).read_bytes())[0]

    def authorised(self, options: str = "", user: str = "tanadmin") -> "Pair":
        """Let it sign in."""
        call = system_call(self.door.appliance, "test")
        with self.door.appliance.store.change(call) as change:
            authorize(change, call, user, self.public, read_options(options))
        return self

    def certified(self, *words: str) -> "Pair":
        """Let another key sign in by a certificate of this one; return that."""
        self.authorised("cert-authority")
        other = Pair(self.door, self.file.parent, "certified")
        self._keygen("-s", str(self.file), "-I", "erika", "-z", "5", "-n", "tanadmin", *words, "certified.pub")
        return other

    @asynccontextmanager
    async def connected(self, user: str = "tanadmin") -> AsyncIterator[asyncssh.SSHClientConnection]:
        """Sign in by it."""
        async with asyncssh.connect(
            "127.0.0.1",
            self.door.port,
            username=user,
            client_keys=[str(self.file)],
            known_hosts=None,
            config=None,
            agent_path=None,
        ) as connection:
            yield connection

    @asynccontextmanager
    async def signed_in(self) -> AsyncIterator[Session]:
        """Sign in by it and open a menu."""
        async with self.connected() as connection:
            process = await connection.create_process(term_type="xterm")
            assert "READY" in await process.stdout.readline()
            yield connection, process


@pytest.fixture
def pair(door: OpenDoor, tmp_path: Path) -> Pair:
    """A key."""
    return Pair(door, tmp_path)


async def revoke(door: OpenDoor, what: str, key: str = "") -> None:
    """Revoke it, signed in by a key or by password."""
    await do(REVOKE, by(door.appliance, key=key), what=what, file="", text=b"", authority="", reason="")


async def remove(door: OpenDoor, fingerprint: str, key: str = "") -> None:
    """Take a key of tanadmin away, signed in by a key or by password."""
    await do(REMOVE_AUTHORIZED, by(door.appliance, key=key), user="tanadmin", fingerprint=fingerprint)


async def test_a_removed_key_takes_its_sessions_along_and_no_others(door: OpenDoor, pair: Pair) -> None:
    stays = Pair(door, pair.file.parent, "stays").authorised()
    async with pair.authorised().signed_in() as session, stays.signed_in() as (_, other):
        await remove(door, pair.public.fingerprint)
        said = await ends(*session)
        assert f"Signed out: the key {pair.public.fingerprint} no longer signs in as tanadmin." in said
        other.stdin.write("still here\n")
        assert "still here" in await asyncio.wait_for(other.stdout.readline(), SECONDS)


async def test_a_revoked_key_ends_its_menus_verbs_and_files_with_a_sentence(door: OpenDoor, pair: Pair) -> None:
    pair.authorised().authorised(user="tancopy")
    async with pair.signed_in() as session, pair.connected() as verb, pair.connected("tancopy") as files:
        sleeping = await verb.create_process("sleep")
        assert "SLEEPING" in await sleeping.stdout.readline()
        sftp = await files.create_process(subsystem="sftp")
        await revoke(door, pair.public.fingerprint)
        said = f"Signed out: the key {pair.public.fingerprint} was revoked."
        assert said in await ends(*session)
        for connection, process in ((verb, sleeping), (files, sftp)):
            assert said in str(await asyncio.wait_for(process.stderr.read(), SECONDS))
            await asyncio.wait_for(connection.wait_closed(), SECONDS)


async def before_it_ends(
    door: OpenDoor, directory: Path, comes_and_goes: Callable[[Pair, datetime], Awaitable[None]]
) -> None:
    """Come by a key or certificate that ends in a few seconds: in more, where the machine was too slow for that."""
    for seconds in (4, 20, 60):
        (directory / str(seconds)).mkdir()
        own = Pair(door, directory / str(seconds))
        with suppress(AssertionError, asyncssh.Error) if seconds < 60 else nullcontext():
            await comes_and_goes(own, datetime.now(UTC) + timedelta(seconds=seconds))
            return


async def test_a_key_that_expires_takes_its_sessions_along_though_nothing_is_changed(
    door: OpenDoor, tmp_path: Path
) -> None:
    async def comes_and_goes(pair: Pair, moment: datetime) -> None:
        async with pair.authorised(f'expiry-time="{moment:%Y%m%d%H%M%S}Z"').signed_in() as (connection, process):
            said = str(await asyncio.wait_for(process.stdout.read(), SECONDS))
            assert "has expired" in said
            assert datetime.now(UTC) >= moment.replace(microsecond=0)
            await asyncio.wait_for(connection.wait_closed(), SECONDS)

    await before_it_ends(door, tmp_path, comes_and_goes)


async def test_a_certificate_that_ends_takes_its_sessions_along(door: OpenDoor, tmp_path: Path) -> None:
    async def comes_and_goes(pair: Pair, moment: datetime) -> None:
        someone = pair.certified("-V", f"-1m:{moment.astimezone():%Y%m%d%H%M%S}")
        async with someone.signed_in() as (_, process):
            assert "has expired" in str(await asyncio.wait_for(process.stdout.read(), SECONDS))

    await before_it_ends(door, tmp_path, comes_and_goes)


@pytest.mark.parametrize("what", ["serial: 5", "id: erika", "the authority", "the authority is removed"])
async def test_a_certificate_is_hit_by_serial_key_id_and_authority(door: OpenDoor, pair: Pair, what: str) -> None:
    authority = pair.public.fingerprint
    async with pair.certified().signed_in() as session:
        if what == "the authority is removed":
            await remove(door, authority)
        else:
            await revoke(door, authority if what == "the authority" else what)
        assert "Signed out: the key " in await ends(*session)
    with door.appliance.store.change(by(door.appliance)) as change:
        change.execute("DELETE FROM revoked_keys")


@pytest.mark.parametrize("by_list", [False, True])
async def test_on_trial_its_own_session_stays_and_ends_when_it_is_kept(
    door: OpenDoor, pair: Pair, by_list: bool
) -> None:
    key = pair.authorised().public.fingerprint
    async with pair.signed_in() as session:
        await (revoke if by_list else remove)(door, key, key)
        (trial,) = waiting(door.appliance)
        with pytest.raises(asyncssh.PermissionDenied):
            async with pair.connected():
                pass
        _, process = session
        await asyncio.sleep(1)  # twice as long as the front takes to hear of it
        process.stdin.write("still here\n")
        assert "still here" in await asyncio.wait_for(process.stdout.readline(), SECONDS)
        anew = by(door.appliance, key="SHA256:another")
        confirm(replace(anew, actor=replace(anew.actor, came_after=trial.number)), trial)
        assert "Signed out: the key " in await ends(*session)
