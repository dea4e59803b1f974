"""A zone server's part in server TLS keys: its requests go up the line of a hub, answers and letters come down.

Invariants: what a hub brings is believed by nobody here: the supervisor looks who signed it. Each hub that comes is
told what is held here, and again whenever that changes; who does not hear it is told by his next connection.
"""

import asyncio
from typing import Any

from cryptography import x509

from tanos.certificates.check_code import check_code
from tanos.certificates.list_names import owner_of
from tanos.moments import moment_text
from tanos.services.frames import Frame
from tanos.services.key_words import ASKED, HELD, LETTERS
from tanos.services.line import Line
from tanos.services.orders import Orders
from tanos.services.protocol import UNREACHABLE, refusal
from tanos.services.zone_server.hubs import Hub, Hubs

LONGEST_LETTERS = 64 * 1024


class ServerKeys:
    """Of one zone server."""

    def __init__(self, orders: Orders, hubs: Hubs, line: Line) -> None:
        self._hubs, self._line = hubs, line
        self._held, self._servers = held_by(orders), servers_of(orders)
        self._telling: set[asyncio.Task[None]] = set()

    def learn(self, letters: object, sender: str) -> None:
        """Hand letters about roots to the supervisor, and who brought them."""
        if isinstance(letters, str) and len(letters) <= LONGEST_LETTERS:
            self._line.tell(LETTERS, letters=letters, sender=sender)

    async def sign(self, words: Frame) -> Frame:
        """Have a request answered by a hub of the server whose root that is."""
        answered, server = refusal("no-hub"), self._servers.get(words["root"], "")
        for hub in self._hubs.all:
            if server and hub.server not in {"", server}:
                continue
            try:
                answered = await hub.ask({ASKED: {name: words[name] for name in ("root", "request")}})
            except (OSError, TimeoutError):
                answered = refusal(UNREACHABLE)
            if "certificate" in answered:
                break
        return answered

    def renew(self, orders: Orders) -> None:
        """Go by other orders; every hub hears what is held now."""
        before, self._held, self._servers = self._held, held_by(orders), servers_of(orders)
        if self._held != before:
            for hub in self._hubs.all:
                self.tell(hub)

    def tell(self, hub: Hub) -> None:
        """Tell a hub what is held here."""
        if self._held:
            task = asyncio.create_task(self._tell(hub))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, hub: Hub) -> None:
        try:
            await hub.ask({ASKED: {HELD: self._held}})
        except (OSError, TimeoutError):
            return


def servers_of(orders: Orders) -> dict[str, str]:
    """Return after which server each root is called, by its check code."""
    roots = x509.load_pem_x509_certificates(orders.root_pem.encode()) if orders.root_pem else []
    return {check_code(each.public_key()): owner_of(each) for each in roots}


def held_by(orders: Orders) -> list[dict[str, Any]]:
    """Return by which roots one goes, and the key below each, where there is one; nothing before release 7.4."""
    if orders.release != "7.4" or not orders.root_pem:
        return []
    found = []
    for root in x509.load_pem_x509_certificates(orders.root_pem.encode()):
        code = check_code(root.public_key())
        pair = orders.by_root.get(code)
        leaf = x509.load_pem_x509_certificate(pair.encode()) if pair else None
        found.append({
            "root": code,
            "check_code": check_code(leaf.public_key()) if leaf else "",
            "not_after": moment_text(leaf.not_valid_after_utc) if leaf else "",
        })  # fmt: skip
    return found
