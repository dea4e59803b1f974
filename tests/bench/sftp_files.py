"""Gate 3: SFTP of one 64 MB file and of 500 small ones by OpenSSH's client, against OpenSSH's internal-sftp."""

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


def _batches(base: Path, box: Path) -> Iterator[tuple[str, str, str]]:
    put = f"put {base}/large {{}}/incoming/large\n"
    get = f"get {{}}/large {base}/fetched\n"
    many = f"cd {{}}/incoming\nput {base}/small/*\n"
    fetched = f"get {{}}/file* {base}/many\n"
    yield "put 64 MB", put.format(""), put.format(box)
    yield "get 64 MB", get.format("/outgoing"), get.format(box)
    yield f"put {COUNT} files of 2 kB", many.format(""), many.format(box)
    yield f"get {COUNT} files of 2 kB", fetched.format("/outgoing"), fetched.format(box)


def _sftp(config: str, host: str, batch: str) -> Callable[[], None]:
    def work() -> None:
        subprocess.run(
            ["sftp", "-q", "-F", config, "-b", "-", host], input=batch.encode(), check=True, stdout=subprocess.DEVNULL
        )

    return work


def _make_files(base: Path) -> None:
    (base / "large").write_bytes(os.urandom(LARGE))
    (base / "small").mkdir()
    (base / "many").mkdir()
    for number in range(COUNT):
        (base / "small" / f"file{number:03}").write_bytes(os.urandom(SMALL))
