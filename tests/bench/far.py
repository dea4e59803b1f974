"""Signing in from far away: how many round trips a menu costs beyond a sign-in that is answered at once.

The client's connection goes through a relay that holds back every byte for half a round trip, each way.
"""

import asyncio
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from tests.bench.lab import Measured
from tests.bench.measure import Gate, Timed, timed
from tests.bench.signing_in import bare, sign_in

ROUND_TRIP = 0.08
"""Seconds."""
RUNS = 7
BUFFER = 1 << 16


def round_trips(lab: Measured, rest: Callable[[], None]) -> Iterator[Gate]:
    """Measure a menu at 80×24 and a bare sign-in in turn, from afar; each finds the door at `rest`."""
    with tempfile.TemporaryDirectory() as temporary, _relay(lab.port("ts1")) as port:
        far = Path(temporary) / "ssh_config"
        known = f"[127.0.0.1]:{lab.port('ts1')}"
        far.write_text(f"Host *\n    Port {port}\n    HostKeyAlias {known}\n{Path(lab.config).read_text()}")
        menu, at_once = _in_turn(rest, partial(sign_in, str(far), "ts1"), partial(bare, str(far), "ts1-files"))
    yield Gate(
        f"- round trips of {ROUND_TRIP * 1000:.0f} ms beyond a sign-in that is answered at once (80×24)",
        str(Timed.of(menu)), str(Timed.of(at_once)),
        (statistics.median(menu) - statistics.median(at_once)) / ROUND_TRIP, None, "round trips",
    )  # fmt: skip


def _in_turn(rest: Callable[[], None], *works: Callable[[], None]) -> list[list[float]]:
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(RUNS):
        for taken, work in zip(seconds, works, strict=True):
            rest()
            taken.append(timed(work))
    return seconds


@contextmanager
def _relay(port: int) -> Iterator[int]:
    """Serve a port whose connections go to `port`, with all bytes late."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(partial(_both_ways, port), "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    """Wait for the last bytes: the clients have gone."""
    server.close()
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
    await asyncio.sleep(ROUND_TRIP)


async def _both_ways(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(OSError):
        await asyncio.gather(_late(reader, far_writer), _late(far_reader, writer))


async def _late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, in order, half a round trip after it came."""
    loop = asyncio.get_running_loop()
    try:
        while data := await reader.read(BUFFER):
            loop.call_later(ROUND_TRIP / 2, writer.write, data)
    finally:
        loop.call_later(ROUND_TRIP / 2, writer.close)
