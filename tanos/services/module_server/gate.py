"""Who is at the door of the Module Server is decided by the certificate that was presented, before a word is read."""

import asyncio
from collections.abc import Callable
from typing import cast

from tanos.services.letting_go import let_go

Admit = Callable[[bytes | None], asyncio.Protocol | None]
"""Gives who serves whoever presented that certificate (DER; None: none), or None: nobody does."""


class Gate(asyncio.Protocol):
    """Of one connection, until it is handed to who serves it."""

    def __init__(self, admit: Admit) -> None:
        self._admit = admit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the connection on, or let it go."""
        connected = cast(asyncio.Transport, transport)
        shown = connected.get_extra_info("ssl_object").getpeercert(binary_form=True)
        serving = self._admit(shown)
        if serving is None:
            let_go(connected)
            return
        connected.set_protocol(serving)
        serving.connection_made(connected)
