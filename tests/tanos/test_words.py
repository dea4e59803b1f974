"""Text that reaches an operator or a log: inert, translated late, and never a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanos.inert import inert
from tanos.message import N_
from tanos.secret import Secret


@given(st.text())
def test_inert_text_has_nothing_a_terminal_obeys(text: str) -> None:
    shown = inert(text)
    assert shown.isprintable() or all(char.isprintable() or char == "\u3000" or char.isspace() for char in shown)
    assert "\x1b" not in shown
    assert "\n" not in shown
    assert inert(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("zoné", "zoné"),
        ("日本", "日本"),
        ("a\u200bb", "a\\u200bb"),
    ],
)
def test_inert_shows_what_it_took_out(text: str, shown: str) -> None:
    assert inert(text) == shown


def test_a_secret_is_dots_everywhere() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret!r} {secret} {[secret]}"
    assert secret == Secret(b"hunter2")
    assert secret != Secret("hunter3")


def test_fields_are_never_read_as_a_template() -> None:
    assert str(N_("Peer {name}.", name="{other}")) == "Peer {other}."
