"""Relying services of an appliance that is served, by its own account and by root's hand; whoever is killed."""

import json
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.relying.content import Content
from tanos.setup import init_appliance
from tests.conftest import TS1, without_services
from tests.sftp.door.processes import children_named, is_alive, soon
from tests.stories.lab import environment, open_directory, ordinary_user
from tests.tanos.keys.forms import LINE
from tests.tanos.relying.conftest import Site
from tests.tanos.relying.test_operations import have

pytestmark = [pytest.mark.door, pytest.mark.crash]
TANOS = [sys.executable, "-m", "menus"]
NOBODY = "nobody"
HAND = "tanos-relying"


@contextmanager
def serving(home: Path, *options: str, user: str | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Serve an appliance until the block is left."""
    drop: dict[str, Any] = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    with subprocess.Popen(
        [*TANOS, "serve", str(home), *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), cwd="/", **drop,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            faults = home / "log" / "faults.log"
            assert process.stdout.readline().startswith("listening "), faults.exists() and faults.read_text()
            yield process
        finally:
            process.terminate()
            process.wait(60)


def verb(home: Path, *words: str, user: str | None = None) -> dict[str, Any]:
    """Do a verb; return its data."""
    done = subprocess.run(
        [*TANOS, *words, "--json", "--home", str(home)], capture_output=True, text=True, check=False,
        env=environment(), timeout=60, cwd="/", user=user,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return {**told, "exit": done.returncode}


@pytest.fixture
def appliance(tmp_path: Path, first: Content) -> Appliance:
    """A Tanium Server whose console has a certificate."""
    return made_at(tmp_path / "ts1", first)


def made_at(home: Path, content: Content) -> Appliance:
    """Make one there, whose services do not start."""
    made = init_appliance(home, TS1, authorized_key=LINE.encode(), password=None).appliance
    without_services(made)
    have(made, content)
    made.store.close()
    return made


def hand_of(process: "subprocess.Popen[str]", name: str = HAND) -> int:
    """Return the hand's process: the child of the one that watches it."""

    found: list[int] = []

    def is_there() -> bool:
        watchers = children_named(process.pid, name)
        found[:] = [hand for watcher in watchers for hand in children_named(watcher, HAND)]
        return bool(found)

    assert soon(is_there)
    return found[0]


def test_a_verb_installs_and_a_hand_that_is_killed_comes_back(
    appliance: Appliance, site: Site, first: Content, second: Content
) -> None:
    home = appliance.home
    with serving(home, "--relying", str(site.file)) as process:
        done = verb(home, "relying", "install", "site", "--yes")
        assert done["served"]["fingerprint"] == first.fingerprint
        os.kill(hand := hand_of(process), signal.SIGKILL)
        assert soon(lambda: hand_of(process) != hand)
        again = hand_of(process)
        (listed,) = verb(home, "relying", "list")["services"]
        assert listed["state"] == "served"
    assert soon(lambda: not is_alive(again)), "nothing is left behind"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be root's hand")
def test_root_s_hand_that_ends_alone_has_its_line_again_and_the_front_door_stays(
    appliance: Appliance, site: Site, first: Content
) -> None:
    waits = site.place / "hand"
    waits.mkdir(mode=0o755)
    home, words = appliance.home, ("--relying", str(site.file), "--relying-hand", str(waits))

    def is_given() -> bool:
        done = verb(home, "relying", "install", "site", "--yes")
        return bool(done.get("state") == "served" and done["served"]["fingerprint"] == first.fingerprint)

    with ExitStack() as stack:
        hand = stack.enter_context(root_s_hand(site.file, waits))
        process = stack.enter_context(serving(home, *words))
        for ended in (signal.SIGTERM, signal.SIGKILL):
            assert soon(is_given)
            hand.send_signal(ended)
            hand.wait(60)
            assert not is_given()
            hand = stack.enter_context(root_s_hand(site.file, waits))
        assert soon(is_given)
        (granting,) = children_named(process.pid, HAND)
        (killed,) = children_named(granting, HAND)
        os.kill(killed, signal.SIGKILL)  # who hands it over: another does
        assert soon(lambda: bool(set(children_named(granting, HAND)) - {killed}))
        assert soon(is_given)
        assert process.poll() is None


@contextmanager
def root_s_hand(file: Path, waits: Path, account: str = "root") -> Iterator["subprocess.Popen[str]"]:
    """Have root's program run until the block is left."""
    words = [*TANOS, "relying-hand", str(file), str(waits), "--account", account]
    with subprocess.Popen(words, text=True, env=environment(), cwd="/") as hand:
        try:
            yield hand
        finally:
            hand.terminate()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be root's hand for another account")
def test_root_s_hand_serves_an_appliance_of_another_account_which_cannot_do_it_itself(
    first: Content,
) -> None:
    account = pwd.getpwnam(NOBODY)
    with open_directory() as place:
        (place / "probe").mkdir()
        if not ordinary_user(place / "probe"):
            pytest.skip("no other account can run this interpreter")
        (place / "etc").mkdir(mode=0o755)
        site = Site(place / "etc")
        made = made_at(place / "ts1", first)
        subprocess.run(["chown", "-R", f"{account.pw_uid}:{account.pw_gid}", str(made.home)], check=True)
        waits = place / "hand"
        waits.mkdir(mode=0o755)
        hand = subprocess.Popen(
            [*TANOS, "relying-hand", str(site.file), str(waits), "--account", NOBODY], env=environment(), cwd="/"
        )
        try:
            site.start()
            words = ("--relying", str(site.file), "--relying-hand", str(waits))
            for _ in range(2):
                with serving(made.home, *words, user=NOBODY):
                    done = verb(made.home, "relying", "install", "site", "--yes", user=NOBODY)
                    assert done.get("state") == "served", done
            assert done["versions"][0]["by"] == "tanadmin"
            assert (site.directory / "current" / "site.pem").stat().st_uid == 0
            with serving(made.home, "--relying", str(site.file), user=NOBODY):
                (site.directory / "v000001" / "manifest.json").write_text("{}")
                refused = verb(made.home, "relying", "install", "site", "--yes", user=NOBODY)
                assert refused["error"]["id"] == "relying-cannot-write", (
                    "a hand of that account changes nothing of root's"
                )
        finally:
            site.stop()
            hand.terminate()
            assert hand.wait(60) == 0
