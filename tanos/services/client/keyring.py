"""What a client of 7.4 goes by and shows: the roots that it trusts, what its server says, and its own TLS key.

Invariants: nothing is obeyed but what a key below a trusted root signed; the roots are kept from one run to the next,
so that one which ended stays so, whatever init file the client was given. Its own key is in memory alone.
"""

import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from tanos.certificates.check_code import check_code
from tanos.client_trust.client_keys import ClientKey, NotOurs, is_client
from tanos.client_trust.messages import from_frame
from tanos.client_trust.trust import Trust
from tanos.services.certifying import ANSWERED, ASKED, now
from tanos.services.client.settings import ClientSettings
from tanos.services.frames import Frame
from tanos.services.tls import neighbour_client, neighbour_server, platform_client
from tanos.subordinate_keys import CLIENT_TLS

AGAIN_SECONDS, SELDOM_SECONDS = 5.0, 600.0
"""After which a key is asked for again that could not be had: at first, and at most; it doubles."""
_LONGEST = 8192


class Keyring:
    """Of one client."""

    def __init__(
        self, settings: ClientSettings, roots: Sequence[x509.Certificate], clock: Callable[[], datetime] = now
    ) -> None:
        self._settings, self._clock = settings, clock
        self.trust = _trust(settings, roots)
        self.key = ClientKey(settings.id)
        self.number = 0
        """Of what the server said last."""
        self._not_before: datetime | None = None
        self._again = AGAIN_SECONDS

    @property
    def context(self) -> ssl.SSLContext:
        """Return by what a server is judged now."""
        return platform_client(self.trust.pem)

    @property
    def known(self) -> list[str]:
        """Check codes of the roots that are trusted."""
        return [check_code(root.public_key()) for root in self.trust.roots]

    def believe(self, frame: object) -> None:
        """Go by a message, and keep what it says. Raises BadMessage, OSError."""
        said = self.trust.believe(from_frame(frame), self._clock())
        self.number = said.number
        self._settings.keep_trust(self.trust.as_data())
        self._settings.receive(said.settings)
        self.key.forget(self.trust, self._clock())

    def follow(self, frame: object) -> bool:
        """Trust what a letter of a trusted root leads to; say whether that is news. Raises BadMessage, OSError."""
        is_news = self.trust.follow(from_frame(frame))
        if is_news:
            self._settings.keep_trust(self.trust.as_data())
        return is_news

    @property
    def is_due(self) -> bool:
        """Whether another key is to be asked for now."""
        return self.due_in <= 0

    @property
    def due_in(self) -> float:
        """Seconds until another key is to be asked for."""
        at, time = self.key.due_at(self.trust, self._clock(), self._window), self._clock()
        return max(0.0, (max(at, self._not_before or at) - time).total_seconds())

    def question(self) -> Frame:
        """Return what is asked to have the next key signed."""
        self._not_before = self._clock() + timedelta(seconds=self._again)
        self._again = min(2 * self._again, SELDOM_SECONDS)
        identity, request = self._settings.identity, self.key.request()
        words = {"request": request, "key": identity.public, "proof": identity.sign(request)}
        return {ASKED: {name: b64encode(each).decode() for name, each in words.items()}}

    def take(self, answer: Frame) -> bool:
        """Show the next key from now on where it is signed as it must be; say whether it is."""
        words = answer.get(ANSWERED)
        texts = [words.get(name) for name in ("certificate", "intermediate")] if isinstance(words, dict) else []
        try:
            leaf, intermediate = (
                b64decode(each[:_LONGEST], validate=True) for each in texts if isinstance(each, str)
            )
            self.key.take(leaf, intermediate, self.trust, self._clock())
        except (ValueError, NotOurs):
            return False
        self._not_before, self._again = None, AGAIN_SECONDS
        return True

    def shows(self) -> ssl.SSLContext | None:
        """Return what is presented to neighbours who come; None while nothing is."""
        held = self.key.certified
        return neighbour_server(held.pem, self.trust.pem) if held else None

    def goes(self) -> ssl.SSLContext | None:
        """Return by what one goes to neighbours; None while nothing can be shown there."""
        held = self.key.certified
        return neighbour_client(held.pem, self.trust.pem) if held else None

    def is_client(self, shown: bytes | None, client_id: str) -> bool:
        """Say whether a neighbour, whose chain TLS verified, showed a certificate of that client."""
        return is_client(shown or b"", client_id, self.trust)

    @property
    def _window(self) -> timedelta:
        return timedelta(hours=self._settings.number(CLIENT_TLS.window_setting))


def _trust(settings: ClientSettings, roots: Sequence[x509.Certificate]) -> Trust:
    """Return what was kept, and of the roots that were given those that did not end."""
    try:
        trust = Trust.kept(settings.trust)
    except ValueError:
        return Trust(roots)
    trust.given(roots)
    return trust
