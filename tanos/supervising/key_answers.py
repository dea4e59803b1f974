"""What the supervisor answers about server TLS keys: to the hub for zone servers, to a zone server about its own.

Invariant: every step is decided by what lies here, so that a question which is repeated, or whose answer was lost,
does no harm. A refusal is written down once in an hour for each zone server and reason. Letters are verified so
often in a minute at most, and the same ones, by the same roots, once: a hub that repeats itself costs nothing. Each
server whose hub brings them has its own such number, so that no hub keeps the letters of another's out.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.certificates.list_names import owner_of
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.revocation.kept import trusted_roots
from tanos.roots.trusted import trusted_pem
from tanos.services.frames import Frame
from tanos.services.key_words import HELD
from tanos.subordinate.holders import write_holder
from tanos.subordinate.letters import first_owner, take_letters
from tanos.subordinate.own import ask_for, take, wanted_roots
from tanos.subordinate.zones import answer, decoded, encoded

LETTERS_VERB, ISSUE_VERB, RENEW_VERB = "root-letter take", "subordinate-keys issue", "subordinate-keys renew"
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
MOST_IN_A_MINUTE = 20
"""Letters that differ from those before; each is up to 64 signatures, by each root that is trusted here."""


class KeyAnswers:
    """For the services of one appliance."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._refused: dict[tuple[str, str], datetime] = {}
        """When it was written down last that a zone server has no key, by its name and the reason."""
        self._verified: dict[str, deque[tuple[datetime, bytes, AnswerRefused | None]]] = {}
        """When letters were verified, which by which roots, and for what they were refused; by who brought them."""
        self.look: Callable[[], None] = lambda: None
        """Has the supervisor look at its keys soon."""

    async def letters(self, words: Frame) -> None:
        """Go by what a hub brought about roots. Raises AnswerRefused `bad-letter`, `too-many`."""
        text, now, verified = str(words["letters"]), self._appliance.clock(), self._verified_of(str(words["sender"]))
        which = sha256(f"{trusted_pem(self._appliance)}\0{text}".encode(errors="replace")).digest()
        recent = [each for each in verified if timedelta(0) <= now - each[0] < _MINUTE]
        for _, seen, refused in recent:
            if seen == which:
                if refused is not None:
                    raise refused.with_traceback(None)
                return
        if len(recent) >= MOST_IN_A_MINUTE:
            raise _too_many()
        try:
            is_news = take_letters(self._call(LETTERS_VERB), text)
        except AnswerRefused as error:
            verified.append((now, which, error))
            raise
        verified.append((now, which, None))
        if is_news:
            self.look()

    def _verified_of(self, sender: str) -> deque[tuple[datetime, bytes, AnswerRefused | None]]:
        """Return what was verified of one; who is named by no root that is trusted is one with all such others."""
        known = {owner_of(root) for root in trusted_roots(self._appliance)}
        self._verified = {name: each for name, each in self._verified.items() if name in known or not name}
        return self._verified.setdefault(sender if sender in known else "", deque(maxlen=MOST_IN_A_MINUTE))

    async def of_zone(self, words: Frame) -> Frame:
        """Answer a zone server, which the hub names, by what it showed to the hub. Raises AnswerRefused, NotYet."""
        asked = words["words"]
        zone, call = str(asked["zone"]), self._call(ISSUE_VERB)
        if HELD in asked:
            if write_holder(call, zone, asked[HELD]):
                self.look()
            return {"heard": True}
        try:
            der, shown = decoded(asked.get("request")), decoded(asked.get("shown", ""))
            pem = answer(call, zone, shown, str(asked.get("root")), der)
        except AnswerRefused as error:
            self._write_refused(call, zone, error.id)
            raise
        return {"certificate": pem} if pem else {"waits": True}

    def _write_refused(self, call: Call, zone: str, reason: str) -> None:
        now, last = self._appliance.clock(), self._refused.get((zone, reason))
        if last is None or not timedelta(0) <= now - last < _HOUR:
            self._appliance.store.refused(call, zone, reason)
            self._refused[zone, reason] = now

    async def wanted(self, words: Frame) -> Frame:
        """Return the request of a key that is wanted of a server, whose hub came; nothing where none is.

        Which server that is says the root that signed what the hub showed; where its name tells none it is the first.
        Raises TanosError.
        """
        server = str(words.get("server", "")) or first_owner(self._appliance)
        for root in wanted_roots(self._appliance):
            if server and owner_of(root) != server:
                continue
            wanted = ask_for(self._appliance, root)
            return {"root": wanted.root_code, "request": encoded(wanted.request.der)}
        return {}

    async def signed(self, words: Frame) -> None:
        """Install what was signed for it. Raises TanosError."""
        for root in wanted_roots(self._appliance):
            wanted = ask_for(self._appliance, root)
            if wanted.root_code == words["root"]:
                take(self._call(RENEW_VERB), wanted, str(words["certificate"]))
                self.look()
                return

    def _call(self, verb: str) -> Call:
        return system_call(self._appliance, verb)


def _too_many() -> AnswerRefused:
    return AnswerRefused(
        "too-many",
        N_("Letters about roots came too often; these were not read."),
        N_("They are taken again in a minute; see which hub sends so many."),
    )
