"""What the services bear: handshakes a second, a thousand clients by zone server and hub, and what each costs.

The services are the processes that an appliance starts, confined as ever; clients are one `tanos client`.
"""

import asyncio
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from tanos.appliance import Appliance
from tanos.keeper import keeper_of
from tanos.services.catalogue import HTTPS, PLATFORM, TANIUM_SERVER, ZONE_SERVER
from tanos.services.connecting import TlsMode
from tanos.services.registered import registered
from tanos.setup import init_appliance
from tanos.supervising.supervisor import Supervisor
from tests.bench.measure import Gate
from tests.bench.openssh import _free_port, _wait_for
from tests.conftest import TS1, ZS1, call
from tests.tanos.exchange.conftest import exchange
from tests.tanos.keys.forms import LINE
from tests.tanos.services.conftest import LOOPBACK, supervising, until
from tests.tanos.services.test_whole import joined, trust

ROUNDS, SECONDS = 5, 2
FEW, MANY = 100, 1000
MOST_KB = 96.0
LISTENERS = {PLATFORM: "reporting", HTTPS: "soap"}


def measure() -> Iterator[Gate]:
    """Measure all on two fresh appliances."""
    with tempfile.TemporaryDirectory(prefix="tanos-bench-") as temporary:
        base = Path(temporary)
        made = [
            init_appliance(base / each.name, each, authorized_key=LINE.encode(), password=None).appliance
            for each in (TS1, ZS1)
        ]
        yield from asyncio.run(_measure(made[0], made[1], base))


async def _measure(server: Appliance, zone: Appliance, base: Path) -> list[Gate]:
    await trust(zone, server)
    await exchange(zone, server)
    gates = [await _handshakes(server, base, port, pair) for port, pair in LISTENERS.items()]
    for mode in TlsMode:
        gates += await _thousand(server, zone, mode)
    return gates


async def _handshakes(server: Appliance, base: Path, port: str, kind: str) -> Gate:
    """Count handshakes of the same client with a listener and with openssl's own server of the same pair, in turn."""
    pair = base / f"{kind}.pem"
    pair.write_text(keeper_of(server).serving_pair(kind) or "")
    async with supervising(server) as supervisor:
        ours_at = supervisor.services[TANIUM_SERVER.name].ports[port]
        with _openssl_server(pair, server.root / "tanium.pub") as peer_at:
            ours, peer = [], []
            for _ in range(ROUNDS):
                ours.append(await asyncio.to_thread(_a_second, ours_at))
                peer.append(await asyncio.to_thread(_a_second, peer_at))
    a, b = median(ours), median(peer)
    figure = median(one / other for one, other in zip(ours, peer, strict=True))
    return Gate(
        f"services 1 TLS handshakes a second of the {port} listener, against openssl s_server",
        f"{a:.0f}/s ({min(ours):.0f}–{max(ours):.0f})", f"{b:.0f}/s ({min(peer):.0f}–{max(peer):.0f})", figure, 0.5,
    )  # fmt: skip


def _a_second(port: int) -> float:
    words = ["openssl", "s_time", "-connect", f"{LOOPBACK}:{port}", "-new", "-time", str(SECONDS), "-tls1_2"]
    began = time.perf_counter()
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"(\d+) connections in \d+ real", said)[0]) / (time.perf_counter() - began)


@contextmanager
def _openssl_server(pair: Path, root: Path) -> Iterator[int]:
    port = _free_port()
    words = ["openssl", "s_server", "-accept", str(port), "-cert", str(pair), "-key", str(pair), "-tls1_2", "-quiet",
             "-verify", "1", "-CAfile", str(root)]  # fmt: skip
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


async def _thousand(server: Appliance, zone: Appliance, mode: TlsMode) -> list[Gate]:
    """Have few, then many clients come by the zone server, everything by one mode of TLS."""
    with server.store.change(call(server)) as change:
        change.execute("DELETE FROM registered")
    async with joined(server, zone, mode) as (_, outside):
        memory, took = [_memory(outside)], []
        async with AsyncExitStack() as stack:
            for name, count, in_all in (("few", FEW, FEW), ("more", MANY - FEW, MANY)):
                began = time.perf_counter()
                await stack.enter_async_context(_clients(server, outside, name, count, mode))
                await until(partial(_are, server, in_all), 300)
                took.append(time.perf_counter() - began)
                memory.append(_memory(outside))
    right = sum(
        row.using_tls is (mode is not TlsMode.OFF) and row.via == "zs1.lab.test"
        for row in registered(server, "client")
    )
    without, few, many = (each / 1024 for each in memory)
    tls = f"TLS {mode.name.lower()}"
    return [
        Gate(
            f"services 2 rows of the status table that are right, of {MANY} clients by zone server and hub, {tls}",
            f"{MANY - FEW} more after {took[1]:.1f} s, with their process's start", f"{FEW} after {took[0]:.1f} s",
            right, MANY, "rows",
        ),
        Gate(
            f"services 4 memory of a zone server for each client more, {FEW} to {MANY}, {tls}",
            f"{many / 1024:.1f} MB with {MANY}", f"{without / 1024:.1f} MB without, {few / 1024:.1f} MB with {FEW}",
            (many - few) / (MANY - FEW), MOST_KB, "kB", at_most=True,
        ),
    ]  # fmt: skip


def _are(server: Appliance, count: int) -> bool:
    return len(registered(server, "client")) >= count


def _memory(outside: Supervisor) -> int:
    process = outside.services[ZONE_SERVER.name]._process
    assert process is not None
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * resource.getpagesize()


@asynccontextmanager
async def _clients(
    server: Appliance, outside: Supervisor, name: str, count: int, mode: TlsMode
) -> AsyncIterator[None]:
    port = outside.services[ZONE_SERVER.name].ports[PLATFORM]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "menus", "client", "--release", "7.2", "--server", f"zs1.lab.test={LOOPBACK}:{port}",
        "--root", str(server.root / "tanium.pub"), "--set", f"ReportingTLSMode={int(mode)}", "--name", name,
        "--count", str(count), stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
