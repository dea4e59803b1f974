"""Serve the small tree on this process's own terminal: `python -m tests.menus.screens.served HOME`."""

import sys
from pathlib import Path

from menus.screens import run_screens
from tanos.actor import Actor
from tanos.platform import UserRole
from tests.conftest import ZS1, bare_appliance
from tests.menus.screens.small_tree import SMALL

if __name__ == "__main__":
    appliance = bare_appliance(Path(sys.argv[1]), ZS1)
    raise SystemExit(run_screens(appliance, Actor("tanadmin", UserRole.TANADMIN, "screens"), SMALL))
