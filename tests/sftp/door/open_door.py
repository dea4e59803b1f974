"""Opens a front door: `python -m … HOME WARM_MODULE` prints its port and the pid of the warm parent.

It looks at once at what was decided, for each line that it reads from a pipe, and says that it did.
"""

import asyncio
import os
import signal
import stat
import sys
from pathlib import Path

from sftp import patience, terms, warm
from sftp.door import Door, serve
from sftp.warm import WarmParent
from tanos.appliance import Appliance

patience.SHORTEST, patience.LONGEST = 0.02, 0.1  # the growth of delays is tested on its own
warm._LOOK_SECONDS = float("inf")  # whoever edits the code while tests run does not disturb them
terms.MINUTE = float(os.environ.get("MINUTE", terms.MINUTE))
ROOT = Path(__file__).parents[3]


async def main(home: Path, module: str) -> None:
    parent = WarmParent(home, module, {"PYTHONPATH": str(ROOT)})
    await parent.start()
    door = await serve(Appliance.open(home), address="127.0.0.1", port=0, warm=parent)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        asyncio.get_running_loop().add_reader(0, hear, door)
    print(door.port, parent.pid, flush=True)
    await stopped.wait()
    await door.close()
    await parent.close()


def hear(door: Door) -> None:
    if not sys.stdin.readline():
        asyncio.get_running_loop().remove_reader(0)
        return
    try:
        door.house.follow()
    finally:
        print("heard", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
