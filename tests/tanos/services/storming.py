"""Installs and restores pairs of one appliance as fast as it can, until it is killed: `HOME DIRECTORY`.

What an earlier one left unfinished when it was killed is no pair: it is neither restored nor in anybody's way.

What lies in the directory are pairs of two files: `KIND-NUMBER.crt`, `KIND-NUMBER.key`.
"""

import random
import sys
from pathlib import Path

from tanos.appliance import Appliance
from tanos.keeper import Keeper


def storm(home: Path, directory: Path) -> None:
    """Do it, and say so once it began."""
    keeper = Keeper(Appliance.open(home))
    pairs = [(path.stem.partition("-")[0], path) for path in sorted(directory.glob("*.crt"))]
    print("storming", flush=True)
    while True:
        kind, path = random.choice(pairs)
        if random.random() < 0.3:
            whole = [version.number for version in keeper.versions(kind) if version.intact]
            keeper.restore(kind, random.choice(whole))
        else:
            keeper.install_pair(kind, path.with_suffix(".key").read_bytes(), path.read_bytes(), "storm")


if __name__ == "__main__":
    storm(Path(sys.argv[1]), Path(sys.argv[2]))
