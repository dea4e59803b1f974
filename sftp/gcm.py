"""AES-GCM as the library does it, but with the key made ready once: the library makes it ready for every packet.

Invariant: key, nonces and what is authenticated are the library's. This takes the place of its cipher, goes on where
that one stood, and each packet, right or wrong, counts the nonce on by one. Only here is its inside known.
"""

from typing import Any, cast

from asyncssh.encryption import Encryption, GCMEncryption
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FIXED = 4
"""Bytes of a nonce that stay (RFC 5647, 7.1); the other eight count packets."""
_ROUND = (1 << 64) - 1


class ReadyGCM(GCMEncryption):
    """One direction of one connection, until its keys are exchanged anew."""

    def __init__(self, made: GCMEncryption) -> None:
        inside = cast(Any, made)._cipher
        super().__init__(inside)
        self._ready = AESGCM(inside._key)
        self._fixed = inside._iv[:_FIXED]
        self._count = int.from_bytes(inside._iv[_FIXED:])

    def encrypt_packet(self, seq: int, header: bytes, packet: bytes) -> tuple[bytes, bytes]:
        """Seal a packet; what proves it is at the end of it."""
        return header + self._ready.encrypt(self._nonce(), packet, header), b""

    def decrypt_packet(self, seq: int, first: bytes, rest: bytes, header_len: int, mac: bytes) -> bytes | None:
        """Open a packet; None where it was changed."""
        return self.open(first[:header_len], first[header_len:] + rest + mac)

    def open(self, header: bytes, sealed: bytes) -> bytes | None:
        """Open a packet; None where it was changed."""
        try:
            return self._ready.decrypt(self._nonce(), sealed, header)
        except InvalidTag:
            return None

    def _nonce(self) -> bytes:
        count = self._count
        self._count = (count + 1) & _ROUND
        nonce: bytes = self._fixed + count.to_bytes(8)
        return nonce


def made_ready(cipher: Encryption) -> Encryption:
    """Return what to use in place of `cipher` from now on, which is used no more; others than GCM stay."""
    return ReadyGCM(cipher) if type(cipher) is GCMEncryption else cipher
