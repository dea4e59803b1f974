"""The packets that carry a channel's data, in and out, without the library's detours; all others are the library's.

Invariants: each packet is decrypted and verified by the cipher that the library made, or by the same made ready,
exactly once, before a byte of it is looked at, and counts towards sequence, window and rekeying as the library counts
it. Only what arrived whole, for an open channel and within its window, is delivered here; whatever else a packet is,
the library gets it, decrypted.
Only here are these methods of a connection replaced, by their private names.
"""

import asyncio
import os
import struct
import time
from collections.abc import Callable
from typing import Any, cast

import asyncssh
from asyncssh.constants import MSG_CHANNEL_DATA
from asyncssh.encryption import Encryption, ETMEncryption
from asyncssh.misc import MACError

from sftp.gcm import ReadyGCM, made_ready
from sftp.tuning import leave_out_ignores

_TELLS_LENGTH = (ETMEncryption, ReadyGCM)
"""Ciphers that leave the length of a packet readable, so that a whole one can be told before it is opened."""
_DATA = struct.Struct(">BII")
"""Kind, channel, and how long the data is that follows."""
_TO = struct.Struct(">II")
_DATA_AT = 1 + _DATA.size
_LEAST = 12
"""Bytes of the shortest packet of data: padding and its length."""
_ROUND = 0xFFFFFFFF


class DataPackets:
    """Delivers and sends the data of one connection."""

    def __init__(self, conn: asyncssh.SSHServerConnection) -> None:
        leave_out_ignores(conn)
        self._conn = cast(Any, conn)
        self._receive_by_library: Callable[[], bool] = self._conn._recv_pkthdr
        self._send_by_library: Callable[..., None] = self._conn.send_packet
        self._ask_by_library: Callable[[], None] = self._conn._keepalive_timer_callback
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        vars(conn)["_recv_pkthdr"] = self.receive
        vars(conn)["send_packet"] = self.send
        vars(conn)["_reset_keepalive_timer"] = self.hear
        vars(conn)["_keepalive_timer_callback"] = self.ask

    def hear(self) -> None:
        """Remember when something was heard; no timer is set anew for each packet."""
        self._heard = self._loop.time()

    def ask(self) -> None:
        """Ask a client whether it is still there, where nothing was heard of it for the interval."""
        rest = self._heard + self._conn._keepalive_interval - self._loop.time()
        if rest > 0:
            self._conn._keepalive_timer = self._loop.call_later(rest, self.ask)
        else:
            self._ask_by_library()

    def receive(self) -> bool:
        """Take one packet off what arrived; say whether there may be another. Raises MACError."""
        conn = self._conn
        cipher = conn._recv_encryption = made_ready(conn._recv_encryption)
        buffer = conn._inpbuf
        if conn._decompressor or not isinstance(cipher, _TELLS_LENGTH):
            return self._receive_by_library()
        size = int.from_bytes(buffer[:4], "big")
        mac_at = 4 + size
        end = mac_at + conn._recv_macsize
        if len(buffer) < end or not _LEAST <= size <= conn._max_recv_pktlen:
            return self._receive_by_library()
        if isinstance(cipher, ReadyGCM):
            packet = cipher.open(buffer[:4], buffer[4:end])
        else:
            packet = cipher.decrypt_packet(conn._recv_seq, buffer[:mac_at], b"", 4, buffer[mac_at:end])
        if not packet:
            raise MACError("MAC verification failed")
        kind, number, length = _DATA.unpack_from(packet, 1)
        channel = conn._channels.get(number) if kind == MSG_CHANNEL_DATA else None
        if (
            channel is None
            or channel._recv_state != "open"
            or not 0 < length <= channel._recv_window
            or _DATA_AT + length + packet[0] != size
        ):
            return self._leave_to_library(buffer, size, packet)
        conn._inpbuf = buffer[end:]
        conn._recv_seq = (conn._recv_seq + 1) & _ROUND
        channel._accept_data(packet[_DATA_AT : _DATA_AT + length])
        return True

    def _leave_to_library(self, buffer: bytes, size: int, packet: bytes) -> bool:
        conn = self._conn
        block, cipher = conn._recv_blocksize, conn._recv_encryption
        conn._packet, conn._inpbuf, conn._pktlen = buffer[:block], buffer[block:], size
        conn._recv_encryption = opened = _Opened(packet)
        try:
            return cast(bool, conn._recv_packet())
        finally:
            if conn._recv_encryption is opened:
                conn._recv_encryption = cipher

    def send(self, kind: int, *parts: bytes, **others: object) -> None:
        """Send a packet."""
        conn = self._conn
        if (
            kind != MSG_CHANNEL_DATA
            or not (conn._kex_complete and conn._auth_complete and conn._send_encryption)
            or conn._compressor
            or conn._rekey_bytes_sent >= conn._rekey_bytes
            or (conn._rekey_seconds and time.monotonic() >= conn._rekey_time)
        ):
            self._send_by_library(kind, *parts, **others)
            return
        cipher = conn._send_encryption = made_ready(conn._send_encryption)
        length = 1 + sum(map(len, parts))
        block = conn._send_blocksize
        padding = -(conn._send_enchdrlen + length) % block
        if padding < 4:
            padding += block
        size = 1 + length + padding
        packet = b"".join((padding.to_bytes(1), b"\x5e", *parts, os.urandom(padding)))
        sealed, mac = cipher.encrypt_packet(conn._send_seq, size.to_bytes(4), packet)
        conn._send(sealed + mac)
        conn._send_seq = (conn._send_seq + 1) & _ROUND
        conn._rekey_bytes_sent += size


def write_at_once(channel: asyncssh.SSHServerChannel[bytes]) -> None:
    """Have what is written to a channel leave at once, where the client has room and nothing waits before it."""
    known = cast(Any, channel)
    by_library: Callable[..., None] = known.write

    def write(data: bytes, datatype: int | None = None) -> None:
        size = len(data)
        if (
            datatype is not None
            or known._send_state != "open"
            or known._send_buf
            or not 0 < size <= min(known._send_window, known._send_pktsize)
        ):
            by_library(data, datatype)
            return
        known._send_window -= size
        known._conn.send_packet(MSG_CHANNEL_DATA, _TO.pack(known._send_chan, size), data)

    vars(channel)["write"] = write


class _Opened(Encryption):
    """Stands for the cipher while the library looks at a packet that is decrypted already."""

    def __init__(self, packet: bytes) -> None:
        self._packet = packet

    def decrypt_packet(self, seq: int, first: bytes, rest: bytes, header_len: int, mac: bytes) -> bytes:
        """Return it."""
        return self._packet
