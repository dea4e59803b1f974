"""The private names of Textual that this program uses, all of them, and why.

`App._handle_exception`: the stock one prints a traceback with the values of local variables to the operator, which
could show a secret. There is no public hook. A test fails when the pinned version or this name changes.
"""

from typing import TYPE_CHECKING

from textual.app import App

from menus.screens.typed import Typed

if TYPE_CHECKING:
    from menus.screens.driver import LeanDriver


class QuietApp(App[int]):
    """An application that owns its keys and its terminal, and whose own faults end it without a word."""

    typed: Typed
    encoding = "utf-8"
    terminal: "LeanDriver | None" = None
    """Set by the driver itself; none under a test's pilot."""
    fault: Exception | None = None

    def _handle_exception(self, error: Exception) -> None:
        if self.fault is None:
            self.fault = error
        self.exit(1, return_code=1)
