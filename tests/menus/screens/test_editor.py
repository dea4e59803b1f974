"""One line being edited."""

from menus.screens.editor import LIMIT, Editor
from menus.screens.keyboard import Keyboard


def typed(editor: Editor, raw: bytes) -> str:
    for key in Keyboard().feed(raw):
        editor.press(key)
    return editor.text


def test_the_first_character_replaces_a_default() -> None:
    assert typed(Editor("zs1.lab.test"), b"zs2") == "zs2"


def test_an_editing_key_keeps_a_default() -> None:
    assert typed(Editor("zs1.lab.test"), b"\x1b[D" * 9 + b"\x7f2") == "zs2.lab.test"
    assert typed(Editor("zs1"), b"\x7f2") == "zs2"
    assert typed(Editor("zs1"), b"\x05.lab") == "zs1.lab"


def test_words_and_lines_are_rubbed_out() -> None:
    assert typed(Editor(), b"one two\x17three") == "one three"
    assert typed(Editor(), b"one two\x15x") == "x"
    assert typed(Editor(), b"abc\x01\x1b[3~") == "bc"


def test_a_field_takes_one_pasted_line_and_a_menu_none() -> None:
    field, menu = Editor("old", takes_paste=True), Editor()
    assert field.paste(b"SHA256:abc\r")
    assert field.text == "SHA256:abc"
    assert not field.paste(b"two\rlines")
    assert not field.paste(b"\x1b[31mred")
    assert not field.paste(b"\xff")
    assert not menu.paste(b"1")


def test_a_secret_is_never_shown() -> None:
    secret = Editor(secret=True)
    typed(secret, b"hunter2")
    assert secret.text == "hunter2"
    assert secret.shown == ""


def test_a_line_does_not_grow_without_end() -> None:
    assert len(typed(Editor(), b"x" * (LIMIT + 50))) == LIMIT
