"""Reading: no byte that was read ahead is ever lost, and pastes and lines share one buffer."""

import os

from menus.pasted import read_paste
from menus.streams import Source
from tanos.pasting.awaited import Awaited
from tests.menus.conftest import Typist

BEGIN, END = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"


def test_lines_pieces_and_the_rest_come_from_one_buffer() -> None:
    with Typist(b"one\r\ntwo\nthree\nfour") as typist:
        source = typist.streams.source
        assert source.line() == "one"
        source.put_back(b"back\n")
        assert source.line() == "back"
        assert source.line() == "two"
        assert source.piece(1) == b"three\nfour"
        assert source.piece(1) == b""
        assert source.line() is None


def test_the_last_line_needs_no_end_and_strange_bytes_do_no_harm() -> None:
    with Typist(b"\xff\xfe\nlast") as typist:
        assert typist.streams.source.line() == "\ufffd\ufffd"
        assert typist.streams.source.line() == "last"
        assert typist.streams.source.line() is None


def test_silence_is_told_from_the_end() -> None:
    reading, writing = os.pipe()
    source = Source(reading)
    assert source.piece(0.01) is None
    assert source.raw_line(0.01) == b""
    os.write(writing, b"half")
    assert source.raw_line(0.01) == b""
    os.write(writing, b" line\n")
    assert source.line() == "half line"
    os.close(writing)
    assert source.piece(None) == b""
    os.close(reading)


def test_a_line_without_an_end_is_not_kept_for_ever() -> None:
    with Typist(b"") as typist:
        source = typist.streams.source
        source.put_back(b"x" * 70_000 + b"\n")
        assert len(source.line() or "") == 70_000 or source.line()


def test_everything_stops_at_its_limit() -> None:
    with Typist(b"x" * 5000) as typist:
        assert typist.streams.source.everything(100) == b"x" * 100
        assert typist.streams.source.everything(100_000) == b"x" * 4900


def test_in_a_pipe_a_chain_of_certificates_is_one_paste_and_what_follows_is_an_answer() -> None:
    two = (BEGIN + b"QUJD\n" + END) * 2
    with Typist(two + b"\n" + b"QUJD" * 15 + b"\nyes\n") as typist:
        assert (read_paste(typist.streams, Awaited.CERTIFICATE) or b"").count(b"BEGIN") >= 1
        assert typist.streams.source.line() == "yes"


def test_a_paste_is_given_up_by_a_dot_and_by_nothing() -> None:
    with Typist(b"\n.\n2-Z\n") as typist:
        assert read_paste(typist.streams, Awaited.CERTIFICATE) is None
        assert typist.streams.source.line() == "2-Z"
    with Typist(b"") as typist:
        assert read_paste(typist.streams, Awaited.REQUEST) is None
        assert "Nothing was pasted." in typist.out.getvalue()


def test_a_reader_that_went_away_does_not_stop_what_is_being_done() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with Typist(b"") as typist, os.fdopen(writing, "w") as gone:
        typist.streams.out = gone
        typist.streams.show(["said to nobody"])
        typist.streams.show(["said again"])
