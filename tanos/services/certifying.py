"""Who serves clients of 7.4 signs their keys: by an intermediate key that is made here and signed by the root.

Invariants: the intermediate lives in this process alone; another one is asked for in time, where another root signs
than the one that signed it, and where it is revoked: then it signs nothing more. A client that cannot be served is
told so, and is registered all the same. Who comes unencrypted has nothing signed, nor who does not prove his id.

Rule (seed 001): an intermediate is at a zone server, and at the Tanium Server for clients that come to it.
"""

import asyncio
import time
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.request_shape import UNREADABLE
from tanos.client_trust.identity import proves
from tanos.client_trust.intermediate import LARGEST_REQUEST, Bad, Held, Intermediate
from tanos.services.frames import BadFrame, Frame
from tanos.services.protocol import NEW, Hello, refusal, word

ASKED, ANSWERED, GRANTED = "certify", "certified", "intermediate"
NONE = "no-intermediate"
NOT_PROVED = "id-not-proved"
PAUSE_SECONDS = 2.0
"""Between two attempts to have an intermediate."""
_LONGEST = 4 * LARGEST_REQUEST
_WORDS = ("request", "key", "proof")
Ask = Callable[[Frame], Awaitable[Frame]]
"""Takes what is asked for an intermediate; returns what the Tanium Server answers. Raises OSError, TimeoutError."""


def now() -> datetime:
    """Return the time here."""
    return datetime.now(UTC)


class Certifier:
    """Of one service's process."""

    def __init__(
        self,
        ask: Ask,
        clock: Callable[[], datetime] = now,
        since: Callable[[], float] = time.monotonic,
        is_revoked: Callable[[bytes], bool] = lambda _: False,
    ) -> None:
        self._ask, self._clock, self._since, self._is_revoked = ask, clock, since, is_revoked
        self._present = Intermediate()
        self._lock, self._next_at = asyncio.Lock(), 0.0
        self.issuer = ""
        """Check code of the root that signs now, as far as was heard."""

    async def answer(self, hello: Hello, asked: object, *, uses_tls: bool) -> Frame:
        """Answer a client that wants its key signed."""
        if not uses_tls or hello.protocol != NEW:
            return refusal("tls-required")
        try:
            words = asked if isinstance(asked, dict) else {}
            request, key, proof = (b64decode(word(words, each, _LONGEST), validate=True) for each in _WORDS)
        except (ValueError, BadFrame):
            return refusal("not-understood")
        if not proves(hello.id, key, proof, request):
            return refusal(NOT_PROVED)
        if self._is_due() and not self._lock.locked():
            await self._renew()
        try:
            if not self._present.signs(self._clock()) or self._is_given_up():
                return refusal(NONE)
            leaf, intermediate = self._present.certify(request, hello.id, self._clock())
        except ValueError:
            return refusal("not-understood")
        return {ANSWERED: {"certificate": _text(leaf), "intermediate": _text(intermediate)}}

    def _is_due(self) -> bool:
        held = self._present.held
        is_of_another = held is not None and self.issuer not in {"", held.issuer}
        is_due = is_of_another or self._present.is_due(self._clock()) or self._is_given_up()
        return is_due and self._since() >= self._next_at

    def _is_given_up(self) -> bool:
        """Say whether the present one is revoked."""
        held = self._present.held
        return held is not None and self._is_revoked(held.certificate.public_bytes(Encoding.DER))

    async def _renew(self) -> None:
        """Have another intermediate; where none is to be had now, the present one goes on."""
        async with self._lock:
            self._next_at = self._since() + PAUSE_SECONDS
            following = Intermediate()
            try:
                answered = await self._ask({"request": _text(following.request())})
                following.hold(_held(answered.get(GRANTED)))
            except (OSError, TimeoutError, LookupError, Bad):
                return
            self._present = following


def granted(held: Held) -> Frame:
    """Return what a server is given for its request."""
    return {
        GRANTED: {
            "certificate": _text(held.certificate.public_bytes(Encoding.DER)),
            "issuer": held.issuer,
            "client_days": held.client_days,
            "window_hours": held.window_hours,
        }
    }


def _held(words: Any) -> Held:
    """Return what was granted. Raises Bad."""
    try:
        certificate = x509.load_der_x509_certificate(b64decode(words["certificate"], validate=True))
        return Held(certificate, str(words["issuer"]), int(words["client_days"]), int(words["window_hours"]))
    except (*UNREADABLE, KeyError, LookupError) as error:
        raise Bad("nothing granted") from error


def _text(data: bytes) -> str:
    return b64encode(data).decode()
