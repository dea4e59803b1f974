"""Frames: four bytes of length, then one JSON object; between programs of the platform, and with their supervisor.

Invariants: a frame is whole or it is refused; none is longer than LONGEST, so that its first byte is 0 and no TLS
record is taken for one; numbers that JSON does not know, halves of characters and deep nesting are refused like any
other rubbish, so that every frame that was read can be sent on.
"""

import asyncio
import json
from math import isfinite
from typing import Any, NoReturn

LONGEST = 256 * 1024
"""Bytes of one frame, its length not counted."""
HEAD, DEEPEST = 4, 32
Frame = dict[str, Any]


class BadFrame(Exception):
    """What came is no frame; whoever sent it is not listened to any longer."""


def frame_bytes(frame: Frame) -> bytes:
    """Return a frame as it travels. Raises ValueError where it is too long."""
    data = json.dumps(frame, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(data) > LONGEST:
        raise ValueError("too long")
    return len(data).to_bytes(HEAD) + data


async def read_frame(reader: asyncio.StreamReader, longest: int = LONGEST) -> Frame | None:
    """Return the next frame, None where the other side has ended between two. Raises BadFrame, OSError."""
    try:
        head = await reader.readexactly(HEAD)
    except asyncio.IncompleteReadError as cut:
        if cut.partial:
            raise BadFrame("cut off in its length") from cut
        return None
    length = int.from_bytes(head)
    if length > longest:
        raise BadFrame("too long")
    try:
        return parse_frame(await reader.readexactly(length))
    except asyncio.IncompleteReadError as cut:
        raise BadFrame("cut off") from cut


def parse_frame(data: bytes) -> Frame:
    """Return the object that `data` is. Raises BadFrame."""
    try:
        frame = json.loads(data, parse_constant=_no_number, parse_float=_number)
        if b"\\u" in data:
            json.dumps(frame, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadFrame("no JSON") from error
    if not isinstance(frame, dict):
        raise BadFrame("no object")
    if data.count(b"[") + data.count(b"{") > DEEPEST and not _is_shallow(frame, DEEPEST):
        raise BadFrame("too deep")
    return frame


def _is_shallow(value: Any, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inside)


def _number(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError("no number of JSON")
    return number


def _no_number(_: str) -> NoReturn:
    raise ValueError("no number of JSON")
