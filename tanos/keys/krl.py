"""OpenSSH's binary list of revoked keys (PROTOCOL.krl), read strictly.

Invariant: every section is understood or the whole list is refused: a revocation that is left out lets somebody in.
"""

from base64 import b64encode
from collections.abc import Iterator

from tanos.keys.public_key import fingerprint_of
from tanos.keys.revoked import KEY, KEY_ID, SERIAL, Mark
from tanos.ssh_wire import BadBlob, Reader

MAGIC = b"SSHKRL\n\0"
MOST = 10_000
"""Entries of one list."""
_VERSION = 1
_CERTIFICATES, _KEYS, _SHA256 = 1, 2, 5
_SERIALS, _SERIAL_RANGE, _SERIAL_BITS, _KEY_IDS = 0x20, 0x21, 0x22, 0x23
_SHA256_BYTES = 32


def read_krl(data: bytes) -> list[Mark]:
    """Return what is revoked, in order. Raises BadBlob for what is damaged, signed, too long or not understood."""
    if not data.startswith(MAGIC):
        raise BadBlob
    reader = Reader(data, len(MAGIC))
    if reader.number(4) != _VERSION:
        raise BadBlob
    for _ in ("number of the list", "when it was made", "flags"):
        reader.number(8)
    reader.string()
    reader.string()
    marks: list[Mark] = []
    while not reader.is_done:
        kind = reader.number(1)
        for mark in _section(kind, reader.string()):
            marks.append(mark)
            if len(marks) > MOST:
                raise BadBlob
    return marks


def _section(kind: int, body: bytes) -> Iterator[Mark]:
    reader = Reader(body)
    if kind == _CERTIFICATES:
        yield from _certificates(reader)
    elif kind in {_KEYS, _SHA256}:
        while not reader.is_done:
            each = reader.string()
            if kind == _KEYS:
                yield Mark(KEY, fingerprint_of(each))
            elif len(each) == _SHA256_BYTES:
                yield Mark(KEY, "SHA256:" + b64encode(each).decode().rstrip("="))
            else:
                raise BadBlob
    else:
        raise BadBlob


def _certificates(reader: Reader) -> Iterator[Mark]:
    key = reader.string()
    authority = fingerprint_of(key) if key else ""
    reader.string()
    while not reader.is_done:
        kind, body = reader.number(1), Reader(reader.string())
        if kind == _KEY_IDS:
            while not body.is_done:
                yield Mark(KEY_ID, _text(body.string()), authority)
        else:
            for serial in _serials(kind, body):
                if not serial:
                    raise BadBlob
                yield Mark(SERIAL, str(serial), authority)


def _serials(kind: int, body: Reader) -> Iterator[int]:
    if kind == _SERIALS:
        while not body.is_done:
            yield body.number(8)
        return
    if kind == _SERIAL_RANGE:
        least, most = body.number(8), body.number(8)
        found: Iterator[int] = iter(range(least, most + 1))
    elif kind == _SERIAL_BITS:
        offset, bits = body.number(8), body.positive()
        if bits.bit_count() > MOST:
            raise BadBlob
        found = _set_bits(offset, bits)
    else:
        raise BadBlob
    if not body.is_done:
        raise BadBlob
    yield from found


def _set_bits(offset: int, bits: int) -> Iterator[int]:
    """Yield `offset` plus the number of each bit that is set, byte by byte: each shift of them all is long."""
    for at, byte in enumerate(bits.to_bytes(bits.bit_length() // 8 + 1, "little")):
        while byte:
            lowest = byte & -byte
            yield offset + at * 8 + lowest.bit_length() - 1
            byte ^= lowest  # noqa: PLW2901 - it is taken apart


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BadBlob from None
