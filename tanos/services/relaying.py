"""What goes between a zone server, a hub and the Tanium Server: a client's frame, with who it is and how it came."""

from dataclasses import dataclass

from tanos.services.frames import BadFrame, Frame
from tanos.services.listener import Connection
from tanos.services.protocol import Hello, read_hello, word

LONGEST_ASKED, LONGEST_RELAYED = 16 * 1024, 32 * 1024
"""Bytes of a frame of a client, and of one that is relayed, in which it travels."""
LONGEST_TO_HUB = LONGEST_RELAYED - 4096
"""Bytes of the same where it sets out: who passes it on adds a name and a number."""


@dataclass(frozen=True)
class Asking:
    """A client that asks the Tanium Server, by itself or by way of a zone server."""

    hello: Hello
    address: str
    uses_tls: bool
    via: str = ""
    """The zone server; empty: it came by itself."""


def client_frame(hello: Hello, connection: Connection, frame: Frame) -> Frame:
    """Return a client's frame as it is relayed."""
    return {"client": hello.as_frame(), "address": connection.address, "tls": connection.uses_tls, "frame": frame}


def relayed(frame: Frame) -> tuple[Asking, Frame]:
    """Return who asks and what, of a frame that a hub brought. Raises BadFrame."""
    client, asked = frame.get("client"), frame.get("frame")
    if not isinstance(client, dict) or not isinstance(asked, dict):
        raise BadFrame("no client's frame")
    return Asking(read_hello(client), word(frame, "address"), frame.get("tls") is True, word(frame, "zone")), asked
