"""A crowd that guesses passwords: `python -m … PORT SECONDS` prints how many were sent and how many connections.

It speaks just enough SSH for that, so that it costs a small part of what it costs the door: guessers who use up the
machine themselves would leave the door little to stand. It verifies nothing, and goes to nobody but a door of ours.
"""

import asyncio
import hashlib
import os
import struct
import sys
import time
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.sftp.attacks.wire import number, string

A_SECOND = 110
"""Passwords that are sent in all."""
CAUGHT_UP = 2.0
"""Seconds: what a machine that is busy with what the door does held up is sent afterwards, as a crowd would."""
CROWD = 100
"""Connections at once."""
_VERSION = b"SSH-2.0-guessers"
_CIPHER = b"aes128-gcm@openssh.com"
_OFFERED = (
    b"curve25519-sha256",
    b"ssh-ed25519",
    _CIPHER,
    _CIPHER,
    b"hmac-sha2-256",
    b"hmac-sha2-256",
    b"none",
    b"none",
)
_SERVICE, _KEXINIT, _NEWKEYS, _ECDH, _REQUEST, _QUESTION, _ANSWER = 5, 20, 21, 30, 50, 60, 61


class Line:
    """One connection, from the first byte to the door's question for a password."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._sealing: tuple[AESGCM, bytes] | None = None
        self._opening: tuple[AESGCM, bytes] | None = None
        self._sealed = self._opened = 0

    async def greet(self) -> None:
        """Agree on keys and ask for the service that signs in."""
        own = X25519PrivateKey.generate()
        public = own.public_key().public_bytes_raw()
        mine = bytes([_KEXINIT]) + os.urandom(16) + b"".join(map(string, _OFFERED)) + bytes(4 + 4 + 1 + 4)
        self._writer.write(_VERSION + b"\r\n")
        self._send(mine)
        self._send(bytes([_ECDH]) + string(public))
        version = (await self._reader.readuntil(b"\n")).rstrip()
        theirs = await self._receive()
        reply = await self._receive()
        await self._receive()
        key, their_public = _strings(reply[1:], 2)
        shared = own.exchange(X25519PublicKey.from_public_bytes(their_public)).lstrip(b"\0")
        secret = string(b"\0" * (shared[0] >> 7) + shared)
        said = b"".join(map(string, (_VERSION, version, mine, theirs, key, public, their_public)))
        session = hashlib.sha256(said + secret).digest()

        def derived(letter: bytes) -> bytes:
            return hashlib.sha256(secret + session + letter + session).digest()

        self._send(bytes([_NEWKEYS]))
        self._sealing = AESGCM(derived(b"C")[:16]), derived(b"A")[:12]
        self._opening = AESGCM(derived(b"D")[:16]), derived(b"B")[:12]
        self._send(bytes([_SERVICE]) + string(b"ssh-userauth"))
        await self._receive()

    async def guess(self, password: bytes) -> None:
        """Ask to be asked, and send a password; what is said of it is read with the next question."""
        words = (b"tanadmin", b"ssh-connection", b"keyboard-interactive", b"", b"")
        self._send(bytes([_REQUEST]) + b"".join(map(string, words)))
        while (await self._receive())[0] != _QUESTION:
            pass
        self._send(bytes([_ANSWER]) + number(1) + string(password))

    def _send(self, body: bytes) -> None:
        filling = 16 - (1 + len(body) + (0 if self._sealing else 4)) % 16
        filling += 16 if filling < 4 else 0
        packet, length = bytes([filling]) + body + bytes(filling), number(1 + len(body) + filling)
        if self._sealing:
            packet = self._sealing[0].encrypt(_nonce(self._sealing[1], self._sealed), packet, length)
            self._sealed += 1
        self._writer.write(length + packet)

    async def _receive(self) -> bytes:
        length = await self._reader.readexactly(4)
        (size,) = struct.unpack(">I", length)
        packet = await self._reader.readexactly(size + (16 if self._opening else 0))
        if self._opening:
            packet = self._opening[0].decrypt(_nonce(self._opening[1], self._opened), packet, length)
            self._opened += 1
        return packet[1 : size - packet[0]]


def _nonce(start: bytes, count: int) -> bytes:
    fixed, counter = struct.unpack(">4sQ", start)
    return struct.pack(">4sQ", fixed, (counter + count) % 2**64)


def _strings(data: bytes, count: int) -> list[bytes]:
    found = []
    for _ in range(count):
        (size,) = struct.unpack_from(">I", data)
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found


class Crowd:
    """Guessers who share one pace."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._next = time.monotonic()
        self._end = self._next + seconds
        self.sent = self.connections = 0

    async def guess(self) -> None:
        """Guess side by side until the time is over."""
        await asyncio.gather(*(self._one() for _ in range(CROWD)))

    async def _one(self) -> None:
        while time.monotonic() < self._end:
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                self.connections += 1
                try:
                    await self._along(Line(reader, writer))
                finally:
                    writer.transport.abort()

    async def _along(self, line: Line) -> None:
        await line.greet()
        while await self._turn():
            await line.guess(b"wrong")
            self.sent += 1

    async def _turn(self) -> bool:
        """Wait until the next password is due; False when the time is over."""
        due = self._next
        self._next = max(due, time.monotonic() - CAUGHT_UP) + 1 / A_SECOND
        await asyncio.sleep(due - time.monotonic())
        return time.monotonic() < self._end


async def main() -> None:
    crowd = Crowd(int(sys.argv[1]), float(sys.argv[2]))
    await crowd.guess()
    print(crowd.sent, crowd.connections)


if __name__ == "__main__":
    asyncio.run(main())
