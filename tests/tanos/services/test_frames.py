"""Frames from outside: whole, or refused; never half taken, never without end."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanos.services.frames import HEAD, LONGEST, BadFrame, Frame, frame_bytes, parse_frame, read_frame

WORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=12,
)


async def read(data: bytes) -> Frame | None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await read_frame(reader)


@given(st.dictionaries(st.text(), WORDS, max_size=6))
def test_what_is_sent_arrives(frame: Frame) -> None:
    assert asyncio.run(read(frame_bytes(frame))) == frame


def test_a_frame_is_never_taken_for_a_tls_record() -> None:
    assert frame_bytes({"word": "x" * (LONGEST - 20)})[0] == 0


async def test_the_end_between_two_frames_is_an_end() -> None:
    assert await read(b"") is None


@given(st.dictionaries(st.text(), WORDS, min_size=1, max_size=4), st.integers(1, 1000))
def test_one_that_is_cut_off_is_refused(frame: Frame, cut: int) -> None:
    whole = frame_bytes(frame)
    with pytest.raises(BadFrame):
        asyncio.run(read(whole[: 1 + cut % (len(whole) - 1)]))


async def test_a_length_beyond_all_bounds_is_refused_before_anything_is_waited_for() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data((LONGEST + 1).to_bytes(HEAD))
    with pytest.raises(BadFrame, match="too long"):
        await asyncio.wait_for(read_frame(reader), 60)


RUBBISH = {
    "nothing": "",
    "list": "[]",
    "number": "1",
    "text": '"word"',
    "open": "{",
    "nan": '{"a":NaN}',
    "infinity": '{"a":Infinity}',
    "digits": '{"a":' + "9" * 5000 + "}",
    "deep": "[" * 100_000,
    "nul": "\x00",
    "control": '{"a":\x01}',
}


@pytest.mark.parametrize("text", RUBBISH.values(), ids=RUBBISH)
def test_what_is_no_object_of_json_is_refused(text: str) -> None:
    with pytest.raises(BadFrame):
        parse_frame(text.encode())


@given(st.binary(max_size=200))
def test_rubbish_is_a_frame_or_refused(data: bytes) -> None:
    try:
        frame = parse_frame(data)
    except BadFrame:
        return
    assert json.loads(data) == frame


def test_nothing_too_long_is_sent() -> None:
    with pytest.raises(ValueError, match="too long"):
        frame_bytes({"word": "x" * LONGEST})
