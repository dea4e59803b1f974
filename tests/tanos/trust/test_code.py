"""Six digits: the same on both sides, and no better guessed by who chooses his keys than by who does not."""

import pytest

from tanos.trust.code import commitment, is_code, new_nonce, plain_digits, six_digits

TRIES = 20_000


def test_the_digits_are_of_both_sides_in_any_order() -> None:
    one, other = ("AA", new_nonce()), ("BB", new_nonce())
    assert six_digits(one, other) == six_digits(other, one)
    assert is_code(six_digits(one, other))
    assert six_digits(("AA", one[1]), ("CC", other[1])) != six_digits(one, other)
    assert commitment(one[1], "AA", "BB") != commitment(one[1], "BB", "AA")


def test_whoever_shows_another_key_after_the_numbers_are_bound_has_any_digits_as_likely_as_any_other() -> None:
    """One who stands between meets the digits of the other side as often as he would by guessing."""
    honest = six_digits(("AA", "01" * 16), ("BB", "02" * 16))
    shown = [six_digits(("AA", "01" * 16), (f"M{number}", "03" * 16)) for number in range(TRIES)]
    assert shown.count(honest) <= 2
    for place in range(6):
        each = [code[place] for code in shown]
        assert all(TRIES / 12 < each.count(str(digit)) < TRIES / 8 for digit in range(10))


@pytest.mark.parametrize("typed", ["123456", "123 456", "123-456", " 123456 "])
def test_what_only_parts_the_digits_is_left_out(typed: str) -> None:
    assert is_code(typed)
    assert plain_digits(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "²²²²²²"])
def test_anything_else_is_no_code(typed: str) -> None:
    assert not is_code(typed)
