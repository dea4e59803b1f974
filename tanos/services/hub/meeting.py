"""The hub meets a zone server that cannot prove itself: it brings letters of the roots and takes a request along.

Invariants: nothing of a client goes this way, and nothing is believed that comes by it: an operator compares the
check code of the request on both servers before anything is signed. What is given is public.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tanos.services.connecting import Target, connect_tls
from tanos.services.frames import BadFrame, Frame
from tanos.services.key_words import LETTERS, WANTED
from tanos.services.protocol import SILENT_SECONDS, Hello, Part, word
from tanos.services.relaying import LONGEST_RELAYED

WAITS, GIVEN = "waits-for-approval", "given"
"""Whether an operator approved the request of a zone server."""
Ask = Callable[[Frame], Awaitable[Frame]]


async def meet(target: Target, context: ssl.SSLContext, hello: Hello, letters: str, ask: Ask) -> str:
    """Meet one; return WAITS or GIVEN where it asked for a key, nothing otherwise. Raises OSError, BadFrame."""
    connection = await connect_tls(target, context)
    try:
        await connection.send(replace(hello, part=Part.MEETING).as_frame())
        said = await connection.read(SILENT_SECONDS, LONGEST_RELAYED) or {}
        if "welcome" not in said:
            raise BadFrame(word(said, "refused") or "nothing was said")
        await connection.send({LETTERS: letters})
        wanted = (await connection.read(SILENT_SECONDS, LONGEST_RELAYED) or {}).get(WANTED)
        if not isinstance(wanted, dict) or not wanted:
            return ""
        answered = await ask({"root": wanted.get("root"), "request": wanted.get("request"), "zone": target.name})
        await connection.send(answered)
        await connection.read(SILENT_SECONDS, LONGEST_RELAYED)
        return WAITS if answered.get("waits") else GIVEN if answered.get("certificate") else ""
    finally:
        await connection.close()
