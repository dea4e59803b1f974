"""The hubs of a zone server: by them alone anything reaches the Tanium Server.

Invariants: of hubs of one name and one server the last that came is the one that is there, so that a connection that
died unseen keeps nobody waiting; how many questions are open is bounded, and each ends. A hub that is lost is lost
with every question that is open on it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from cryptography import x509

from tanos.certificates.list_names import owner_of
from tanos.certificates.root import is_issued_by
from tanos.services.admitting import flags_said
from tanos.services.frames import Frame
from tanos.services.key_words import LETTERS
from tanos.services.letting_go import let_go
from tanos.services.listener import Connection
from tanos.services.protocol import SILENT_SECONDS, UNREACHABLE, Hello, word
from tanos.services.revocations import WHAT, Gathering
from tanos.services.revoked_clients import CLIENTS, RevokedClients

ANSWER_SECONDS = 20.0
MOST_OPEN, MOST_REMEMBERED = 4096, 16
"""Questions that are open, and hubs of which it is known which clients they called revoked."""


class Hub:
    """A hub's connection, and the questions that are open on it."""

    def __init__(
        self,
        connection: Connection,
        name: str,
        server: str,
        numbers: Iterator[int],
        learn: Callable[[bytes], None],
        letters: Callable[[object, str], None],
        revoked: Callable[[object], None],
    ) -> None:
        """`numbers` are of no question before: an answer may still be on its way to a connection that ended."""
        self.connection, self.name, self._numbers = connection, name, numbers
        self._learn, self._letters, self._revoked, self._gathering = learn, letters, revoked, Gathering()
        self._open: dict[int, asyncio.Future[Frame]] = {}
        self.server = server
        """After which server the root is called that signed what it showed; empty where that tells none."""
        self.flags: dict[str, int] = {}
        """By which clients may come, as it passed on what its Tanium Server said."""
        self.issuer, self.number = "", 0
        """Check code of the root that signs at its Tanium Server, and the number of what that says to clients."""

    async def ask(self, frame: Frame) -> Frame:
        """Return what the Tanium Server answers. Raises OSError, TimeoutError."""
        if len(self._open) >= MOST_OPEN:
            raise ConnectionError
        number = next(self._numbers)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.connection.send({"relay": number, **frame})
                return await answer
        finally:
            del self._open[number]

    @property
    def key(self) -> tuple[str, str]:
        """Which hub it is: what it calls itself, of the server that it proved to be of."""
        return self.name, self.server

    def go_by(self, registered: Frame) -> None:
        """Go by what its Tanium Server says of itself when this zone server is registered. Raises BadFrame."""
        number = registered.get("number", 0)
        self.issuer = word(registered, "issuer") or self.issuer
        self.number = number if type(number) is int else self.number

    async def run(self) -> None:
        """Take answers until the hub is gone."""
        try:
            while (frame := await self.connection.read(SILENT_SECONDS)) is not None:
                waiting = self._open.get(frame.get("answer", 0))
                if waiting is not None and not waiting.done() and isinstance(frame.get("frame"), dict):
                    waiting.set_result(frame["frame"])
                elif "ping" in frame:
                    await self.connection.send({"pong": frame["ping"]})
                elif "flags" in frame:
                    self.flags |= flags_said(frame["flags"])
                elif LETTERS in frame:
                    self._letters(frame[LETTERS], self.server)
                elif CLIENTS in frame:
                    self._revoked(frame[CLIENTS])
                elif WHAT in frame and (whole := self._gathering.take(frame[WHAT])):
                    self._learn(whole)
        finally:
            for waiting in self._open.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionResetError())

    def end(self) -> None:
        """Let go of it; it comes again."""
        let_go(self.connection.writer.transport)


def signer_of(shown: bytes | None, roots_pem: str) -> str:
    """Return after which server the root is called that signed a certificate, DER; empty where that tells none.

    Of authorities below a root each is called as it likes: what one of these signed is of no server.
    """
    if shown is None or not roots_pem:
        return ""
    certificate, roots = x509.load_der_x509_certificate(shown), x509.load_pem_x509_certificates(roots_pem.encode())
    return next((owner_of(root) for root in roots if is_issued_by(certificate, root)), "")


class Hubs:
    """Those that are connected."""

    def __init__(
        self,
        learn: Callable[[bytes], None],
        letters: Callable[[object, str], None] = lambda _, __: None,
        let_go: Callable[[], None] = lambda: None,
        roots: Callable[[], str] = lambda: "",
    ) -> None:
        """`learn` hears a list of what is revoked, `letters` what is said of roots, of whoever signed it.

        `let_go` is called where other clients are revoked; `roots` gives those that are trusted, PEM.
        """
        self._learn, self._letters, self._let_go, self._roots = learn, letters, let_go, roots
        self._revoked: dict[tuple[str, str], RevokedClients] = {}
        """As hubs of each server told it last, also of one that is gone since; of no server's, by the hub's name."""
        self._here: dict[tuple[str, str], Hub] = {}
        self._numbers = count(1)
        self._answered: Hub | None = None
        self._flags: dict[str, int] = {}

    def __contains__(self, client_id: object) -> bool:
        """Say whether any hub told that this client is revoked."""
        return any(client_id in each for each in self._revoked.values())

    @property
    def all(self) -> tuple[Hub, ...]:
        """Those that are here, who came first before the others."""
        return tuple(self._here.values())

    def as_data(self) -> list[dict[str, Any]]:
        """Tell which are here, and how they came."""
        return [
            {"name": hub.name, "address": hub.connection.address, "tls": hub.connection.uses_tls}
            for hub in self._here.values()
        ]

    def come(self, connection: Connection, hello: Hello) -> Hub:
        """Take a hub in; an earlier connection of the same one ends."""
        self._flags, server = self.flags, signer_of(connection.certificate, self._roots())
        revoked = self._remembered(server, hello.name)

        def hear(told: object) -> None:
            if revoked.take_part(told):
                self._let_go()

        hub = Hub(connection, hello.name, server, self._numbers, self._learn, self._letters, hear)
        earlier = self._here.pop(hub.key, None)
        if earlier is not None:
            earlier.end()
        self._here[hub.key] = hub
        return hub

    def _remembered(self, server: str, name: str) -> RevokedClients:
        """Return what a hub goes on telling; how many there are of no server is bounded."""
        key = (server, "" if server else name)
        revoked = self._revoked[key] = self._revoked.pop(key, RevokedClients())
        nameless = [each for each in self._revoked if not each[0]]
        if len(nameless) > MOST_REMEMBERED:
            del self._revoked[nameless[0]]
        return revoked

    def gone(self, hub: Hub) -> None:
        """Forget it."""
        self._flags = self.flags
        if self._answered is hub:
            self._answered = None
        if self._here.get(hub.key) is hub:
            del self._here[hub.key]

    def end(self) -> None:
        """Let go of all; they come again."""
        for hub in self._here.values():
            hub.end()

    @property
    def flags(self) -> dict[str, int]:
        """By which flags clients may come: as the server said that answers them, or the last one that did."""
        present = self.present
        return (present.flags if present is not None else {}) or self._flags

    @property
    def present(self) -> Hub | None:
        """By which clients are answered now: what its Tanium Server says holds for them."""
        return self._answered or next(iter(self._here.values()), None)

    async def ask(self, frame: Frame | Callable[[Hub], Frame]) -> Frame:
        """Return what a Tanium Server answers, by the hub that came first and reaches one.

        Raises LookupError where no hub is here, ConnectionError where none gives an answer.
        """
        if not self._here:
            raise LookupError
        for hub in tuple(self._here.values()):
            with contextlib.suppress(OSError, TimeoutError):
                answer = await hub.ask(frame(hub) if callable(frame) else frame)
                if answer.get("refused") != UNREACHABLE:
                    self._answered = hub if self._here.get(hub.key) is hub else None
                    return answer
        raise ConnectionError
