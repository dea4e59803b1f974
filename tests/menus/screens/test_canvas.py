"""What is painted has the looks that it was laid out with: a line that is bold from end to end, too."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from menus.screens.canvas import whole
from tests.menus.screens.sitting import Sitting, sitting


def _looks(operator: Sitting, words: str) -> str:
    """Return the style in which the line that begins with `words` is painted."""
    row = next(at for at, line in enumerate(operator.lines) if line.strip().startswith(words))
    return str(next(each.style for each in operator.app.canvas.render_line(row) if words in each.text))


async def test_a_refusal_and_the_title_of_a_page_stand_out(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\rbad\rextra.test\r")
        await operator.sees("Refused: san-bad")
        assert "bold red" in _looks(operator, "Refused: san-bad")
        operator.type("\r1-1\r")
        await operator.sees("What waits in /incoming")
        assert "bold" in _looks(operator, "What waits in /incoming")


def test_the_first_page_has_the_same_looks_as_those_after_it() -> None:
    console = Console(force_terminal=True, color_system="standard", width=10)
    painted = whole([Text("plain"), Text("title", style="bold")], 10, (0, 0), console)
    assert "\x1b[1mtitle" in painted
    assert "plain     " in painted
