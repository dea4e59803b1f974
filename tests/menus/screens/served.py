"""Serve the small tree on this process's own terminal: `python -m tests.menus.screens.served HOME [IDLE SECONDS]`."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import menus.screens.console
from menus.screens import desk, run_screens, typed
from tanos.actor import Actor
from tanos.platform import UserRole
from tanos.policy.table import MENU_TIMEOUT
from tests.conftest import ZS1, bare_appliance
from tests.menus.screens.small_tree import SMALL

if __name__ == "__main__":
    if silence := os.environ.get("SILENCE"):
        typed.SILENCE_SECONDS = float(silence)
        vars(desk)["SILENCE_SECONDS"] = float(silence)
    appliance = bare_appliance(Path(sys.argv[1]), ZS1)
    for seconds in map(int, sys.argv[2:]):
        vars(menus.screens.console)["MENU_TIMEOUT"] = replace(MENU_TIMEOUT, default=seconds, least=0)
    raise SystemExit(run_screens(appliance, Actor("tanadmin", UserRole.TANADMIN, "screens"), SMALL))
