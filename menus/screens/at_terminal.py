"""An application from its beginning to its end, and what remains to be said on the terminal that it gave back."""

import sys
from collections.abc import Callable, Iterable
from functools import partial

from menus.item import Menu
from menus.language import pointing, speak
from menus.screens.console import Console
from menus.screens.driver import terminal_size
from menus.screens.seat import TakeSeat
from menus.shown import refusal_lines
from menus.ways import menu_line
from tanos.errors import TanosError
from tanos.faults import broken


def run(seat: TakeSeat, root: Menu) -> int:
    """Serve one operator until sign-out or hangup; return the exit status. Raises as `serve` does."""
    app = Console(seat, root)
    return serve(app, lambda: app.run(mouse=False, size=terminal_size(1)))


def serve(app: Console, perform: Callable[[], int | None]) -> int:
    """Have `perform` run an application to its end, and say what remains to be said; return the exit status.

    Raises what its seat raised, where that is a TanosError: no terminal was touched then.
    """
    try:
        with pointing(partial(menu_line, app.root)):
            status = perform()
    except Exception as error:
        app.fault = error
        status = 1
    if app.desk is None and isinstance(app.fault, TanosError):
        raise app.fault
    if app.farewell is not None:
        _say([speak(app.farewell)])
    if app.fault is not None:
        home = app.desk.appliance.home if app.desk is not None else None
        _say(refusal_lines(broken(home, "screens", app.fault)))
    return 1 if app.fault is not None else status or 0


def _say(lines: Iterable[str]) -> None:
    sys.stderr.write("\r\n".join([*lines, ""]))
