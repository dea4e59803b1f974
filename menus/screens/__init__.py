"""The full-screen face: one page at a time, one prompt, one queue of keys.

Textual only paints. What an operator types goes through one queue of our own, so that keys typed ahead of a page
wait for it instead of being lost. Importing this package loads no Textual; `run_screens` does. A page follows each
key at once: Textual's own pace, sixty paints a second, would hold back every third key of a quick typist.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from menus.item import Menu
    from tanos.actor import Actor
    from tanos.appliance import Appliance


os.environ.setdefault("TEXTUAL_FPS", "250")  # read where Textual is imported, which is below this package alone


def run_screens(appliance: "Appliance", actor: "Actor", root: "Menu | None" = None) -> int:
    """Serve the menus on descriptors 0 and 1, a terminal, until sign-out or hangup; return the exit status."""
    from menus.screens.at_terminal import run
    from menus.screens.seat import Seat

    if root is None:
        from menus.tree import MAIN

        root = MAIN
    return run(lambda: Seat(appliance, actor), root)
