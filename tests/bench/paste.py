"""Gate 4: 64 kB of rubbish pasted through the front door, from its last byte to the answer."""

import asyncio
import os
import statistics
import time
from collections.abc import Iterator

import asyncssh

from tests.bench.lab import Measured, measured_lab
from tests.bench.measure import Gate, Timed

RUNS = 9
LEAST = 100.0
RUBBISH = b"-----BEGIN CERTIFICATE REQUEST-----\n" + b"\n".join([b"A\xff?Z\\'\"=" * 8] * 1000)[: 64_000 - 80] + b"\n"
LAST = b"-----END CERTIFICATE REQUEST-----\n"


def measure() -> Iterator[Gate]:
    """Measure by verb; a bare round trip over the same connection is the peer."""
    with measured_lab() as lab:
        answers, bare = asyncio.run(_measure(lab))
    ours = Timed.of(answers)
    yield Gate(
        "4 64 kB of rubbish through the front door, last byte to answer",
        str(ours), f"a refused word over the same connection {Timed.of(bare)}",
        ours.median * 1000, LEAST, "ms", at_most=True,
    )  # fmt: skip


async def _measure(lab: Measured) -> tuple[list[float], list[float]]:
    async with asyncssh.connect(
        "127.0.0.1", lab.port("ts1"), username="tanadmin", client_keys=[str(lab.directory / "operator_ed25519")],
        known_hosts=str(lab.directory / "known_hosts"), config=None, agent_path=None,
    ) as connection:  # fmt: skip
        answers = [await _refusal(connection) for _ in range(RUNS + 1)][1:]
        bare = [await _unknown_word(connection) for _ in range(RUNS)]
    assert statistics.median(answers) > 0
    return answers, bare


async def _refusal(connection: asyncssh.SSHClientConnection) -> float:
    words = "zone-server import-request --from paste --yes --json"
    process = await connection.create_process(words, encoding=None, env={"LANG": os.environ.get("LANG", "C.UTF-8")})
    process.stdin.write(RUBBISH)
    await process.stdin.drain()
    await asyncio.sleep(0.3)  # the body has arrived and is being read: what counts is from the last byte on
    began = time.perf_counter()
    process.stdin.write(LAST)
    process.stdin.write_eof()
    done = await process.wait()
    took = time.perf_counter() - began
    assert done.exit_status == 3, (done.exit_status, done.stdout, done.stderr)
    return took


async def _unknown_word(connection: asyncssh.SSHClientConnection) -> float:
    began = time.perf_counter()
    done = await connection.run("no-such-word", check=False)
    assert done.exit_status == 2
    return time.perf_counter() - began
