"""How a client of 7.4 talks to its server: has its key signed, registers, and obeys only what is signed.

Invariants: a server whose words nobody signed that is trusted is not obeyed, and left; a client that cannot have a
key is registered all the same. Who does not know the root that signs asks for letters of those that it knows; of a
server that cannot be verified nothing else is believed.
"""

from collections.abc import Awaitable, Callable

from tanos.client_trust.messages import BadMessage
from tanos.services.client.keyring import Keyring
from tanos.services.frames import BadFrame, Frame
from tanos.services.listener import Connection

MOST_LETTERS = 8
Ask = Callable[[Connection, Frame, str], Awaitable[Frame]]
"""Sends a question, and returns the answer that has that word. Raises Refused, OSError, TimeoutError."""
Where = Callable[[Connection], Awaitable[Frame]]


class Refused(BadFrame):
    """The server does not take this client, or is not believed by it; why is said by an id."""


class Obeying:
    """Of one client."""

    def __init__(self, keyring: Keyring, ask: Ask, where: Where) -> None:
        """`where`: begins to listen to neighbours, and says where."""
        self.keyring, self._ask, self._where = keyring, ask, where

    async def register(self, connection: Connection) -> Frame:
        """Register; return what the server answers. Raises Refused, OSError, TimeoutError."""
        await self._certify(connection)
        answer = await self._registered(connection)
        if await self._certify(connection, anew=True):
            answer = await self._registered(connection)
        return answer

    async def led_on(self, connection: Connection) -> bool:
        """Ask for letters of the roots that are known; say whether they led to another. Raises OSError."""
        is_news = False
        for _ in range(MOST_LETTERS):
            try:
                answer = await self._ask(connection, {"letters": self.keyring.known}, "letter")
                if not self.keyring.follow(answer["letter"]):
                    break
            except (Refused, BadMessage):
                break
            is_news = True
        return is_news

    async def _registered(self, connection: Connection) -> Frame:
        for _ in range(2):
            answer = await self._ask(connection, {"register": await self._where(connection)}, "registered")
            try:
                self.keyring.believe(answer.get("message"))
            except BadMessage as error:
                if str(error) != "wrong-issuer" or not await self.led_on(connection):
                    raise Refused(str(error)) from error
            else:
                return answer
        raise Refused("wrong-issuer")

    async def _certify(self, connection: Connection, *, anew: bool = False) -> bool:
        """Have a key signed where one is needed; say whether there is another.

        `anew`: what the server said since may have ended the one that it signed a moment ago.
        """
        needed = self.keyring.key.certified is None if anew else self.keyring.is_due
        if not connection.uses_tls or not needed:
            return False
        try:
            return self.keyring.take(await self._ask(connection, self.keyring.question(), "certified"))
        except Refused:
            return False
