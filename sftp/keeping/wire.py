"""Plain data between the keeper and who asks it: JSON, its length before it, on a stream.

Invariants: what is read has a bound, and becomes nothing but text, bytes, numbers, lists, tables and the records
named here; no name in it chooses code. An error of ours arrives as the error that it is.
"""

import json
import socket
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from tanos import errors
from tanos.certificates.handshake import Handshake
from tanos.certificates.pair_files import Version
from tanos.errors import TanosError
from tanos.finding import Finding, Severity
from tanos.message import Deed, Message

LONGEST = 4 << 20
"""Bytes: hundreds of waiting requests."""
HEAD = 4
"""Bytes of a length."""
_RECORDS = {kind.__name__: kind for kind in (Message, Deed, Finding, Version, Handshake)}
_ERRORS: dict[str, type[TanosError]] = {
    kind.__name__: kind
    for kind in (
        errors.WrongUse,
        errors.AnswerRefused,
        errors.NotYet,
        errors.NotOffered,
        errors.Damaged,
        errors.HalfDone,
    )
}
Plain = Any
"""Text, bytes, numbers, None; lists, tables by text, and records of these."""


def send(channel: socket.socket, value: Plain) -> None:
    """Send one value. Raises ValueError where it is too long, OSError."""
    channel.sendall(encoded(value))


def encoded(value: Plain) -> bytes:
    """Return a value as it is sent, its length first. Raises ValueError where it is too long."""
    data = json.dumps(pack(value)).encode()
    if len(data) > LONGEST:
        raise ValueError("too long")
    return len(data).to_bytes(HEAD) + data


def receive(channel: socket.socket) -> Plain:
    """Return the next value. Raises EOFError where the other side is gone, ValueError for what is none, OSError."""
    length = int.from_bytes(_exactly(channel, HEAD))
    if length > LONGEST:
        raise ValueError("too long")
    return understood(_exactly(channel, length))


def understood(data: bytes) -> Plain:
    """Return the value that was sent as `data`, without its length. Raises ValueError for what is none."""
    try:
        return unpack(json.loads(data))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("no plain data") from error


def pack(value: Plain) -> Any:
    """Return `value` as JSON has it. Raises ValueError for what is not plain."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return {"bytes": b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {"table": {str(name): pack(each) for name, each in value.items()}}
    if type(value).__name__ in _RECORDS:
        return {"record": type(value).__name__, "of": {name: pack(each) for name, each in vars(value).items()}}
    if isinstance(value, Sequence):
        return [pack(each) for each in value]
    raise ValueError(type(value).__name__)


def unpack(packed: Any) -> Plain:
    """Return what was packed. Raises ValueError, KeyError, TypeError for anything else."""
    if isinstance(packed, list):
        return [unpack(each) for each in packed]
    if not isinstance(packed, dict):
        return packed
    if "bytes" in packed:
        return b64decode(packed["bytes"], validate=True)
    if "table" in packed:
        return {name: unpack(each) for name, each in packed["table"].items()}
    fields = {name: unpack(each) for name, each in packed["of"].items()}
    if packed["record"] == Finding.__name__:
        fields["severity"] = Severity(fields["severity"])
    return _RECORDS[packed["record"]](**fields)


def error_data(error: TanosError) -> Plain:
    """Return an error of ours as plain data."""
    return {
        "branch": type(error).__name__,
        "id": error.id,
        "message": error.message,
        "remedy": error.remedy,
        "findings": list(error.findings),
        "reference": error.reference,
    }


def error_of(data: Plain) -> TanosError:
    """Return the error that `error_data` told of. Raises ValueError, KeyError, TypeError for anything else."""
    made = _ERRORS[data["branch"]](data["id"], data["message"], data["remedy"], tuple(data["findings"]))
    made.reference = str(data["reference"])
    return made


def _exactly(channel: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = channel.recv(min(length - len(data), 1 << 16))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
