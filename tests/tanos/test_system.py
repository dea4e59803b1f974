"""Programs that are not trusted to end, or to be brief: bounded in time and in what is kept of their words."""

import os
import sys
import threading
import time

import pytest

from tanos.system import run_bounded
from tests.sftp.door.processes import is_alive, soon

PYTHON = sys.executable


def test_what_it_says_and_how_it_ended_is_returned() -> None:
    done = run_bounded([PYTHON, "-c", "import sys; print(1); print(2, file=sys.stderr); sys.exit(7)"], seconds=60)
    assert (done.status, done.stdout, done.stderr) == (7, b"1\n", b"2\n")


def test_of_many_words_only_the_first_are_kept_and_it_may_go_on_to_its_end() -> None:
    words = [PYTHON, "-c", "print('x' * 3_000_000); import sys; sys.exit(3)"]
    done = run_bounded(words, seconds=60, most_bytes=1000)
    assert (done.status, done.stdout) == (3, b"x" * 1000)


def test_it_reads_nothing() -> None:
    assert run_bounded([PYTHON, "-c", "import sys; print(repr(sys.stdin.read()))"], seconds=60).stdout == b"''\n"


def test_who_does_not_end_is_ended_with_all_that_it_started() -> None:
    words = ["/bin/sh", "-c", "sh -c 'echo $$; exec sleep 600'; true"]
    begun = time.monotonic()
    with pytest.raises(TimeoutError) as told:
        run_bounded(words, seconds=2)
    assert time.monotonic() - begun < 300
    started = int(told.value.args[1].stdout)
    assert soon(lambda: not is_alive(started)), "what it started lives on"


def test_who_leaves_its_output_to_another_is_not_waited_for() -> None:
    begun = time.monotonic()
    assert run_bounded(["/bin/sh", "-c", "sleep 30 & echo gone"], seconds=120).stdout == b"gone\n"
    assert time.monotonic() - begun < 25


def test_it_is_ended_once_nobody_waits_for_it_any_more() -> None:
    stop = os.eventfd(0)
    begun = time.monotonic()
    waiting = threading.Timer(0.2, os.eventfd_write, (stop, 1))
    waiting.start()
    try:
        with pytest.raises(TimeoutError):
            run_bounded([PYTHON, "-c", "import time; time.sleep(60)"], seconds=50, give_up=stop)
    finally:
        waiting.join()
        os.close(stop)
    assert time.monotonic() - begun < 45
