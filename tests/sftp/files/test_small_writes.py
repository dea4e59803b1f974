"""Small writes that arrive together are written together, and answered each."""

import os
import random
import struct
from pathlib import Path

import pytest

from tests.sftp.files.conftest import CREATE, READ, WRITE, Client, string


def packet(number: int, handle: bytes, offset: int, data: bytes) -> bytes:
    """Return one WRITE as it travels."""
    return string(b"\x06" + struct.pack(">I", number) + string(handle) + struct.pack(">Q", offset) + string(data))


def answers(client: Client, count: int) -> dict[int, int]:
    """Return the codes of that many answers by their numbers."""
    found = {}
    for _ in range(count):
        answer = client.receive()
        assert answer[0] == 101
        found[int.from_bytes(answer[1:5], "big")] = int.from_bytes(answer[5:9], "big")
    return found


def test_each_write_is_answered_and_all_bytes_are_there_in_any_order(client: Client, dropbox: Path) -> None:
    chance = random.Random(6)
    data = bytearray(chance.randbytes(60_000))
    handles = [client.handle(f"/incoming/f{number}".encode()) for number in range(2)]
    writes = []
    for handle in handles:
        pieces = [(at, bytes(data[at : at + 5])) for at in range(0, len(data), 5)]
        cut = chance.randrange(len(pieces))
        writes += [(handle, *piece) for piece in pieces[cut:] + pieces[:cut]]
    for _ in range(200):  # some out of the order of the rest
        one, other = (chance.randrange(len(writes)) for _ in range(2))
        writes[one], writes[other] = writes[other], writes[one]
    stream = b"".join(packet(number, *write) for number, write in enumerate(writes))

    codes: dict[int, int] = {}
    for start in range(0, len(writes), 1000):
        part = b"".join(packet(number, *writes[number]) for number in range(start, start + 1000))
        client.link.sendall(part)
        codes |= answers(client, 1000)
    assert len(stream) == sum(map(len, (packet(0, *write) for write in writes)))
    assert codes == dict.fromkeys(range(len(writes)), 0)
    for handle in handles:
        assert client.close(handle) == 0
    for number in range(2):
        assert (dropbox / "incoming" / f"f{number}").read_bytes() == data


def test_they_are_written_by_one_call(client: Client, dropbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = client.handle(b"/incoming/a")
    calls = []
    real = os.pwrite

    def counted(descriptor: int, data: bytes, offset: int) -> int:
        calls.append(len(data))
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", counted)
    client.link.sendall(b"".join(packet(number, handle, 5 * number, b"hello") for number in range(100)))

    assert answers(client, 100) == dict.fromkeys(range(100), 0)
    assert sum(calls) == 500
    assert len(calls) < 50
    client.close(handle)


def test_a_failure_is_told_to_each_that_was_part_of_it(client: Client, dropbox: Path) -> None:
    reading = client.put(b"/incoming/a", b"x") or client.open(b"/incoming/a", READ)
    assert isinstance(reading, bytes)
    handle = client.handle(b"/incoming/b", WRITE | CREATE)
    odd = string(b"\x06" + struct.pack(">I", 9) + string(handle[:2]) + struct.pack(">Q", 15) + string(b"hello"))
    client.link.sendall(
        b"".join(packet(number, reading, 5 * number, b"hello") for number in range(3))
        + b"".join(packet(number, handle, 5 * (number - 3), b"hello") for number in range(3, 6))
        + odd
        + packet(10, handle, 15, b"!")
    )

    codes = answers(client, 8)
    assert [codes[number] for number in range(3)] == [3, 3, 3]
    assert [codes[number] for number in range(3, 6)] == [0, 0, 0]
    assert codes[9] != 0
    assert codes[10] == 0
    assert client.close(handle) == 0
    assert (dropbox / "incoming" / "b").read_bytes() == b"hellohellohello!"
