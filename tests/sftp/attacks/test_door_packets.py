"""Ten thousand malformed and random packets at the front door: before keys, before proof, and by those who are in.

After each crowd: the door is the same process, an ordinary ssh is served at once, no fault was written down, nothing
listens that did not before, no session is left, and memory and descriptors did not grow.
"""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.sftp.attacks.packets import IDENTS, Drawn
from tests.sftp.attacks.wire import number, string
from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.sftp.door.processes import children, soon

pytestmark = pytest.mark.door

SEED = os.environ.get("TANOS_FUZZ_SEED", "tanos")
STRANGERS, UNPROVEN, GUESTS, RUDE = (110, 30), (60, 30), (50, 100), (60, 15)
"""Connections, and packets of each: 11,000."""
_TOGETHER = 6
_GROWTH_KB = 12_000
_THREADS_FILES = 18
"""Descriptors of the front's few threads, each of which holds the database open once it was asked something."""
_AT_ONCE = 20.0
"""Seconds that an ordinary sign-in may take on a busy machine."""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door of our own."""
    directory = tmp_path_factory.mktemp("attacked-door")
    with a_door(directory, make_home(directory)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _is_as_before(door: OpenDoor) -> Iterator[None]:
    _serves_at_once(door)
    memory, files, listening = _weight(door)
    yield
    _serves_at_once(door)
    assert soon(lambda: not children(door.warm_pid))
    assert soon(lambda: _weight(door)[1] <= files + _THREADS_FILES), (_weight(door), files)
    assert _weight(door)[2] == listening
    assert _weight(door)[0] < memory + _GROWTH_KB, (_weight(door), memory)
    log = door.appliance.home / "log" / "faults.log"
    assert not log.exists(), log.read_text()[-3000:]


async def test_strangers_who_speak_nonsense(door: OpenDoor) -> None:
    async def one(place: int) -> None:
        drawn = Drawn(f"{SEED} stranger {place}")
        ident = IDENTS[0] if drawn.chance.random() < 0.6 else drawn.chance.choice(IDENTS)
        data = ident + b"".join(drawn.framed(drawn.stranger()) for _ in range(STRANGERS[1]))
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        with suppress(OSError, TimeoutError):
            for at in range(0, len(data), 4000):
                writer.write(data[at : at + 4000])
                await writer.drain()
            await asyncio.wait_for(reader.read(1 << 20), 0.2)
        writer.transport.abort()

    await _all(one, STRANGERS[0])


async def test_those_who_have_keys_and_no_proof(door: OpenDoor) -> None:
    async def one(place: int) -> None:
        drawn = Drawn(f"{SEED} unproven {place}")
        async with _unproven(door) as conn:
            if place % 2:
                _send(conn, 5, string(b"ssh-userauth"))
            for _ in range(UNPROVEN[1]):
                _send(conn, *drawn.unproven())
            await _settle(conn)

    await _all(one, UNPROVEN[0])


@pytest.mark.parametrize("user", ["tanadmin", "tancopy"])
async def test_guests_who_ask_for_everything(door: OpenDoor, user: str) -> None:
    async def one(place: int) -> None:
        drawn = Drawn(f"{SEED} guest {user} {place}")
        left = GUESTS[1]
        while left > 0:
            async with _guest(door, user) as conn:
                drawn.arrive()
                while left > 0 and not conn.is_closed():
                    left -= 1
                    kind, body = drawn.guest()
                    _send(conn, kind, body)
                    await asyncio.sleep(0.01 if kind == 90 else 0)  # a channel has to be open before it is asked
                await _settle(conn)

    await _all(one, GUESTS[0] // 2)


async def test_guests_who_break_the_protocol(door: OpenDoor) -> None:
    async def one(place: int) -> None:
        drawn = Drawn(f"{SEED} rude {place}")
        async with _guest(door, "tanadmin") as conn:
            for _ in range(RUDE[1]):
                _send(conn, *drawn.rude_guest())
            await _settle(conn)

    await _all(one, RUDE[0])


FLOODS = {
    "environment": (98, number(0) + string(b"env") + b"\0" + string(b"LC_ALL") + string(b"C" * 3000), 2000),
    "sizes of a terminal": (98, number(0) + string(b"window-change") + b"\0" + number(0xFFFFFFFF) * 4, 5000),
    "terminals": (98, number(0) + string(b"pty-req") + b"\0" + string(b"x") + number(9999) * 4 + string(b""), 2000),
    "sessions": (90, string(b"session") + number(0) + number(1) + number(1), 2000),
    "tunnels": (
        90,
        string(b"direct-tcpip") + number(0) * 3 + string(b"127.0.0.1") + number(22) + string(b"") * 2,
        2000,
    ),
    "listeners": (80, string(b"tcpip-forward") + b"\1" + string(b"") + number(0), 5000),
    "displays": (98, number(0) + string(b"x11-req") + b"\1" + b"\0" + string(b"") * 2 + number(0), 2000),
    "agents": (98, number(0) + string(b"auth-agent-req@openssh.com") + b"\1", 5000),
    "windows": (93, number(0) + number(0xFFFFFFFF), 5000),
    "commands of a megabyte": (98, number(0) + string(b"exec") + b"\1" + string(b"w" * 100_000), 20),
    "subsystems": (98, number(0) + string(b"subsystem") + b"\1" + string(b"netconf"), 2000),
    "nothing": (2, string(b""), 5000),
}


@pytest.mark.parametrize("what", FLOODS)
async def test_a_flood_of_one_thing(door: OpenDoor, what: str) -> None:
    kind, body, count = FLOODS[what]
    async with _guest(door, "tanadmin") as conn:
        _send(conn, 90, string(b"session") + number(0) + number(1 << 20) + number(1 << 15))
        for place in range(count):
            _send(conn, kind, body)
            if place % 500 == 499:
                await asyncio.sleep(0)
        await _settle(conn)


async def _all(one: Any, count: int) -> None:
    places = iter(range(count))

    async def some() -> None:
        for place in places:
            await one(place)

    await asyncio.gather(*(some() for _ in range(_TOGETHER)))


def _options(door: OpenDoor, user: str, **options: Any) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": door.port,
        "username": user,
        "known_hosts": None,
        "config": None,
        "agent_path": None,
        "kex_algs": ["curve25519-sha256"],
        "encryption_algs": ["aes128-gcm@openssh.com"],
        **options,
    }


@asynccontextmanager
async def _guest(door: OpenDoor, user: str) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Sign in; from then on nothing that the door says is looked at."""
    key = str(door.directory / "id")
    conn = await asyncssh.connect(**_options(door, user, client_keys=[key]))
    vars(conn)["data_received"] = lambda _: None
    try:
        yield conn
    finally:
        conn.abort()
        await conn.wait_closed()


@asynccontextmanager
async def _unproven(door: OpenDoor) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Exchange keys and go no further."""
    found: asyncio.Future[asyncssh.SSHClientConnection] = asyncio.get_running_loop().create_future()

    class Client(asyncssh.SSHClient):
        def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
            vars(conn)["send_service_request"] = lambda _: found.set_result(conn)

    async def sign_in() -> None:
        await asyncssh.connect(**_options(door, "x", client_keys=None, client_factory=Client))

    going_on = asyncio.create_task(sign_in())
    conn = await asyncio.wait_for(found, 60)
    vars(conn)["data_received"] = lambda _: None
    try:
        yield conn
    finally:
        conn.abort()
        going_on.cancel()
        with suppress(asyncio.CancelledError, asyncssh.Error, OSError):
            await going_on


def _send(conn: asyncssh.SSHClientConnection, kind: int, body: bytes) -> None:
    """Send a packet past the client library's own order of things."""
    vars(conn).update(_auth_complete=True, _kex_complete=True)
    with suppress(AttributeError, OSError):  # the door has hung up
        conn.send_packet(kind, body)


async def _settle(conn: asyncssh.SSHClientConnection) -> None:
    """Give the door time to read what was sent, until it hangs up."""
    with suppress(TimeoutError):
        await asyncio.wait_for(conn.wait_closed(), 0.15)


def _serves_at_once(door: OpenDoor) -> None:
    begin = time.monotonic()
    assert door.ssh("exit", "5").returncode == 5
    assert door.sftp("ls /incoming\n").returncode == 0
    assert time.monotonic() - begin < _AT_ONCE


def _weight(door: OpenDoor) -> tuple[int, int, int]:
    """Return the memory of the door in kB, its open files, and how many of them listen."""
    found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{door.pid}/status").read_text())
    links = []
    for path in Path(f"/proc/{door.pid}/fd").iterdir():
        with suppress(OSError):
            links.append(str(path.readlink()))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {f"socket:[{line[9]}]" for line in lines if line[3] == "0A"}
    return int(found.group(1)) if found else 0, len(links), len(listening & set(links))
