"""A secret is bytes that nobody sees; what cannot be bytes is refused, wherever it comes from."""

import pytest

from tanos.errors import AnswerRefused
from tanos.secret import Secret


def test_half_a_character_is_refused_and_not_shown() -> None:
    with pytest.raises(AnswerRefused) as refused:
        Secret("Zebra\udc80")
    assert refused.value.id == "not-text"
    assert "Zebra" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert Secret("Zebra-Ä").reveal() == "Zebra-Ä".encode()
