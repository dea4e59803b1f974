"""The dialogue by which a password signs in: keyboard-interactive, which can ask more than one question.

Invariants: nobody is told whether a user exists; a wrong password costs the guesser time before it costs the
appliance a hash, and one hash of a network is computed at a time.
"""

from collections.abc import Callable, Sequence

from sftp.house import House
from tanos.actor import Call
from tanos.platform import UserRole
from tanos.secret import Secret

MOST_TRIES = 6
"""Passwords a connection."""
Challenge = tuple[str, str, str, Sequence[tuple[str, bool]]]
"""Title, instructions, language, and prompts with whether the answer is seen."""


class PasswordDialogue:
    """The questions of one connection, and what the answers came to."""

    def __init__(self, house: House, network: str, stranger: Callable[[str], Call]) -> None:
        self._house = house
        self._network = network
        self._stranger = stranger
        self._tries = 0

    @property
    def is_over(self) -> bool:
        """Whether this connection has guessed often enough."""
        return self._tries >= MOST_TRIES

    def is_offered_to(self, username: str) -> bool:
        """Offered to every name but the one whose part everybody knows; accounts cannot be told by it."""
        return username != UserRole.TANCOPY.value

    def begin(self) -> Challenge:
        """Ask for the password."""
        return "", "", "en-US", [("Password: ", False)]

    async def answer(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        """Take the answers of a round; say whether he is in, or ask more."""
        self._tries += 1
        typed = Secret(responses[0] if len(responses) == 1 else "")
        return await self._house.guess(self._network, self._stranger(username), username, typed)
