"""What a client is answered: it registers, and gets the settings for clients; it tells something, and is heard.

From 7.4 on it is given a signed message, in which they are, and letters of roots that it knows, where it asks.

Invariant: who comes by a hub is known by the zone server's name that the hub gave; a zone server speaks for itself
under no other.
"""

from collections.abc import Callable, Container

from tanos.services.admitting import why_not
from tanos.services.frames import BadFrame, Frame
from tanos.services.orders import Orders
from tanos.services.protocol import NEW, OLD, Part, refusal, word
from tanos.services.relaying import Asking
from tanos.services.tanium_server.neighbours import Neighbours
from tanos.services.tanium_server.telling import NOT_READY, Telling

LONGEST_TOLD, LONGEST_KEPT = 4096, 256
"""Characters of what a client tells, and of them those that are kept."""


class Registrar:
    """Answers clients and zone servers."""

    def __init__(self, orders: Orders, tell: Callable[[Frame], None], revoked: Container[str] = ()) -> None:
        """Refuse clients that are `revoked`, and name none of them to others."""
        self.orders, self._tell, self._revoked = orders, tell, revoked
        self._neighbours, self.telling = Neighbours(), Telling()

    def relayed(self, asking: Asking, frame: Frame) -> Frame:
        """Return the answer to a frame that came by a hub."""
        if asking.hello.part is Part.ZONE_SERVER:
            if asking.hello.protocol not in {OLD, NEW}:
                return refusal("protocol-unknown")
            self._report(asking, "")
            return {"registered": self.orders.fqdn, "issuer": self.telling.issuer, "number": self.telling.number}
        orders = self.orders
        refused = why_not(
            asking.hello, orders.settings, release=orders.release, uses_tls=asking.uses_tls, is_relayed=True,
            revoked=self._revoked,
        )  # fmt: skip
        return refusal(refused) if refused else self.respond(asking, frame)

    def respond(self, asking: Asking, frame: Frame) -> Frame:
        """Return the answer to one frame of a client that may come."""
        try:
            return self._respond(asking, frame)
        except BadFrame:
            return refusal("not-understood")

    def _respond(self, asking: Asking, frame: Frame) -> Frame:
        if "ping" in frame:
            return {"pong": frame["ping"], "number": self.telling.number}
        if "register" in frame:
            return self._registered(asking, frame["register"])
        if "letters" in frame:
            return self.telling.letter(frame["letters"])
        if "tell" in frame:
            self._report(asking, word(frame, "tell", LONGEST_TOLD))
            return {"heard": True}
        raise BadFrame("no question")

    def _registered(self, asking: Asking, told: object) -> Frame:
        if asking.hello.protocol == NEW and self.telling.message is None:
            return refusal(NOT_READY)
        self._report(asking, "")
        settings = {"settings": dict(self.orders.settings.get("for_clients", {}))}
        said = {"message": self.telling.message} if asking.hello.protocol == NEW else settings
        named = [each for each in self._neighbours.name(asking, told) if each["id"] not in self._revoked]
        return {"registered": self.orders.fqdn, **said, "neighbours": named}

    def _report(self, asking: Asking, said: str) -> None:
        hello = asking.hello
        is_zone_server = hello.part is Part.ZONE_SERVER
        self._tell(
            {
                "kind": hello.part.value,
                "id": asking.via if is_zone_server else hello.id,
                "name": asking.via if is_zone_server else hello.name,
                "release": hello.release,
                "protocol": hello.protocol,
                "via": "" if is_zone_server else asking.via,
                "using_tls": asking.uses_tls,
                "address": asking.address,
                "said": said[:LONGEST_KEPT],
            }
        )
