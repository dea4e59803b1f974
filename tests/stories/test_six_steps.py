"""Two operators at two terminals of 80 by 24 pair their appliances: what they do is counted."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from menus.demo.terminal import Terminal
from menus.lab.layout import Lab

CODE = r"\b[0-9A-F]{4}(?:-[0-9A-F]{4}){7}\b"
BLOCK = r"(?s)-----BEGIN TANOS PAIRING-----\n.*?-----END TANOS PAIRING-----"
KEY = r"SHA256:[A-Za-z0-9+/]{43}"
MOST_STEPS = 6


class Count:
    """The steps that were taken."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    @contextmanager
    def step(self, told: str) -> Iterator[None]:
        """Take one step."""
        self.taken.append(told)
        yield


def printed(terminal: Terminal) -> str:
    """Have a text to copy printed plainly, and take it as an operator's mouse does."""
    terminal.type("P")
    terminal.wait_for("Return goes back to the page")
    block = re.findall(BLOCK, terminal.scroll())[-1]
    terminal.type("")
    return str(block)


@pytest.mark.story
def test_two_operators_pair_in_six_steps(raise_lab: Callable[..., Path]) -> None:
    directory = raise_lab().parent
    lab, count = Lab(directory, ("ts1", "zs1")), Count()
    with Terminal(lab, "ts1") as ts1, Terminal(lab, "zs1") as zs1:
        for terminal in (ts1, zs1):
            terminal.wait_for("main menu")
        with count.step("ts1 shows its text"):
            ts1.type("2-P-5-2")
            ts1.wait_for("reaches this one")
            ts1.type("")
            there = ts1.wait_for("END TANOS PAIRING", "Return goes on")
            text = printed(ts1)
        with count.step("zs1 takes the text"):
            zs1.type("2-P-5-3")
            zs1.wait_for("Paste the pairing text now")
            zs1.paste(text + "\n")
            here = zs1.wait_for("Type yes to go on")
        assert re.findall(CODE, here) == re.findall(CODE, there), "both terminals show the same check code"
        assert set(re.findall(KEY, here)) == set(re.findall(KEY, there)), "and the same fingerprints"
        with count.step("zs1 says yes"):
            zs1.type("yes")
            there = zs1.wait_for("ts1 is paired here", "END TANOS PAIRING", "Return goes on")
            text = printed(zs1)
        with count.step("ts1 takes the answer"):
            ts1.type("")
            ts1.type("2-P-5-3")
            ts1.wait_for("Paste the pairing text now")
            ts1.paste(text + "\n")
            here = ts1.wait_for("Type yes to go on")
        assert re.findall(CODE, here) == re.findall(CODE, there)
        with count.step("ts1 says yes, and its ways are tried"):
            ts1.type("yes")
            done = ts1.wait_for("zs1 is paired here", "Return goes on")
        assert len(re.findall(r"here .* zs1 +works", done)) == 2, done
        with count.step("zs1 tries its ways"):
            zs1.type("")
            zs1.type("2-P-5-4")
            zs1.wait_for("Peer: ts1")
            zs1.type("")
            zs1.wait_for("Type yes to go on")
            zs1.type("yes")
            done = zs1.wait_for("Both ways to ts1 work", "Return goes on")
        assert len(re.findall(r" works, seen", done)) == 4, done
        ts1.type("")
        ts1.type("2-P-5-1")
        seen = ts1.wait_for("Pairing with other appliances", "zs1 takes here")
        assert len(re.findall(r" works, seen", seen)) == 4, seen
    assert len(count.taken) <= MOST_STEPS, count.taken
    for name in ("ts1", "zs1"):
        assert list((directory / name / "dropbox" / "incoming").iterdir()) == [], "no test leaves anything"
