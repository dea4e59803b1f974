"""Bytes of terminals to keys."""

import pytest

from menus.screens.keyboard import PASTE_END, PASTE_LIMIT, PASTE_START, Key, Keyboard


def names(keys: list[Key]) -> list[str]:
    return [key.text or key.name for key in keys]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"2\rZ\r", ["2", "enter", "Z", "enter"]),
        (b"2\r\nZ\n", ["2", "enter", "Z", "enter"]),
        (b"\x1b[A\x1bOB\x1b[5~\x1b[3~", ["up", "down", "page-up", "delete"]),
        (b"\x1b[1;5C\x1b[[Ax", ["other", "other", "x"]),
        (b"\x7f\x08\x15\x03", ["backspace", "backspace", "clear", "interrupt"]),
        ("ä日é".encode(), ["ä", "日", "é"]),
        (b"\xff\xfea", ["other", "other", "a"]),
        ("\u202ea\u200b".encode(), ["other", "a", "other"]),
        (b"\x1bR\r", ["escape", "R", "enter"]),
        (b"\x1bP1\r", ["escape", "P", "1", "enter"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
    ],
)
def test_keys_are_the_same_in_one_piece_and_byte_by_byte(raw: bytes, expected: list[str]) -> None:
    whole, slow = Keyboard(), Keyboard()
    assert names(whole.feed(raw) + whole.settle()) == expected
    pieces = [key for byte in raw for key in slow.feed(bytes([byte]))] + slow.settle()
    assert names(pieces) == expected


def test_a_lone_escape_waits_for_what_follows() -> None:
    keyboard = Keyboard()
    assert keyboard.feed(b"\x1b") == []
    assert keyboard.undecided
    assert names(keyboard.settle()) == ["escape"]
    assert not keyboard.undecided


def test_a_bracketed_paste_is_one_key_that_keeps_its_bytes() -> None:
    paste = PASTE_START + b"1\rZ\ryes\r" + PASTE_END
    keyboard = Keyboard()
    keys = [key for byte in b"2" + paste + b"3" for key in keyboard.feed(bytes([byte]))]
    assert names(keys) == ["2", "paste", "3"]
    assert keys[1].raw == paste


def test_a_huge_paste_is_cut_and_still_one_key() -> None:
    keyboard = Keyboard()
    keys = keyboard.feed(PASTE_START)
    for _ in range(100):
        keys += keyboard.feed(b"x" * 10_000)
    keys += keyboard.feed(PASTE_END + b"z")
    assert names(keys) == ["paste", "z"]
    assert len(keys[0].raw) <= PASTE_LIMIT + len(PASTE_END)


def test_an_open_paste_is_given_up_with_all_its_bytes() -> None:
    keyboard = Keyboard()
    keyboard.feed(PASTE_START + b"-----BEGIN")
    assert keyboard.take() == PASTE_START + b"-----BEGIN"
    assert names(keyboard.feed(b"1\r")) == ["1", "enter"]


def test_no_byte_is_lost_or_counted_twice() -> None:
    raw = b"2\r\x1b[A\xc3\xa4\x1b[200~a\rb\x1b[201~\x1b[1;2Zq\xffw\x1bOMend"
    keyboard = Keyboard()
    keys = keyboard.feed(raw) + keyboard.settle()
    assert b"".join(key.raw for key in keys) == raw
