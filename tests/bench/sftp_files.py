"""SFTP by OpenSSH's client against OpenSSH's internal-sftp: large and small files, very small writes (gate 6)."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.lab import measured_lab
from tests.bench.measure import Gate, in_turn
from tests.bench.openssh import sshd

LARGE = 64 * 1024 * 1024
SMALL, COUNT = 2048, 500
TINY, OPERATIONS, ENOUGH = 5, 60_000, 30_000
"""Bytes of a write, writes of a file, and writes a second that are enough."""


def measure() -> Iterator[Gate]:
    """Measure put and get of both kinds in turn."""
    with tempfile.TemporaryDirectory() as temporary, measured_lab() as lab:
        base = Path(temporary)
        _make_files(base)
        box = base / "box"
        (box / "incoming").mkdir(parents=True)
        outgoing = lab.directory / "ts1" / "dropbox" / "outgoing"
        owner = outgoing.stat()
        for place in (outgoing, box):
            for file in (base / "large", *(base / "small").iterdir()):
                copy = place / file.name
                copy.write_bytes(file.read_bytes())
                os.chown(copy, owner.st_uid, owner.st_gid)
        with sshd(base / "sshd", "peer") as config:
            for name, ours_batch, peer_batch in _batches(base, box):
                ours, peer = in_turn(
                    _sftp(lab.config, "ts1-files", ours_batch), _sftp(str(config), "peer", peer_batch), 7
                )
                yield Gate(
                    f"3 SFTP {name}, against internal-sftp", str(ours), str(peer), peer.median / ours.median, 0.8
                )
            yield from _tiny_writes(base, box, lab.config, str(config))


def _tiny_writes(base: Path, box: Path, ours_config: str, peer_config: str) -> Iterator[Gate]:
    """Yield gate 6; many operations a second are enough, whatever the peer does on this machine."""
    (base / "tiny").write_bytes(os.urandom(TINY * OPERATIONS))
    put = f"put {base}/tiny {{}}/incoming/tiny\n"
    flags = ("-B", str(TINY), "-R", "256")
    ours, peer = in_turn(
        _sftp(ours_config, "ts1-files", put.format(""), *flags),
        _sftp(peer_config, "peer", put.format(box), *flags),
        7,
    )
    ratio, rate = peer.median / ours.median, OPERATIONS / ours.median
    name = f"6 SFTP {OPERATIONS} writes of {TINY} bytes ({rate:,.0f} a second), against internal-sftp"
    yield Gate(name, str(ours), str(peer), ratio, None if rate >= ENOUGH else 0.8)


def _batches(base: Path, box: Path) -> Iterator[tuple[str, str, str]]:
    put = f"put {base}/large {{}}/incoming/large\n"
    get = f"get {{}}/large {base}/fetched\n"
    many = f"cd {{}}/incoming\nput {base}/small/*\n"
    fetched = f"get {{}}/file* {base}/many\n"
    yield "put 64 MB", put.format(""), put.format(box)
    yield "get 64 MB", get.format("/outgoing"), get.format(box)
    yield f"put {COUNT} files of 2 kB", many.format(""), many.format(box)
    yield f"get {COUNT} files of 2 kB", fetched.format("/outgoing"), fetched.format(box)


def _sftp(config: str, host: str, batch: str, *flags: str) -> Callable[[], None]:
    def work() -> None:
        subprocess.run(
            ["sftp", "-q", "-F", config, *flags, "-b", "-", host],
            input=batch.encode(),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    return work


def _make_files(base: Path) -> None:
    (base / "large").write_bytes(os.urandom(LARGE))
    (base / "small").mkdir()
    (base / "many").mkdir()
    for number in range(COUNT):
        (base / "small" / f"file{number:03}").write_bytes(os.urandom(SMALL))
