"""The warm parent's program: `python -m menus.warm HOME DESCRIPTOR`.

Everything that a session needs is imported here, once, and the screens painted once on no terminal, for every
session to go on with: signing in costs little more than the handshake. It opens no database
and holds no key (`sftp.forks`).
"""

import sys
from contextlib import closing, suppress
from functools import partial
from importlib import import_module
from pathlib import Path

from menus.nouns import MODULES
from menus.sessions import is_for_screens, run_menu, run_verb, wait_for_menu
from sftp.files.child import main as serve_files
from sftp.spares import Kind
from sftp.warm import serve_forever
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.trials import kinds

EAGERLY = (
    "menus.tree",
    "menus.plain",
    "menus.screens.console",
    "asyncio",
    "click",
    "concurrent.futures.thread",
    "sftp.signing",
    *MODULES.values(),
)


def main(words: list[str]) -> int:
    """Import everything, then fork a child for each session until the front door is gone."""
    for module in EAGERLY:
        import_module(module)
    kinds.load()
    from menus.screens.stage import Stage  # after the modules that it needs
    from menus.tree import MAIN

    home = Path(words[0])
    with suppress(TanosError):
        Appliance.open(home)
    handlers = {"menu": run_menu, "verb": run_verb, "files": serve_files}
    with closing(Stage(MAIN)) as stage:
        serve_forever(int(words[1]), handlers, Kind(is_for_screens, partial(wait_for_menu, stage, home)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
