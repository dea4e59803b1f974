"""An appliance with two keys of tanadmin and no password, served by `tanos serve`, and the `ssh` that reaches it.

The time of a trial is over when the test says so: its deadline is moved in the store, the clock is left alone.
"""

import atexit
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_line, read_pasted_key
from tanos.setup import init_appliance
from tests.conftest import ZS1, without_services
from tests.menus.test_programs import ENVIRONMENT, TANOS

KEYS = ("one", "two")
PATIENCE_SECONDS = 60
Finished = subprocess.CompletedProcess[str]


@dataclass
class Served:
    """One appliance and its front door, which can be killed and opened again at the same port."""

    directory: Path
    appliance: Appliance
    fingerprints: dict[str, str]
    front: "subprocess.Popen[str] | None" = None

    def open(self) -> None:
        """Open the front door and wait until it is."""
        with (self.directory / "log").open("a") as log:
            self.front = subprocess.Popen(
                [*TANOS, "serve", str(self.appliance.home)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, text=True, env=ENVIRONMENT, start_new_session=True,
            )  # fmt: skip
        assert self.front.stdout is not None
        said = self.front.stdout.readline()
        assert said.startswith("listening "), (self.directory / "log").read_text()
        self._write_config(said.rpartition(":")[2].strip())

    def kill(self) -> None:
        """Kill the front as a power cut does: it and all that it started."""
        if self.front is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.front.pid, signal.SIGKILL)
            self._ended()

    def kill_one(self, pid: int) -> None:
        """Kill one process, perhaps the front; those below it end by themselves."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if self.front is not None and pid == self.front.pid:
            self.front.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """End it as a service manager does."""
        if self.front is not None:
            self.front.terminate()
            self._ended()

    @property
    def lives(self) -> bool:
        """Whether the front runs."""
        return self.front is not None and self.front.poll() is None

    def processes(self) -> list[int]:
        """Return the front and every process below it."""
        found = [self.front.pid] if self.front is not None and self.lives else []
        for pid in found:
            with suppress(OSError):
                found += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return found

    def command(self, key: str, words: str = "") -> list[str]:
        """Return the words that run `ssh` by a key; without words it opens the menus as lines."""
        return ["ssh", "-T", "-F", str(self.directory / "config"), key, *([words] if words else [])]

    def ssh(self, key: str, words: str, typed: str = "") -> Finished:
        """Do a verb by a key."""
        return subprocess.run(
            self.command(key, words),
            input=typed,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def removal(self, key: str) -> str:
        """Return the verb that takes a key away."""
        return f"authorized-keys remove tanadmin --fingerprint {self.fingerprints[key]} --yes"

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        """Read the store as it lies there."""
        with closing(sqlite3.connect(self.appliance.home / "appliance.db", timeout=60)) as connection:
            return connection.execute(sql).fetchall()

    def present(self) -> set[str]:
        """Return the fingerprints that may sign in as tanadmin."""
        return {row[0] for row in self.rows("SELECT fingerprint FROM authorized_keys WHERE user = 'tanadmin'")}

    def time_is_over(self) -> None:
        """Let the time of everything that is on trial be over."""
        with closing(sqlite3.connect(self.appliance.home / "appliance.db", timeout=60)) as connection, connection:
            connection.execute("UPDATE trials SET deadline = begun_at")

    def wait_for_end(self) -> None:
        """Wait until nothing is on trial."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.rows("SELECT * FROM trials"):
            assert time.monotonic() < until, "nobody put it back"
            time.sleep(0.05)

    def _ended(self) -> None:
        assert self.front is not None
        self.front.wait(PATIENCE_SECONDS)
        assert self.front.stdout is not None
        self.front.stdout.close()
        self.front = None

    def _write_config(self, port: str) -> None:
        public = (self.appliance.ssh / "ssh_host_ed25519_key.pub").read_text().split()
        known = self.directory / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
        hosts = "".join(f"Host {key}*\n  IdentityFile {self.directory / key}\n" for key in KEYS)
        (self.directory / "config").write_text(
            f"{hosts}Host *\n  HostName 127.0.0.1\n  Port {port}\n  User tanadmin\n  IdentitiesOnly yes\n"
            f"  IdentityAgent none\n  BatchMode yes\n  LogLevel ERROR\n  UserKnownHostsFile {known}\n"
        )


@contextmanager
def served(directory: Path) -> Iterator[Served]:
    """Serve an appliance for as long as the block lasts."""
    shutil.copytree(_made(), directory, symlinks=True, dirs_exist_ok=True)
    fingerprints = {name: read_line((directory / f"{name}.pub").read_text()).fingerprint for name in KEYS}
    made = Served(directory, Appliance.open(directory / "zs1"), fingerprints)
    made.open()
    try:
        yield made
    finally:
        made.close()


@cache
def _made() -> Path:
    """Make the appliance once, never used: each test has a copy."""
    made = tempfile.TemporaryDirectory()
    atexit.register(made.cleanup)
    directory, keys = Path(made.name), {}
    for name in KEYS:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name], check=True)
        keys[name] = read_pasted_key((directory / f"{name}.pub").read_bytes())[0]
    first = (directory / "one.pub").read_bytes()
    appliance = init_appliance(directory / "zs1", ZS1, authorized_key=first, password=None).appliance
    call = system_call(appliance, "authorized-keys add")
    with appliance.store.change(call, about="tanadmin") as change:
        authorize(change, call, "tanadmin", keys["two"])
    without_services(appliance)
    appliance.store.close()
    return directory
