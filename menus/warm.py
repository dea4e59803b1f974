"""The warm parent's program: `python -m menus.warm HOME DESCRIPTOR`.

Everything that a session needs is imported here, once, so that signing in costs little more than the handshake. It
opens no database and holds no key (`sftp.forks`).
"""

import sys
from importlib import import_module

from menus.nouns import MODULES
from menus.sessions import run_menu, run_verb
from sftp.files.child import main as serve_files
from sftp.warm import serve_forever

EAGERLY = ("menus.tree", "menus.plain", "menus.screens.console", "asyncio", "click", *MODULES.values())


def main(words: list[str]) -> int:
    """Import everything, then fork a child for each session until the front door is gone."""
    for module in EAGERLY:
        import_module(module)
    serve_forever(int(words[1]), {"menu": run_menu, "verb": run_verb, "files": serve_files})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
