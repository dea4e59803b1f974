"""Random sequences of operations against a model of the drop box: 20,000 in CI, a million by `make soak`.

A failure names its seed and prints the shortest sequence that still fails. TANOS_FUZZ_SEED plays another seed,
TANOS_FUZZ_ONLY=N nothing but its sequence N.
"""

import ctypes
import os
import random
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sftp.files import publisher
from tests.sftp.attacks.sequences import draw, fault_of, shortened

pytestmark = pytest.mark.crash  # its memory is measured: the units run under coverage, which keeps some of its own
IN_CI = 20_000
BY_SOAK = 1_000_000
_MEMORY = Path("/dev/shm")
_GROWTH_KB = 16_000
"""One kB a sequence would be 20,000."""
_ARENA_MAX = -8
"""malloc.h: with one heap for all threads, what is kept does not go by how many of them overlap on a busy machine."""


@pytest.fixture
def dropbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty drop box in memory, where there is such a place: the disk's own tests are elsewhere."""
    monkeypatch.setattr(publisher, "AT_ONCE", publisher.AT_ONCE)
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else tmp_path) as directory:
        for name in ("incoming", "outgoing"):
            (Path(directory) / "dropbox" / name).mkdir(parents=True)
        yield Path(directory) / "dropbox"


def play(dropbox: Path, seed: str, count: int) -> None:
    only = os.environ.get("TANOS_FUZZ_ONLY")
    ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
    before = weight()
    for place in [int(only)] if only else range(count):
        sequence = draw(random.Random(f"{seed} {place}"))
        if fault_of(dropbox, sequence):
            short = shortened(dropbox, sequence)
            fault = fault_of(dropbox, short)
            pytest.fail(f"TANOS_FUZZ_SEED={seed} TANOS_FUZZ_ONLY={place}\n{short}\n{fault}", pytrace=False)
        if place == 1000:
            before = weight()
    memory, files = weight()
    assert memory - before[0] < _GROWTH_KB, (before, memory)
    assert files <= before[1], (before, files)


def weight() -> tuple[int, int]:
    found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found.group(1)) if found else 0, len(list(Path("/proc/self/fd").iterdir()))


def test_the_server_does_what_the_model_does(dropbox: Path) -> None:
    play(dropbox, os.environ.get("TANOS_FUZZ_SEED", "tanos"), IN_CI)


@pytest.mark.soak
def test_the_server_does_what_the_model_does_for_long(dropbox: Path) -> None:
    seed = os.environ.get("TANOS_FUZZ_SEED", secrets.token_hex(4))
    print(f"TANOS_FUZZ_SEED={seed}")
    play(dropbox, seed, BY_SOAK)
