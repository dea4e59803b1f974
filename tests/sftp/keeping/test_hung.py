"""A keeper that hangs: it is replaced within seconds, and until then the door stays open for all that needs no key.

A stopped process (SIGSTOP) is one that neither answers nor dies.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from tests.sftp.door.conftest import make_home
from tests.sftp.door.processes import children, children_named, is_alive, soon

ROOT = Path(__file__).parents[3]
REPLACED, SENTENCE = 30.0, 40.0
"""Seconds, on a busy machine; who waited for the keeper itself would wait a minute."""
NEEDS_NO_KEY = "authorized-keys list tanadmin"


@dataclass(frozen=True)
class Served:
    """An appliance as `tanos serve` serves it."""

    port: int
    key: Path
    guardian: int

    @property
    def keeper(self) -> int:
        """The keeper's process."""
        assert soon(lambda: len(children(self.guardian)) == 1)
        (keeper,) = children(self.guardian)
        return keeper

    @asynccontextmanager
    async def signed_in(self, user: str = "tanadmin") -> AsyncIterator[asyncssh.SSHClientConnection]:
        """Sign in."""
        options = {"known_hosts": None, "config": None, "agent_path": None, "client_keys": [str(self.key)]}
        async with asyncssh.connect("127.0.0.1", self.port, username=user, **options) as connection:
            yield connection


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One that stays for all tests."""
    directory = tmp_path_factory.mktemp("hung")
    home = make_home(directory).home
    words = [sys.executable, "-m", "menus", "serve", str(home)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        port = int(serving.stdout.readline().rpartition(":")[2])
        (guardian,) = children_named(serving.pid, "tanos-guardian")
        try:
            yield Served(port, directory / "id", guardian)
        finally:
            serving.terminate()
            assert serving.wait(60) == 0


@contextmanager
def stopped(*processes: int) -> Iterator[None]:
    """Have processes hang for as long as the block lasts, those that live so long."""
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            if is_alive(each):
                os.kill(each, signal.SIGCONT)


async def does_all_that_needs_no_key(
    admin: asyncssh.SSHClientConnection, files: asyncssh.SSHClientConnection
) -> None:
    """Run a verb and look into the drop box, over connections that are open."""
    done = await admin.run(NEEDS_NO_KEY, timeout=SENTENCE)
    assert done.exit_status == 0, done.stderr
    async with files.start_sftp_client() as client:
        assert "incoming" in await client.listdir("/")


@pytest.mark.door
async def test_a_hung_keeper_is_replaced_and_keeps_nobody_waiting_but_who_signs_in(served: Served) -> None:
    hung = served.keeper
    async with served.signed_in() as admin, served.signed_in("tancopy") as files:
        await does_all_that_needs_no_key(admin, files)
        with stopped(hung):
            began = time.monotonic()
            coming = [asyncio.create_task(_comes(served)) for _ in range(3)]
            await does_all_that_needs_no_key(admin, files)
            assert await asyncio.wait_for(asyncio.gather(*coming), SENTENCE) == [""] * 3
            assert time.monotonic() - began < REPLACED
            assert not is_alive(hung)
    assert served.keeper != hung


@pytest.mark.door
async def test_where_nobody_can_replace_it_who_signs_in_is_told_in_bounded_time(served: Served) -> None:
    async with served.signed_in() as admin, served.signed_in("tancopy") as files:
        with stopped(served.guardian, served.keeper):
            coming = asyncio.create_task(_comes(served))
            await asyncio.sleep(0.2)
            await does_all_that_needs_no_key(admin, files)
            assert not coming.done(), "it waited, and nobody else did"
            assert "keeper of the private keys" in await asyncio.wait_for(coming, SENTENCE)
    assert await _comes(served) == ""


async def _comes(served: Served) -> str:
    """Sign in and go; return what was said against it."""
    try:
        async with served.signed_in():
            return ""
    except asyncssh.DisconnectError as error:
        return error.reason
