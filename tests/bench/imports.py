"""Gate 5: a fresh `tanos VERB --home` loads neither Textual nor asyncssh."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Gate, in_turn

HEAVY = {"textual", "asyncssh", "paramiko", "rich"}


def measure() -> Iterator[Gate]:
    """Count the heavy modules that a fresh verb loads; report its time against a bare `import cryptography.x509`."""
    with tempfile.TemporaryDirectory() as temporary:
        home = str(Path(temporary) / "zs1")
        tanos = [sys.executable, "-m", "menus"]
        role = ["--role", "zone-server", "--name", "zs1", "--fqdn", "zs1.lab.test"]
        subprocess.run([*tanos, "init", home, *role], check=True, capture_output=True)
        verb = ["status", "--home", home, "--json"]
        traced = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "menus", *verb], check=True, capture_output=True, text=True
        )
        loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in traced.stderr.splitlines()}
        yield Gate(
            "5 a fresh verb loads neither Textual nor asyncssh",
            ", ".join(sorted(loaded & HEAVY)) or "none of " + ", ".join(sorted(HEAVY)),
            f"{len(loaded)} top-level modules in all",
            len(loaded & {"textual", "asyncssh"}), 0, "modules", at_most=True,
        )  # fmt: skip
        ours, peer = in_turn(
            lambda: subprocess.run([*tanos, *verb], check=True, capture_output=True),
            lambda: subprocess.run([sys.executable, "-c", "import cryptography.x509"], check=True),
            runs=9,
        )
    yield Gate(
        "- a fresh verb, against `import cryptography.x509`", str(ours), str(peer), ours.median / peer.median, None
    )
