"""A zone server of two Tanium Servers, as an operator joins them: one is killed, and its clients are served on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from menus.lab.layout import Lab as Layout
from menus.lab.layout import write_ssh_files
from tests.sftp.door.processes import soon
from tests.stories.lab import environment, open_directory, ordinary_user
from tests.stories.three_faces.lab import Lab
from tests.stories.three_faces.step import Carry

pytestmark = pytest.mark.story
LONGEST = "Server_OptionalTLSMaxBackoffSeconds"
NAMES = ("ts1", "ts2", "zs1")
_PAUSE_SECONDS = 0.2
_ROOT = Path(__file__).parents[2]
_MAKE = (
    "import asyncio, sys; from pathlib import Path; from menus.lab.layout import Lab, make;"
    f" asyncio.run(make(Lab(Path(sys.argv[1]), {NAMES!r}, '7.4')))"
)


def come(condition: Callable[[], object]) -> bool:
    """Wait for what has to come, and is seen by a sign-in each time; say whether it did."""

    def seen() -> bool:
        if condition():
            return True
        time.sleep(_PAUSE_SECONDS)
        return False

    return soon(seen)


class Pair:
    """Two Tanium Servers and a zone server; each is a process group of its own."""

    def __init__(self, layout: Layout, running: "dict[str, subprocess.Popen[bytes]]") -> None:
        self._layout, self.running, self.lab = layout, running, Lab(layout.ssh_config)

    def do(self, where: str, words: str) -> dict[str, Any]:
        """Do it by a verb; return what was said."""
        done = self.lab.ssh(where, f"{words} --json")
        assert done.returncode == 0, f"{where} {words}: {done.stdout}{done.stderr}"
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def place(self, where: str, service: str) -> str:
        """Return where a service listens, as others name it."""
        found: list[str] = []

        def listens() -> bool:
            services = {each["name"]: each["ports"] for each in self.do(where, "services list")["services"]}
            found[:] = [f"{where}.lab.test=127.0.0.1:{services[service].get('platform', 0)}"]
            return not found[0].endswith(":0")

        assert come(listens)
        return found[0]

    def kill(self, where: str) -> None:
        """Have every process of one die at once."""
        os.killpg(self.running[where].pid, signal.SIGKILL)
        self.running[where].wait()


@contextmanager
def running(directory: Path) -> Iterator[Pair]:
    """Have the three served until the block is left."""
    directory.mkdir()
    user, layout = ordinary_user(directory), Layout(directory, NAMES, "7.4")
    words = [sys.executable, "-c", _MAKE, str(directory)]
    surroundings = environment() | {"PYTHONPATH": str(_ROOT)}
    subprocess.run(words, check=True, timeout=120, cwd=directory, env=surroundings, **user)
    with ExitStack() as stack:
        served = {name: stack.enter_context(_served(layout.home(name), user)) for name in NAMES}
        write_ssh_files(layout, {name: _listening(each) for name, each in served.items()})
        yield Pair(layout, served)


@contextmanager
def _served(home: Path, user: dict[str, Any]) -> "Iterator[subprocess.Popen[bytes]]":
    words = [sys.executable, "-m", "menus", "serve", str(home)]
    with _program(words, home.parent, user) as process:
        yield process


@contextmanager
def _program(words: list[str], where: Path, user: dict[str, Any]) -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment(), cwd=where,
        start_new_session=True, **user,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


def _listening(process: "subprocess.Popen[bytes]") -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"listening "):
            return int(line.rpartition(b":")[2])
    raise AssertionError("it did not start")


def trust_each_other(pair: Pair) -> None:
    """Have each accept the other, by the root key fingerprints that they show."""
    pair.do("ts1", f"trust discover {pair.place('ts2', 'taniumserver')} --yes")
    for one, other in (("ts1", "ts2"), ("ts2", "ts1")):
        assert come(lambda one=one: pair.do(one, "trust list")["servers"])  # type: ignore[misc]  # bound
        fingerprint = pair.do(other, "trust list")["own"][0]["fingerprint"]
        pair.do(one, f"trust accept {other}.lab.test --fingerprint {fingerprint} --yes")
    for one in ("ts1", "ts2"):
        assert come(lambda one=one: pair.do(one, "trust list")["servers"][0]["state"] == "trusted")  # type: ignore[misc]  # bound


def join(pair: Pair) -> str:
    """Have both hubs serve the zone server, in the words of docs/subordinate-keys.md; return where it listens."""
    pair.do("zs1", "settings set --component zone-server AllowedHubs 127.0.0.1 --yes")
    where = pair.place("zs1", "taniumzoneserver")
    for one in ("ts1", "ts2"):
        pair.do(one, f"settings set --component hub ZoneServerList {where} --yes")
    pair.do("ts1", "public-key export --yes")
    pair.lab.carry(Carry("tanium-init.dat", "ts1", "zs1"), "tanium-init.dat")
    code = pair.do("ts1", "infrastructure list")["init_check_code"]
    pair.do("zs1", f"public-key import --from incoming --fingerprint {code} --yes")
    for one in ("ts1", "ts2"):
        asked: list[dict[str, str]] = []

        def asks(one: str = one, asked: list[dict[str, str]] = asked) -> bool:
            asked[:] = pair.do(one, "subordinate-keys list")["requests"]
            return bool(asked)

        assert come(asks)
        assert [each["check_code"] for each in asked] == pair.do("zs1", "subordinate-keys list")["waiting"]
        end = asked[0]["check_code"].rpartition("-")[2]
        pair.do(one, f"subordinate-keys approve zs1.lab.test --confirm {end}")
    for one in ("ts1", "ts2"):
        assert come(lambda one=one: "hub-not-connected" not in str(pair.do(one, "status")["findings"]))  # type: ignore[misc]  # bound
    return where


@contextmanager
def client(base: Path, name: str, servers: str) -> Iterator[Path]:
    """Have a client run that registers anew each second; yield where it keeps what it is told."""
    words = [sys.executable, "-m", "menus", "client", "--release", "7.4", "--init", str(base / "tanium-init.dat")]
    words += ["--server", servers, "--name", name, "--state", str(base / "clients"), "--reset-seconds", "1"]
    with _program(words, base, ordinary_user(base)):
        yield base / "clients" / f"{name}.json"


def registered(pair: Pair, where: str) -> dict[str, str]:
    """Return by which server each client came that was last seen at that Tanium Server."""
    return {each["name"]: each["via"] for each in pair.do(where, "clients list")["clients"] if not each["server"]}


def test_the_clients_of_a_server_that_is_killed_are_served_by_the_other() -> None:
    with open_directory() as base, running(base / "lab") as pair:
        trust_each_other(pair)
        zone = join(pair)
        servers = ",".join(pair.place(each, "taniumserver") for each in ("ts1", "ts2"))
        (base / "tanium-init.dat").write_bytes((base / "lab/ts1/dropbox/outgoing/tanium-init.dat").read_bytes())
        (base / "tanium-init.dat").chmod(0o644)
        with client(base, "behind", zone) as told, client(base, "direct", servers):
            assert come(lambda: registered(pair, "ts1") == {"behind": "zs1.lab.test", "direct": ""})
            pair.kill("ts1")
            assert come(lambda: registered(pair, "ts2") == {"behind": "zs1.lab.test", "direct": ""})
            pair.do("ts2", f"settings set --component clients {LONGEST.removeprefix('Server_')} 77 --yes")
            assert come(lambda: json.loads(told.read_text())["settings"].get(LONGEST) == 77)
            with client(base, "later", zone):
                assert come(lambda: "later" in registered(pair, "ts2"))
                kinds = {each["kind"] for each in pair.do("ts2", "issued list")["issued"]}
                assert "intermediate-tls" in kinds, "who comes has his key signed below a root of the other"
