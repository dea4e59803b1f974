"""A session that is asked to go, by a hangup or by who ends all processes of a service, tears no confirmed work."""

import configparser
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from menus.serving import STOP_SECONDS
from sftp.grace import HUNG_UP, WORK_SECONDS

ROOT = Path(__file__).parents[2]
SESSION = """
import sys, time
from sftp.grace import confirmed_work, end_at_hangup
end_at_hangup()
if sys.argv[1] == "idle":
    print("ready", flush=True)
    time.sleep(60)
with confirmed_work():
    print("ready", flush=True)
    sys.stdin.readline()
    print("done", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize(("doing", "said"), [("idle", ""), ("work", "done\n")])
def test_who_is_asked_to_go_goes_when_his_work_is_done(number: signal.Signals, doing: str, said: str) -> None:
    words = [sys.executable, "-c", SESSION, doing]
    with subprocess.Popen(words, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as session:
        assert session.stdout is not None
        assert session.stdout.readline() == "ready\n"
        session.send_signal(number)
        rest, _ = session.communicate("go on\n" if doing == "work" else None, timeout=60)
    assert (rest, session.returncode) == (said, HUNG_UP)


def test_the_service_of_the_boxes_asks_the_front_alone_to_end_and_gives_it_the_time_that_it_takes() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # the names of systemd have capitals
    unit.read(ROOT / "vagrant/tanos.service")
    assert unit["Service"]["KillMode"] == "mixed"
    assert int(unit["Service"]["TimeoutStopSec"]) > 2 * (STOP_SECONDS + WORK_SECONDS)
