"""Where the client is: one socket, or standard input and output, as other SSH servers give them."""

import os
from typing import Protocol


class Link(Protocol):
    """Both directions; blocking."""

    def recv_into(self, room: memoryview, /) -> int:
        """Fill `room` with what arrived; return how many bytes, 0 at the end."""

    def sendall(self, data: bytes, /) -> None:
        """Send everything; raise OSError where the client is gone."""


class StandardStreams:
    """Descriptors 0 and 1."""

    def recv_into(self, room: memoryview, /) -> int:
        """Read from standard input."""
        return os.readv(0, [room])

    def sendall(self, data: bytes, /) -> None:
        """Write to standard output."""
        left = memoryview(data)
        while left:
            left = left[os.write(1, left) :]
