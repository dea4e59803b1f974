"""Ending a connection at once.

Invariant: it is over afterwards, whatever state it was in, and whoever ends it goes on.
"""

import asyncio
import contextlib


def let_go(transport: asyncio.WriteTransport) -> None:
    """End a connection without a word, and forget what waits for the other end."""
    with contextlib.suppress(OSError, AttributeError):  # in Python 3.11.2 one of TLS that has ended has no protocol
        transport.abort()
