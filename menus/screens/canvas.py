"""The one widget: lines of text that were laid out elsewhere, painted where they changed."""

from rich.console import Console
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Canvas(Widget):
    """As many lines as the terminal has rows."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Text] = []

    def paint(self, lines: list[Text]) -> None:
        """Show other lines; only rows that differ are painted."""
        before, self.lines = self.lines, lines
        if len(before) != len(lines):
            self.refresh()
            return
        changed = [
            Region(0, row, self.size.width, 1) for row, line in enumerate(lines) if not _same(line, before[row])
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """Return one row."""
        line = self.lines[y] if y < len(self.lines) else Text()
        return _row(line, self.size.width, self.app.console)


def whole(lines: list[Text], width: int, cursor: tuple[int, int], console: Console) -> str:
    """Return what paints all `lines` at once: the same as the library's own painting of them."""
    rows = (f"\x1b[{y};1H{_painted(line, width, console)}" for y, line in enumerate(lines, start=1))
    return "\n".join(rows) + f"\x1b[{cursor[1] + 1};{cursor[0] + 1}H"


def _painted(line: Text, width: int, console: Console) -> str:
    if line.style or line.spans or not line.plain.isascii():
        return _row(line, width, console).render(console)
    return line.plain.ljust(width)


def _row(line: Text, width: int, console: Console) -> Strip:
    """Return it as it is painted; the library leaves out the style of a text that has no spans."""
    styled = line if line.spans else Text.assemble((line.plain, line.style))
    return Strip(list(styled.render(console))).adjust_cell_length(width)


def _same(line: Text, other: Text) -> bool:
    return line.plain == other.plain and line.spans == other.spans and line.style == other.style
