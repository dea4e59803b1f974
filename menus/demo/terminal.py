"""A terminal of 80 by 24 with a real `ssh` in it, read and typed into through tmux.

Invariant: waiting is for words on the screen, never for time; what does not come ends the demo with the screen as
it stood.
"""

import time
from pathlib import Path
from types import TracebackType

from menus.lab.layout import Lab
from tanos.errors import Damaged
from tanos.message import N_
from tanos.system import find_program, plain_environment, run_program

PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.03


class Terminal:
    """One window with `ssh NAME`; use it in a `with` block."""

    def __init__(self, lab: Lab, name: str, columns: int = 80, rows: int = 24) -> None:
        self._tmux = find_program("tmux", "tmux")
        self._ssh = find_program("ssh", "openssh-client")
        self._lab = lab
        self._socket = lab.directory / f"{name}.tmux"
        self.name = name
        self._size = (columns, rows)

    def __enter__(self) -> "Terminal":
        columns, rows = self._size
        self._run(
            "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
            self._ssh, "-F", str(self._lab.ssh_config), self.name,
        )  # fmt: skip
        self._run("set-option", "-g", "remain-on-exit", "on")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("kill-server")
        self._socket.unlink(missing_ok=True)

    def screen(self) -> str:
        """Return what stands on the screen."""
        return self._run("capture-pane", "-p", "-J").rstrip()

    def scroll(self) -> str:
        """Return the screen with all that scrolled off it."""
        return self._run("capture-pane", "-p", "-J", "-S", "-").rstrip()

    def wait_for(self, *words: str) -> str:
        """Wait until all `words` stand on the screen; return it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(word in (seen := self.screen()) for word in words):
            if time.monotonic() > deadline:
                raise Damaged(
                    "demo-failed",
                    N_("{name} never showed {words}. It shows:\n{seen}", name=self.name, words=words, seen=seen),
                    N_("Read above."),
                )
            time.sleep(LOOK_SECONDS)
        return seen

    def type(self, text: str) -> None:
        """Type `text` and Return."""
        self._run("send-keys", "-l", text)
        self._run("send-keys", "Enter")

    def press(self, key: str) -> None:
        """Press one named key."""
        self._run("send-keys", key)

    def paste(self, text: str) -> None:
        """Paste from the clipboard, as a terminal does it."""
        clipboard = Path(str(self._socket) + ".clipboard")
        clipboard.write_text(text)
        self._run("load-buffer", str(clipboard))
        clipboard.unlink()
        self._run("paste-buffer", "-p")

    def _run(self, *words: str) -> str:
        done = run_program([self._tmux, "-S", str(self._socket), *words], environment=_environment())
        return done.text


def _environment() -> dict[str, str]:
    return plain_environment(TERM="xterm-256color", LANG="C.UTF-8", LC_ALL="C.UTF-8")
