"""What the Tanium Server's process hands on to clients of 7.4: a signed message, and letters of roots.

Invariant: nothing of it is made here, and nothing could be: no key is.
"""

import json
from base64 import b64decode

from tanos.services.frames import Frame
from tanos.services.protocol import refusal

NOT_READY = "not-ready"
_MOST_KNOWN = 64


class Telling:
    """Of one Tanium Server."""

    def __init__(self) -> None:
        self._message: Frame | None = None
        self._letters: list[Frame] = []
        self.issuer, self.number = "", 0
        """The root that signs, by check code; and the number of the message."""

    def hear(self, words: Frame) -> None:
        """Hand this on from now on; it comes from the supervisor."""
        self._message, self._letters = words["message"], words["letters"]
        self.issuer, self.number = words["issuer"], int(json.loads(b64decode(words["message"]["body"]))["number"])

    @property
    def message(self) -> Frame | None:
        """What is said to clients; None while nothing was heard."""
        return self._message

    def letter(self, known: object) -> Frame:
        """Return the latest letter of those of the roots that somebody knows, by check codes."""
        codes = {each for each in known[:_MOST_KNOWN] if isinstance(each, str)} if isinstance(known, list) else set()
        for each in reversed(self._letters):
            if each["root"] in codes:
                return {"letter": each}
        return refusal("no-letter")
