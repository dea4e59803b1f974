"""What signed-in sessions cost and stand: keys, bytes, memory, idle time, a burst of a hundred."""

import select
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.bench.lab import Measured
from tests.bench.measure import Gate, Timed
from tests.bench.signing_in import MENU_WORDS, Client
from tests.sftp.door.processes import children, spares, within

KEYS = 200
UPLOAD = 200 * 1024 * 1024
AT_ONCE = 100
COUNTED = 50
"""Sessions whose memory and idle time is measured, all open at once: what they share is shared by so many."""


def measure_load(lab: Measured, parent: int) -> Iterator[Gate]:
    """Measure keys alone and beside an upload, the cost of a session, and a burst."""
    with Client(lab.config, "ts1") as client:
        client.sees(*MENU_WORDS)
        first = len(client.seen) + client.settles()
        client.key(b"\x1b[B")
        client.settles()
        before = len(client.seen)
        client.key(b"\x1b[B")
        client.settles()
        arrow = len(client.seen) - before
        yield from _keys(client, "key to repaint", 5.0)
        with _upload(lab):
            yield from _keys(client, "key to repaint while another user uploads 200 MB", 8.0)
    yield Gate("- bytes of the first paint (80×24)", f"{first} bytes", "4 kB", first, None, "bytes")
    yield Gate("- bytes of an arrow key", f"{arrow} bytes", "-", arrow, None, "bytes")
    yield from _cost(lab, parent)
    yield from _burst(lab, parent)


def _keys(client: Client, name: str, promised: float) -> Iterator[Gate]:
    seconds = []
    for press in range(KEYS):
        seconds.append(client.key(b"x" if press % 2 == 0 else b"\x7f"))
        client.settles(0.02)
    times = Timed.of(seconds)
    p99 = statistics.quantiles(seconds, n=100)[98] * 1000
    yield Gate(f"sign-in 3 {name}, p50", str(times), "-", times.median * 1000, promised, "ms", at_most=True)
    yield Gate(f"sign-in 3 {name}, p99", str(times), "-", p99, 20.0, "ms", at_most=True)


class _upload:  # noqa: N801 - reads as what it does
    """Uploads over and over for as long as the block lasts."""

    def __init__(self, lab: Measured) -> None:
        self._lab = lab
        self._stack = ExitStack()

    def __enter__(self) -> None:
        base = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        with (base / "large").open("wb") as file:
            file.truncate(UPLOAD)
        put = f"-put {base}/large /incoming/large\n" * 1000
        process = subprocess.Popen(
            ["sftp", "-q", "-F", self._lab.config, "-b", "-", "ts1-files"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(put.encode())
        process.stdin.close()
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        incoming = self._lab.directory / "ts1" / "dropbox" / "incoming"
        assert within(10, lambda: any(incoming.iterdir()))

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _cost(lab: Measured, parent: int) -> Iterator[Gate]:
    with ExitStack() as stack:
        for _ in range(COUNTED):
            stack.enter_context(Client(lab.config, "ts1")).sees(*MENU_WORDS)
        sessions = children(parent)
        assert len(sessions) >= COUNTED
        time.sleep(1.0)
        before = sum(map(_nanoseconds, sessions))
        time.sleep(3.0)
        idle = (sum(map(_nanoseconds, sessions)) - before) / 3e9 / len(sessions) * 100
        memory = statistics.mean(map(_pss, sessions))
    yield Gate("sign-in 4 memory of a session", f"{memory:.1f} MB PSS", "-", memory, 12.0, "MB", at_most=True)
    yield Gate("sign-in 4 idle time of a session", f"{idle:.4f} %", "-", idle, 0.005, "% of a core", at_most=True)


class _Crowd:
    """Clients that wait for their menus; each is timed from its own start."""

    def __init__(self) -> None:
        self.waiting: dict[int, tuple[float, Client]] = {}
        self.seconds: list[float] = []

    def add(self, client: Client) -> None:
        self.waiting[client.terminal] = (time.perf_counter(), client)

    def watch(self, patience: float) -> None:
        """Read what came, and note who has his menu."""
        for terminal in select.select(list(self.waiting), [], [], patience)[0]:
            began, client = self.waiting[terminal]
            has_ended = not client.reads_within(0)
            if all(word in client.seen for word in MENU_WORDS):
                self.seconds.append(time.perf_counter() - began)
                del self.waiting[terminal]
            elif has_ended:
                del self.waiting[terminal]


def _burst(lab: Measured, parent: int) -> Iterator[Gate]:
    assert within(20, lambda: not children(parent) and len(spares(parent)) >= 2)
    before = _pss(parent)
    with ExitStack() as stack:
        crowd = _Crowd()
        for _ in range(AT_ONCE):
            crowd.add(stack.enter_context(Client(lab.config, "ts1")))
            crowd.watch(0)
        deadline = time.monotonic() + 60
        while crowd.waiting and time.monotonic() < deadline:
            crowd.watch(1)
        seconds = crowd.seconds
    times = Timed.of(seconds)
    assert within(20, lambda: not children(parent))
    grown = _pss(parent) - before
    yield Gate(
        f"sign-in 5 {AT_ONCE} at once, the median of them", str(times), f"{len(seconds)} served",
        times.median, 2.0, "s", at_most=True,
    )  # fmt: skip
    yield Gate(f"sign-in 5 served of {AT_ONCE} at once", f"{len(seconds)}", "-", len(seconds), AT_ONCE, "sessions")
    yield Gate("- growth of the parent over them", f"{grown:.2f} MB", "-", grown, None, "MB")


def warm_parent(lab: Measured, name: str) -> int:
    """Return the process that has the spares of an appliance."""
    home = str(lab.directory / name)
    found: list[int] = []

    def look() -> bool:
        found[:] = [
            int(path.name)
            for path in Path("/proc").iterdir()
            if path.name.isdigit() and _is_parent(path, home) and spares(int(path.name))
        ]
        return bool(found)

    assert within(20, look)
    return found[0]


def _is_parent(process: Path, home: str) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"menus.warm" in words and home.encode() in words


def _nanoseconds(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def _pss(pid: int) -> float:
    """Return megabytes."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.partition("\nPss:")[2].split()[0]) / 1024
