"""An SSH agent that holds one hardware key made in software, so that a real client signs in by one.

The signature is put together here from the definition (OpenSSH PROTOCOL.u2f), flags and counter as the test wants.
"""

import hashlib
import socket
import struct
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TOUCHED, VERIFIED = 1, 4
APPLICATION = b"ssh:"
_IDENTITIES, _SIGN = 11, 13


def string(data: bytes) -> bytes:
    """Return a string of the wire."""
    return struct.pack(">I", len(data)) + data


def mpint(number: int) -> bytes:
    """Return a positive integer of the wire."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


class HardwareKey:
    """A key pair that signs as a hardware key does."""

    def __init__(self, kind: str) -> None:
        self.flags = TOUCHED
        self.counter = 7
        self.sign: Callable[[bytes], bytes]
        if kind == "ed25519":
            private = ed25519.Ed25519PrivateKey.generate()
            self.word = b"sk-ssh-ed25519@openssh.com"
            public = string(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
            self.sign = private.sign
        else:
            curve = ec.generate_private_key(ec.SECP256R1())
            self.word = b"sk-ecdsa-sha2-nistp256@openssh.com"
            point = curve.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            public = string(b"nistp256") + string(point)
            self.sign = lambda data: b"".join(map(mpint, decode_dss_signature(curve.sign(data, ec.ECDSA(SHA256())))))
        self.blob = string(self.word) + public + string(APPLICATION)
        self.held = self.blob
        """What is offered: the key, or a certificate for it."""

    @property
    def line(self) -> str:
        """The public line."""
        return f"{self.word.decode()} {b64encode(self.blob).decode()} hardware@lab.test"

    def signature(self, data: bytes) -> bytes:
        """Sign as the device would, with the flags that are set."""
        said = struct.pack(">BI", self.flags, self.counter)
        message = hashlib.sha256(APPLICATION).digest() + said + hashlib.sha256(data).digest()
        return string(self.word) + string(self.sign(message)) + said


@contextmanager
def agent_of(key: HardwareKey, path: Path) -> Iterator[Path]:
    """Serve the key at a socket as long as the block lasts."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        serving = threading.Thread(target=_serve, args=(listening, key))
        serving.start()
        try:
            yield path
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            serving.join()


def _serve(listening: socket.socket, key: HardwareKey) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            with client, client.makefile("rb") as asked:
                while head := asked.read(4):
                    client.sendall(string(_answer(asked.read(struct.unpack(">I", head)[0]), key)))


def _answer(question: bytes, key: HardwareKey) -> bytes:
    if question[0] == _IDENTITIES:
        return struct.pack(">BI", 12, 1) + string(key.held) + string(b"hardware")
    if question[0] != _SIGN:
        return b"\5"
    length = struct.unpack(">I", question[1:5])[0]
    data = question[5 + length :]
    size = struct.unpack(">I", data[:4])[0]
    return b"\16" + string(key.signature(data[4 : 4 + size]))
