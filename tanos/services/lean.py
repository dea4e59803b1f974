"""Connections with TLS hold little memory: asyncio gives each of them a buffer of 256 KiB to read into, used or not.

The one file that names what asyncio keeps to itself here; a test fails where another release has it otherwise.
"""

from asyncio.sslproto import SSLProtocol

BUFFER = 8 * 1024
"""Bytes that are read at once; a longer record comes in several."""


def hold_little() -> None:
    """Have every connection with TLS that this process makes from now on read by small pieces."""
    SSLProtocol.max_size = BUFFER
