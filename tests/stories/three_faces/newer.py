"""A Tanium Server of a later release in the same lab: it is made before, and served because it lies there."""

import subprocess
import sys
from pathlib import Path

from tests.stories.lab import environment, ordinary_user
from tests.stories.three_faces import asking, introduced

_ROOT = Path(__file__).parents[3]
NEWER = "ts2"


def make_newer(directory: Path) -> None:
    """Make it at release 7.4, with the key of the lab's operator."""
    directory.mkdir(parents=True, exist_ok=True)
    key = directory / "operator_ed25519"
    _run(directory, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", str(key))
    _run(
        directory, sys.executable, "-m", "menus", "init", str(directory / NEWER), "--role", "tanium-server",
        "--name", NEWER, "--fqdn", f"{NEWER}.lab.test", "--release", "7.4", "--hub",
        "--authorized-key", str(key.with_suffix(".pub")),
    )  # fmt: skip
    _run(directory, sys.executable, "-m", introduced.__name__, str(directory / NEWER))
    _run(directory, sys.executable, "-m", asking.__name__, str(directory / NEWER))


def _run(directory: Path, *words: str) -> None:
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=60, check=False, cwd=directory.parent,
        env=environment() | {"PYTHONPATH": str(_ROOT)},
        **ordinary_user(directory),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
