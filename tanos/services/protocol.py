"""The words of the platform protocol (ours; docs/protocol.md): who one is first, then what one is there for.

Invariants: nothing is done for who has not said a protocol that is spoken here; each side refuses with an id, and the
connection then ends. Every value from outside is checked here, once.
"""

from dataclasses import dataclass
from enum import StrEnum

from tanos.services.frames import BadFrame, Frame
from tanos.services.listener import Connection

OLD, NEW = 314, 315
"""Of releases 7.2 and 7.3, and of 7.4."""
HIGHEST = 65535
LONGEST_WORD, LONGEST_HELLO = 256, 4096
LONGEST_ID, LONGEST_RELEASE = 128, 32
HELLO_SECONDS = 20.0
SILENT_SECONDS = 75.0
"""After which a hub, or who a hub is connected to, is taken for gone: a hub says something every 30."""
UNREACHABLE = "server-unreachable"
"""Refused because no Tanium Server is reached; by another hub one may be."""


class Part(StrEnum):
    """What a program is."""

    CLIENT = "client"
    HUB = "hub"
    ZONE_SERVER = "zone-server"
    MEETING = "meeting"
    """A hub, at a zone server that cannot prove itself."""
    SERVER = "server"
    """Another Tanium Server."""


@dataclass(frozen=True)
class Hello:
    """What one says first."""

    part: Part
    id: str
    name: str
    protocol: int
    release: str

    def as_frame(self) -> Frame:
        """Return it as it travels."""
        return {"hello": self.protocol, "part": self.part, "id": self.id, "name": self.name, "release": self.release}


async def greeted(connection: Connection) -> Hello:
    """Return what the other end says first. Raises BadFrame, TimeoutError, OSError."""
    frame = await connection.read(HELLO_SECONDS, LONGEST_HELLO)
    if frame is None:
        raise BadFrame("nothing was said")
    return read_hello(frame)


def read_hello(frame: Frame) -> Hello:
    """Return the hello that a frame is. Raises BadFrame."""
    try:
        protocol = frame["hello"]
        if type(protocol) is not int or not 0 <= protocol <= HIGHEST:
            raise BadFrame("no protocol")
        said, release = word(frame, "id", LONGEST_ID), word(frame, "release", LONGEST_RELEASE)
        return Hello(Part(frame["part"]), said, word(frame, "name"), protocol, release)
    except (KeyError, ValueError, TypeError) as error:
        raise BadFrame("no hello") from error


def word(frame: Frame, name: str, longest: int = LONGEST_WORD) -> str:
    """Return a text of a frame. Raises BadFrame."""
    value = frame.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise BadFrame(f"no {name}")
    return value


def refusal(error_id: str) -> Frame:
    """Return how one is refused."""
    return {"refused": error_id}
