"""The one widget: lines of text that were laid out elsewhere, painted where they changed."""

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
        strip = Strip(list(line.render(self.app.console)))
        return strip.adjust_cell_length(self.size.width)


def _same(line: Text, other: Text) -> bool:
    return line.plain == other.plain and line.spans == other.spans and line.style == other.style
