"""`tanos serve` opens whatever was interrupted or broken: an operator must be able to sign in and mend it."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from menus.serving import serve_home
from menus.streams import Streams
from tanos.appliance import Appliance
from tanos.errors import Damaged
from tests.menus.test_programs import ENVIRONMENT, TANOS

PAIR = Path("certificates/reporting/current")


def first_lines(appliance: Appliance) -> tuple[str, str]:
    """Serve until the door is open or the program ended; return what it said on stdout and stderr."""
    with subprocess.Popen(
        [*TANOS, "serve", str(appliance.home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as serving:
        assert serving.stdout is not None
        assert serving.stderr is not None
        said = serving.stdout.readline()
        serving.terminate()
        return said, serving.stderr.read()


_TELLING = """
import gc, os, sys
freeze = gc.freeze
def tell():
    freeze()
    print("frozen", os.getpid(), gc.get_freeze_count() > 20_000, "uvloop" in sys.modules, file=sys.stderr, flush=True)
gc.freeze = tell
from menus.entry import main
main()
"""


@pytest.mark.door
def test_an_open_door_collects_garbage_of_what_came_since_and_runs_in_the_quick_loop(
    tanium_server: Appliance,
) -> None:
    command = [sys.executable, "-c", _TELLING, "serve", str(tanium_server.home)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT) as serving:
        assert serving.stdout is not None
        assert serving.stderr is not None
        assert serving.stdout.readline().startswith("listening ")
        serving.terminate()
        assert f"frozen {serving.pid} True True" in serving.stderr.read()


@pytest.mark.door
@pytest.mark.parametrize("file", ["reporting.crt", "reporting.pvk", "manifest.json"])
def test_a_damaged_live_pair_is_told_and_keeps_nobody_out(tanium_server: Appliance, file: str) -> None:
    (tanium_server.home / PAIR / file).write_bytes(b"rubbish")
    said, complained = first_lines(tanium_server)
    assert said.startswith("listening "), complained
    assert "version 1, is damaged" in complained
    assert "Traceback" not in complained


@pytest.mark.door
def test_a_live_pair_that_is_gone_is_told_and_keeps_nobody_out(tanium_server: Appliance) -> None:
    version = (tanium_server.home / PAIR).resolve()
    version.rename(version.with_name("elsewhere"))
    said, complained = first_lines(tanium_server)
    assert said.startswith("listening "), complained
    assert "is damaged" in complained


@pytest.mark.door
def test_a_live_pair_that_was_copied_without_its_link_keeps_nobody_out(tanium_server: Appliance) -> None:
    version = (tanium_server.home / PAIR).resolve()
    (tanium_server.home / PAIR).unlink()
    version.rename(tanium_server.home / PAIR)
    said, complained = first_lines(tanium_server)
    assert said.startswith("listening "), complained
    assert complained


@pytest.mark.door
def test_a_recovery_that_is_stopped_is_told_and_keeps_nobody_out(tanium_server: Appliance) -> None:
    store = tanium_server.store
    store.rows("SELECT 1")
    store._open().execute("DROP TABLE trusted_root")
    store._open().execute("DROP TABLE begun")
    store.close()
    said, complained = first_lines(tanium_server)
    assert said.startswith("listening "), complained
    assert "cannot be used" in complained
    assert "Traceback" not in complained


def test_a_home_without_its_directories_is_the_disks_fault(bare_tanium_server: Appliance) -> None:
    bare_tanium_server.run.rmdir()
    with pytest.raises(Damaged) as failed:
        serve_home(bare_tanium_server.home, "", None, Streams.__new__(Streams))
    assert failed.value.id == "disk-failed"
    assert os.strerror(errno.ENOENT) in str(failed.value.message)


@pytest.mark.door
def test_a_door_that_cannot_be_remembered_is_told_and_open(tanium_server: Appliance) -> None:
    (tanium_server.run / "door.json").mkdir()
    said, complained = first_lines(tanium_server)
    assert said.startswith("listening ")
    assert "could not be written" in complained
    assert "fault is in it" not in complained


@pytest.mark.door
def test_only_one_serves_a_home(tanium_server: Appliance) -> None:
    with subprocess.Popen(
        [*TANOS, "serve", str(tanium_server.home)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as serving:
        assert serving.stdout is not None
        assert serving.stdout.readline().startswith("listening ")
        said, complained = first_lines(tanium_server)
        serving.terminate()
    assert said == ""
    assert "serves" in complained
