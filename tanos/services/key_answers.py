"""What the supervisor answers about server TLS keys: to the hub for zone servers, to a zone server about its own.

Invariant: every step is decided by what lies here, so that a question which is repeated, or whose answer was lost,
does no harm. A refusal is written down once in an hour for each zone server and reason.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.services.frames import Frame
from tanos.services.key_words import HELD
from tanos.subordinate.holders import write_holder
from tanos.subordinate.letters import take_letters
from tanos.subordinate.own import ask_for, take, wanted_roots
from tanos.subordinate.zones import answer, decoded, encoded

LETTERS_VERB, ISSUE_VERB, RENEW_VERB = "root-letter take", "subordinate-keys issue", "subordinate-keys renew"
_HOUR = timedelta(hours=1)


class KeyAnswers:
    """For the services of one appliance."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._refused: dict[tuple[str, str], datetime] = {}
        """When it was written down last that a zone server has no key, by its name and the reason."""
        self.look: Callable[[], None] = lambda: None
        """Has the supervisor look at its keys soon."""

    async def letters(self, words: Frame) -> None:
        """Go by what a hub brought about roots. Raises AnswerRefused `bad-letter`."""
        if take_letters(self._call(LETTERS_VERB), str(words["letters"])):
            self.look()

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

    async def wanted(self, _: Frame) -> Frame:
        """Return the request of a key that is wanted here; nothing where none is. Raises TanosError."""
        for root in wanted_roots(self._appliance):
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
