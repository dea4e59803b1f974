"""What happens between two steps of a story: the operator gets another key, or a change's time on trial is over.

The clock is left alone: a deadline is moved in the store, and whoever watches it puts back what is due.
"""

import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

PATIENCE_SECONDS = 60


def second_key(directory: Path) -> Path:
    """Make another key of the operator; return its file."""
    key = directory / "second_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "second", "-f", key], check=True)
    return key


def time_is_over(home: Path) -> None:
    """Let the time of all that is on trial in a home be over, and wait until nothing is."""
    with closing(sqlite3.connect(home / "appliance.db", timeout=60)) as connection:
        with connection:
            connection.execute("UPDATE trials SET deadline = begun_at")
        until = time.monotonic() + PATIENCE_SECONDS
        while connection.execute("SELECT * FROM trials").fetchall():
            assert time.monotonic() < until, "nobody put back what was on trial"
            time.sleep(0.05)
