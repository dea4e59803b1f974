"""Forks go on with what the parent began: each is woken by its own signals and threads, and by nobody else's."""

import os
import subprocess
import sys

WOKEN = """
import asyncio, os, signal, sys, threading
from menus.screens.forkable import ForkableLoop

class Began:
    count = 0

async def begin():
    async def wait():
        Began.count += 1
        await go_on.wait()
        return Began.count
    go_on = asyncio.Event()
    return go_on, asyncio.create_task(wait())

async def go(event, task, how):
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    if how == "signal":
        loop.add_signal_handler(signal.SIGUSR1, event.set)
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    elif how == "thread":
        threading.Timer(0.05, loop.call_soon_threadsafe, (event.set,)).start()
    else:
        loop.call_later(0.3, event.set)
    began = loop.time()
    count = await task
    return count, loop.time() - began

loop = ForkableLoop()
event, task = loop.run(begin())
for how in ("thread", "signal", "nothing", "thread"):
    if os.fork() == 0:
        os.closerange(3, 64)
        loop.own()
        count, seconds = loop.run(go(event, task, how))
        os.write(1, f"{how} {count} {0.2 < seconds if how == 'nothing' else seconds < 10}\\n".encode())
        loop.close()
        os._exit(0)
for _ in range(4):
    os.wait()
print(loop.run(go(event, task, "thread"))[0])
loop.close()
"""


def test_each_fork_goes_on_alone_with_what_was_begun_before() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WOKEN], capture_output=True, text=True, check=True, timeout=60
    )
    lines = sorted(done.stdout.splitlines())
    assert lines == ["1", "nothing 1 True", "signal 1 True", "thread 1 True", "thread 1 True"], done.stdout
    assert not done.stderr


STAGED = """
import sys
from menus.screens.stage import Stage
from tests.menus.screens.small_tree import SMALL

before = sys.stdout, sys.stderr
stage = Stage(SMALL)
assert (sys.stdout, sys.stderr) == before
stage.close()
assert (sys.stdout, sys.stderr) == before
print("closed")
"""


def test_a_stage_that_nobody_comes_to_is_closed_without_a_word() -> None:
    environment = {**os.environ, "PYTHONASYNCIODEBUG": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", STAGED], capture_output=True, text=True, env=environment, timeout=60,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "closed\n", "")
