"""Sixteen times the rubbish costs about sixteen times the work: no form makes the reader crawl.

Compared are ratios of processor time within one run, with room for noise: a reader that crawls would show 256.
"""

import contextlib
import time
from collections.abc import Callable

import pytest

from tanos.errors import AnswerRefused
from tanos.pasting.awaited import Awaited
from tanos.pasting.collector import PasteCollector
from tanos.pasting.intake import read_pasted
from tests.data.pastes.parts import BEGIN, END

SMALL, LARGE = 4 * 1024, 64 * 1024
CRAWLING = 80
RUNS = 3
RUBBISH = {
    "letters": b"A",
    "key-like runs": b"MHcCAQEEIIIIIIIIIIIIII ",
    "dashes": b"-",
    "begin words": b"-----BEGIN A ",
    "begin lines": b"-----BEGIN A-----\n",
    "empty blocks": b"-----BEGIN A----------END A-----",
    "empty blocks in bars": b"| -----BEGIN A----------END A----- |",
    "end words": b"-----END ",
    "dash and end": b"-END-end",
    "spaces": b" ",
    "line ends": b"\n",
    "returns": b"\r",
    "escapes": b"\x1b[",
    "long escapes": b"\x1b[11111111111111111111111111111111",
    "paste marks": b"\x1b[200~",
    "quotes": b"> ",
    "quoted lines": b">>>>>>>>\n",
    "bars": b"|\n",
    "numbered": b"1 a\n",
    "backslashes": b"\\n\\r",
    "begin and private": b"BEGINPRIVATE ",
    "dash begin": b"-begin ",
    "invisible": "\u200b".encode(),
    "long dashes": "—".encode(),
    "not UTF-8": b"\x97\xa0",
    "NUL": b"\0",
    "colons": b"a:\n",
    "key types": b"ssh-rsa AAAA",
}


def _once(call: Callable[[], object]) -> float:
    start = time.process_time()
    with contextlib.suppress(AnswerRefused):
        call()
    return time.process_time() - start


def crawls(call: Callable[[bytes], object], piece: bytes) -> bool:
    """Compare the least of a few runs of each; of the large ones no more than it takes to know."""
    small, large = ((piece * (size // len(piece) + 1))[:size] for size in (SMALL, LARGE))
    least = max(0.0002, min(_once(lambda: call(small)) for _ in range(RUNS)))
    return all(_once(lambda: call(large)) / least > CRAWLING for _ in range(RUNS))


@pytest.mark.parametrize("piece", RUBBISH.values(), ids=RUBBISH.keys())
def test_reading_grows_with_the_size_only(piece: bytes) -> None:
    assert not crawls(lambda raw: read_pasted(raw, Awaited.REQUEST), piece)


@pytest.mark.parametrize("piece", RUBBISH.values(), ids=RUBBISH.keys())
def test_reading_the_inside_of_a_block_grows_with_the_size_only(piece: bytes) -> None:
    room = len(BEGIN) + len(END) + 2
    begin, end = BEGIN.encode() + b"\n", b"\n" + END.encode()
    assert not crawls(lambda raw: read_pasted(begin + raw[:-room] + end, Awaited.REQUEST), piece)


@pytest.mark.parametrize("piece", RUBBISH.values(), ids=RUBBISH.keys())
@pytest.mark.parametrize("awaited", [Awaited.REQUEST, Awaited.SSH_KEY], ids=["request", "ssh-key"])
def test_collecting_grows_with_the_size_only(piece: bytes, awaited: Awaited) -> None:
    def collect(raw: bytes) -> None:
        collector = PasteCollector(awaited)
        for at in range(0, len(raw), 1024):
            collector.feed(raw[at : at + 1024])

    assert not crawls(collect, piece)
