"""A text to copy, read off the screen as a person's terminal shows it."""

import hashlib
from pathlib import Path

import pytest

from tests.menus.screens.real_terminal import tmux_screen
from tests.menus.screens.small_tree import PEM

pytestmark = pytest.mark.door


@pytest.mark.parametrize("columns", [80, 100, 132])
def test_the_text_on_the_screen_is_the_text_itself(tmp_path: Path, columns: int) -> None:
    with tmux_screen(tmp_path / "zs1", columns, 24) as screen:
        screen.sees("Log out")
        screen.type("2-Z-1\r\r\ryes")
        lines = screen.sees("-----BEGIN CERTIFICATE", "-----END CERTIFICATE").splitlines()
        block = lines[lines.index("-----BEGIN CERTIFICATE REQUEST-----") :]
        block = block[: block.index("-----END CERTIFICATE REQUEST-----") + 1]
        assert hashlib.sha256(("\n".join(block) + "\n").encode()).digest() == hashlib.sha256(PEM.encode()).digest()
        assert max(map(len, lines)) <= columns
        screen.type("RR")
        screen.sees("Log out")
