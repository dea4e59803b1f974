"""No word of ours reaches the screen but through translation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from menus.language import CLOSE, MANGLED, OPEN, choose
from tests.menus.screens.sitting import sitting

PAGES = [
    ("", "⟦Log out⟧"),
    ("2-z\r", "⟦Create CSR⟧"),
    ("2-z\r?\r", "⟦Help⟧"),
    ("2-z-1\r", "⟦Common name⟧"),
    ("2-z-1\r\r\r", "⟦Type yes"),
    ("2-z-1\rbad\r\r", "san-bad"),
    ("2-z-1\r\r\ryes\rc\r", "⟦Sent to"),
    ("2-z-2\r", "⟦Paste the"),
    ("2-z-3\r", "⟦What waits"),
    ("2-z-4\rerase\r", "⟦Working"),
    ("9\r", "⟦There is no line"),
]
DATA = {"zs1", "lab", "test", "tanadmin", "bad", "red", "evil", "csr", "reporting", "san", "eku", "more", "bold"}


@pytest.fixture(autouse=True)
def mangled() -> Iterator[None]:
    choose({"TANOS_LANGUAGE": MANGLED})
    yield
    choose({})


@pytest.mark.parametrize(("typed", "seen"), PAGES)
async def test_every_word_on_a_page_is_translated(tmp_path: Path, typed: str, seen: str) -> None:
    async with sitting(tmp_path, size=(200, 60)) as operator:
        operator.type(typed)
        text = re.sub(r"(?m)^(M{64}|-----.*-----)$", "", await operator.sees(seen))
        left = " ".join(text.split())
        while (shorter := re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", left)) != left:
            left = shorter
        assert {word for word in re.findall(r"[a-zA-Z]{3,}", left) if word.lower() not in DATA} == set()
        operator.type("\x03")
