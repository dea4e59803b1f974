"""The warm parent's program: `python -m menus.warm HOME DESCRIPTOR`.

Everything that a session needs is imported here, once, and the screens run once on no terminal, so that signing in
costs little more than the handshake. It opens no database and holds no key (`sftp.forks`).
"""

import sys
from importlib import import_module

from menus.nouns import MODULES
from menus.sessions import is_for_screens, run_menu, run_verb, wait_for_menu
from sftp.files.child import main as serve_files
from sftp.spares import Kind
from sftp.warm import serve_forever

EAGERLY = ("menus.tree", "menus.plain", "menus.screens.console", "asyncio", "click", *MODULES.values())


def rehearse_screens() -> None:
    """Have the screens make here what they make at first use."""
    from menus.screens.console import rehearse  # after the modules that it needs
    from menus.tree import MAIN

    rehearse(MAIN)


def main(words: list[str]) -> int:
    """Import everything, then fork a child for each session until the front door is gone."""
    for module in EAGERLY:
        import_module(module)
    rehearse_screens()
    handlers = {"menu": run_menu, "verb": run_verb, "files": serve_files}
    serve_forever(int(words[1]), handlers, Kind(is_for_screens, wait_for_menu))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
