"""Letters between the front door and the warm parent: one JSON object each, with open descriptors attached.

Invariants: the socket keeps letter boundaries (SOCK_SEQPACKET); no letter is longer than `LONGEST`. A letter arrives
with all its descriptors or, where the receiver has no room for them, with none; of what is no letter none is kept.
"""

import json
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 128 * 1024
"""Bytes."""
_MOST_DESCRIPTORS = 8


def write_letter(letter: Mapping[str, Any]) -> bytes:
    """Return the bytes of a letter; raise ValueError where it would be too long."""
    data = json.dumps(letter).encode()
    if len(data) > LONGEST:
        raise ValueError("too long")
    return data


def send(channel: socket.socket, data: bytes, descriptors: Sequence[int] = ()) -> None:
    """Send one letter; raise BlockingIOError where a non-blocking socket cannot take it now."""
    socket.send_fds(channel, [data], list(descriptors))


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Return the next letter and its descriptors (now ours), or None when the other side is gone.

    Raises ValueError for what is no letter.
    """
    try:
        data, descriptors, flags, _ = socket.recv_fds(channel, LONGEST, _MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return None
    if not data:
        return None
    if flags & socket.MSG_CTRUNC:
        close_all(descriptors)
        descriptors = []
    try:
        letter = json.loads(data)
        if not isinstance(letter, dict):
            raise ValueError("not a letter")
    except ValueError:
        close_all(descriptors)
        raise
    return letter, descriptors


def copies_of(descriptors: Sequence[int]) -> list[int]:
    """Return copies; raise OSError and keep none where not all can be made."""
    copies: list[int] = []
    try:
        for each in descriptors:
            copies.append(os.dup(each))  # noqa: PERF401 - those made so far are closed where one fails
    except OSError:
        close_all(copies)
        raise
    return copies


def close_all(descriptors: Sequence[int]) -> None:
    """Close them."""
    for descriptor in descriptors:
        os.close(descriptor)
