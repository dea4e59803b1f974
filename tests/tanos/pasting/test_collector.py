"""What a terminal sends while a paste is awaited ends where it should, and answers no menu."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tanos.pasting.awaited import Awaited
from tanos.pasting.collector import PasteCollector
from tanos.pasting.intake import read_pasted
from tanos.pasting.text import PASTE_LIMIT
from tests.data.pastes.parts import LEAF, ROOT, SOURCE, TEXT, der

RAW = TEXT.encode()
BEGIN, END = b"\x1b[200~", b"\x1b[201~"
KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIf1bYt9JvJ0dP8J9kTqS3o8m6lQ3bq0hJx5v3wA0b1c operator@jump"
UNWHOLE = KEY[:60]


@dataclass(frozen=True)
class Seen:
    """All that a face can see of a collector."""

    ended: bool
    abandoned: bool
    overflow: bool
    lines: int
    characters: int
    text: bytes


def seen(collector: PasteCollector) -> Seen:
    flags = (collector.ended, collector.abandoned, collector.overflow)
    return Seen(*flags, collector.lines, collector.characters, collector.finish())


def fed(awaited: Awaited, *chunks: bytes, quiet: bool = False) -> PasteCollector:
    collector = PasteCollector(awaited)
    for chunk in chunks:
        collector.feed(chunk)
    if quiet:
        collector.quiet()
    return collector


def request(*chunks: bytes, quiet: bool = False) -> PasteCollector:
    return fed(Awaited.REQUEST, *chunks, quiet=quiet)


def ssh_key(*chunks: bytes) -> PasteCollector:
    return fed(Awaited.SSH_KEY, *chunks)


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_an_unbracketed_paste_ends_at_its_end_line_whatever_ends_lines(line_end: bytes) -> None:
    paste = RAW.replace(b"\n", line_end)
    collector = request(paste)
    assert collector.ended
    assert collector.lines == TEXT.count("\n")
    assert collector.characters == len(TEXT) - TEXT.count("\n")
    assert read_pasted(collector.finish(), Awaited.REQUEST).ders == (der(TEXT),)


def test_it_has_not_ended_before_the_end_line_is_there() -> None:
    assert not request(RAW[: RAW.index(b"-----END") + 6]).ended


def test_a_bracketed_paste_ends_at_its_mark_and_nowhere_else() -> None:
    collector = request(BEGIN, RAW)
    assert not seen(collector).ended
    collector.feed(RAW + END)
    assert collector.ended
    assert collector.finish() == RAW + RAW


def test_a_bracketed_paste_without_its_end_line_ends_all_the_same() -> None:
    collector = request(BEGIN + RAW[:200] + END)
    assert collector.ended
    assert collector.finish() == RAW[:200]


def test_an_empty_bracketed_paste_is_still_waited_for() -> None:
    assert not request(BEGIN + b"\r" + END).ended


def test_a_paste_whose_begin_mark_was_eaten_ends_at_its_mark() -> None:
    assert request(RAW[:200] + END).ended


def test_what_follows_the_end_mark_is_dropped() -> None:
    collector = request(BEGIN + RAW + END + b"yes\rZ\r")
    assert collector.ended
    assert collector.finish() == RAW


def test_what_follows_an_end_mark_within_the_paste_is_dropped_up_to_the_last_mark() -> None:
    collector = request(BEGIN + RAW + END, b"\rRR\r2-8\ryes\r", END, b"Z\r")
    assert collector.ended
    assert collector.finish() == RAW


@settings(max_examples=200, deadline=None, database=None)
@given(rest=st.text(alphabet="yesZR12\r\n \t?-.", max_size=60))
def test_what_follows_the_end_line_is_swallowed_and_changes_nothing(rest: str) -> None:
    collector = request(RAW)
    collector.feed(rest.encode())
    assert collector.ended
    assert not collector.abandoned
    assert read_pasted(collector.finish(), Awaited.REQUEST).ders == (der(TEXT),)


def test_a_chain_that_arrives_after_the_first_end_line_is_kept() -> None:
    collector = fed(Awaited.CERTIFICATE, LEAF.encode(), ROOT.encode())
    assert read_pasted(collector.finish(), Awaited.CERTIFICATE).ders == (der(LEAF), der(ROOT))


@pytest.mark.parametrize(
    "end",
    [
        "——-END CERTIFICATE REQUEST——-",
        "----END CERTIFICATE REQUEST----",
        "-----end certificate request-----",
        "-----END\u00a0CERTIFICATE\u00a0REQUEST-----",
        "> -----END CERTIFICATE REQUEST-----",
        "-----END RSA PRIVATE KEY-----",
        "---- END SSH2 PUBLIC KEY ----",
        "-----END CERTIFICATE\r\nREQUEST-----",
    ],
)
def test_a_mangled_end_line_ends_it_too(end: str) -> None:
    assert request(b"-----BEGIN X-----\rMIIB\r" + end.encode()).ended


@pytest.mark.parametrize("text", [b"the END of it\r", b"ENDING\r", b"--\rEND\r", b"MIIEND/ENDs\r", b"-END\r"])
def test_other_words_do_not_end_it(text: bytes) -> None:
    assert not request(text).ended


def test_control_c_gives_up_bracketed_or_not() -> None:
    assert request(b"MIIB\x03").abandoned
    assert request(BEGIN + b"MIIB\x03").abandoned


def test_control_c_after_the_end_is_part_of_what_is_drained() -> None:
    collector = request(RAW + b"\x03")
    assert collector.ended
    assert not collector.abandoned


def test_control_d_on_nothing_gives_up_and_after_something_ends() -> None:
    assert request(b"\r\n\x04").abandoned
    collector = request(b"MIIB\r\x04")
    assert collector.ended
    assert not collector.abandoned


def test_an_empty_line_and_a_line_with_a_full_stop_give_up() -> None:
    assert request(b"\r.\r").abandoned
    assert request(b"MIIB\r\n\r\n.\r\n").abandoned
    assert not request(b"MIIB\r.\r").abandoned
    assert not request(BEGIN + b"MIIB\r\r.\r").abandoned


def test_a_lone_escape_gives_up_only_in_silence() -> None:
    assert not request(b"\x1b").abandoned
    assert request(b"\x1b", quiet=True).abandoned
    assert request(b"MIIB\x1b", quiet=True).abandoned


def test_an_escape_that_a_sequence_follows_does_not_give_up() -> None:
    collector = request(b"\x1b", b"[200~" + RAW + b"\x1b[20", b"1~", quiet=True)
    assert collector.ended
    assert not collector.abandoned
    assert collector.finish() == RAW
    assert not request(b"\x1b", b"[A", quiet=True).abandoned


def test_after_the_end_an_escape_gives_up_nothing() -> None:
    assert not request(RAW + b"\x1b", quiet=True).abandoned


def test_what_follows_giving_up_is_kept_nowhere() -> None:
    collector = request(BEGIN + b"MI\x03" + RAW)
    collector.feed(b"more" + END)
    assert collector.abandoned
    assert not collector.ended
    assert collector.finish() == b"MI"


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_a_whole_key_line_ends_at_return(line_end: bytes) -> None:
    assert not ssh_key(KEY).ended
    assert ssh_key(line_end + KEY + line_end).ended


def test_a_key_line_that_is_not_whole_waits_for_an_empty_line() -> None:
    collector = ssh_key(UNWHOLE + b"\r" + KEY[60:] + b"\r")
    assert not seen(collector).ended
    collector.feed(b"\r")
    assert collector.ended
    assert collector.finish() == UNWHOLE + b"\r" + KEY[60:] + b"\r\r"


def test_a_wrapped_bracketed_key_ends_at_the_mark() -> None:
    collector = ssh_key(BEGIN + UNWHOLE + b"\r\r" + KEY[60:] + END)
    assert collector.ended
    assert collector.finish() == UNWHOLE + b"\r\r" + KEY[60:]


def test_a_private_key_pasted_for_a_public_one_ends_at_its_end_line() -> None:
    assert ssh_key((SOURCE / "exposed.openssh").read_bytes()).ended


def test_a_second_key_that_follows_is_kept_for_the_reader_to_refuse() -> None:
    assert ssh_key(KEY + b"\r" + KEY + b"\r").finish().count(b"ssh-ed25519") == 2


def test_it_never_grows_beyond_its_limit() -> None:
    collector = request()
    for _ in range(200):
        collector.feed(b"A" * 1023 + b"\n")
        held = sum(len(value) for value in vars(collector).values() if isinstance(value, bytes | bytearray))
        assert held <= PASTE_LIMIT + 1 + 256
    assert collector.overflow
    assert not seen(collector).ended
    assert len(collector.finish()) == PASTE_LIMIT + 1
    collector.feed(RAW)
    assert collector.ended


def test_exactly_the_limit_is_no_overflow() -> None:
    assert not request(b"A" * PASTE_LIMIT).overflow
    assert request(b"A" * (PASTE_LIMIT + 1)).overflow


def test_wiped_it_holds_nothing() -> None:
    collector = request(RAW)
    collector.wipe()
    assert collector.finish() == b""
    assert RAW[30:60] not in b"".join(value for value in vars(collector).values() if isinstance(value, bytes))


PIECES = [
    BEGIN, END, b"\x1b", b"\x1b[", b"\x1b[2", b"\x1b[A", b"\r", b"\n", b"\r\n", b"\x03", b"\x04", b".", b" ", b"MIIB",
    b"-----", b"\xe2\x80\x94", b"-----BEGIN X-----", b"-----END X-----", b"END ", b"ssh-rsa", KEY, UNWHOLE, b"\0",
    "日本".encode(), b"A" * 200, b"A" * (PASTE_LIMIT - 300),
]  # fmt: skip


@settings(max_examples=400, deadline=None, database=None)
@given(
    pieces=st.lists(st.sampled_from(PIECES), max_size=14),
    cuts=st.lists(st.integers(0, 400), max_size=12),
    awaited=st.sampled_from([Awaited.REQUEST, Awaited.SSH_KEY]),
)
def test_the_outcome_does_not_depend_on_how_the_bytes_are_split(
    pieces: list[bytes], cuts: list[int], awaited: Awaited
) -> None:
    stream = b"".join(pieces)
    edges = [0, *sorted(cuts), len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(edges)]
    assert seen(fed(awaited, *chunks)) == seen(fed(awaited, stream))


@settings(max_examples=100, deadline=None, database=None)
@given(pieces=st.lists(st.sampled_from(PIECES[:-1]), max_size=14))
def test_the_outcome_is_the_same_byte_by_byte(pieces: list[bytes]) -> None:
    stream = b"".join(pieces)
    single = [stream[at : at + 1] for at in range(len(stream))]
    assert seen(fed(Awaited.REQUEST, *single)) == seen(fed(Awaited.REQUEST, stream))
