"""Reading: no byte that was read ahead is ever lost, and pastes and lines share one buffer."""

import io
import os
import pty
import termios
import threading
import time
import tty

import pytest

from menus.pasted import answer_line, read_paste
from menus.streams import Source, Streams
from tanos.errors import AnswerRefused
from tanos.pasting.awaited import Awaited
from tests.data.pastes.parts import SOURCE
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


def test_at_a_terminal_an_end_mark_within_a_paste_gives_its_rest_no_answer() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    rest = threading.Timer(0.03, os.write, (master, b"\rRR\r2-8\ryes\r\x1b[201~"))
    try:
        os.write(master, b"\x1b[200~" + (BEGIN + b"QUJD\n" + END).replace(b"\n", b"\r") + b"\x1b[201~")
        rest.start()
        source = Source(slave)
        pasted = read_paste(Streams(source, io.StringIO(), io.StringIO()), Awaited.CERTIFICATE)
        assert (pasted or b"").endswith(END.strip() + b"\r")
        assert source.piece(0.05) is None
    finally:
        rest.join()
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("kind", ["sec1", "rsa"])
def test_at_a_terminal_the_rest_of_a_private_key_is_neither_an_answer_nor_shown(kind: str) -> None:
    key = (SOURCE / f"exposed.{kind}").read_bytes().replace(b"\n", b"\r")
    first, _, rest = key.partition(b"\r")
    master, slave = pty.openpty()
    out = io.StringIO()
    later = threading.Thread(target=_once_unseen, args=(slave, master, rest + b"2-8\ryes\r"))
    try:
        os.write(master, first + b"\r")
        later.start()
        source = Source(slave)
        with pytest.raises(AnswerRefused) as refused:
            answer_line(Streams(source, out, out), "Select: ")
        assert refused.value.id == "private-key"
        assert source.piece(0.05) is None
        shown = out.getvalue().encode() + os.read(master, 65536)
        assert not [line for line in rest.split(b"\r") if line and line in shown]
    finally:
        later.join()
        os.close(master)
        os.close(slave)


def _once_unseen(slave: int, master: int, more: bytes) -> None:
    """Type `more` as soon as the terminal no longer shows what is typed, at the latest after ten seconds."""
    for _ in range(10_000):
        if not termios.tcgetattr(slave)[3] & termios.ECHO:
            break
        time.sleep(0.001)
    os.write(master, more)
