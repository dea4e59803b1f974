"""Reaching a host that has several addresses: each in turn, and none for longer than its share of the time.

Invariant: where one of its addresses takes connections it is reached, whatever becomes of the others.
"""

import asyncio
import contextlib
import os
import socket
from ipaddress import ip_address
from typing import Any

MOST = 4
"""Addresses that are tried."""
_Place = tuple[int, Any]


async def reached(host: str, port: int, seconds: float) -> socket.socket:
    """Return a connection. Raises OSError and TimeoutError, as the last address that was tried has it."""
    async with asyncio.timeout(seconds):
        *others, last = (await _places(host, port))[:MOST]
        share = seconds / (len(others) + 1)
        for place in others:
            with contextlib.suppress(OSError):
                async with asyncio.timeout(share):
                    return await _connected(*place)
        return await _connected(*last)


async def _places(host: str, port: int) -> list[_Place]:
    """Return where it is; what is an address already is asked of nobody."""
    try:
        at = ip_address(host)
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, place) for family, _, _, _, place in found]
    return [(socket.AF_INET6 if at.version == 6 else socket.AF_INET, (host, port))]


async def _connected(family: int, place: Any) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, place)
    except OSError as error:
        connection.close()
        if not error.errno:
            raise
        raise OSError(error.errno, os.strerror(error.errno)) from error  # the loop hides these words in its own
    except BaseException:
        connection.close()
        raise
    return connection
