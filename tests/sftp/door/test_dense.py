"""What forks of the warm parent do not change, they share, and what they make lies together."""

import subprocess
import sys

PROGRAM = """
import gc, os, resource, sys
from sftp.dense import settle

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

things = [bytearray(700) for _ in range(60_000)]
del things[::2]
if sys.argv[1] == "settled":
    settle()
    assert gc.get_freeze_count() > 1000
else:
    gc.freeze()
if os.fork() == 0:
    before = faults()
    made = [bytearray(700) for _ in range(5_000)]
    print(faults() - before, flush=True)
    os._exit(0)
os.wait()
"""


def faults_of(how: str) -> int:
    """Return the pages that a fork had to copy or was given for 3.5 MB that it made."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_what_a_fork_makes_lies_together_and_not_in_the_holes_of_its_parent() -> None:
    settled, not_settled = faults_of("settled"), faults_of("left alone")
    assert settled < 1300, settled
    assert not_settled > 2 * settled, (settled, not_settled)
