"""A certificate is renewed on nginx: from the check of the files until handshakes have shown it for a while."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator

from tanos.relying.content import Content, read_content
from tanos.relying.installing import install
from tanos.relying.record import Relying, read_records
from tests.bench.measure import Gate, Timed, timed
from tests.stories.lab import open_directory
from tests.tanos.relying.conftest import pair
from tests.tanos.relying.programs import Nginx, Program, running

RUNS, MOST_SECONDS = 9, 2.0


def measure() -> Iterator[Gate]:
    """Measure it, where nginx is installed."""
    name = "services 3 one certificate renewed on nginx, check to served handshake"
    if not Nginx.path():
        yield Gate(name, "skipped: nginx is not installed (Debian: nginx-light)", "-", 0, None, "s")
        return
    contents = [read_content(pair()) for _ in range(2)]
    with open_directory() as place, running(Nginx, place) as nginx:
        record = read_records(nginx.file)["site"]
        ours, alone = [], []
        for run in range(RUNS):
            ours.append(_renewed(record, contents[run % 2]))
            alone.append(timed(lambda: _by_hand(nginx)))
    took = Timed.of(ours)
    yield Gate(name, str(took), f"{Timed.of(alone)} for `nginx -t` and `nginx -s reload` alone", took.median,
               MOST_SECONDS, "s", at_most=True)  # fmt: skip


def _renewed(record: Relying, content: Content) -> float:
    """Return the seconds from the check on."""
    began: dict[str, float] = {}
    asyncio.run(install(record, content, {}, lambda step: began.update({step: time.monotonic()})))
    return time.monotonic() - began["check"]


def _by_hand(nginx: Program) -> None:
    for words in (["-t"], ["-s", "reload"]):
        subprocess.run([*nginx.command, *words], check=True, capture_output=True, env=dict(os.environ))
