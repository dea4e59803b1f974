"""The dialogue by which a password signs in: keyboard-interactive, which can ask more than one question.

Invariants: nobody is told whether a user exists, nor whether his password is locked; a wrong password costs the
guesser time before it costs the appliance a hash, and one hash of a network is computed at a time. A password that
was given by somebody else, or is too old, is changed here, before anything opens; keys never come this way. A disk
that takes nothing more is mended behind the door: then the change is left for the next time.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from sftp.house import House
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, TanosError
from tanos.message import Message
from tanos.platform import UserRole
from tanos.secret import Secret
from tanos.users.judge import Verdict, choose, judge, welcome

MOST_TRIES = 6
"""Passwords a connection, and then as many new ones."""
Challenge = tuple[str, str, str, Sequence[tuple[str, bool]]]
"""Title, instructions, language, and prompts with whether the answer is seen."""


class PasswordDialogue:
    """The questions of one connection, and what the answers came to."""

    def __init__(self, house: House, network: str, stranger: Callable[[str], Call]) -> None:
        self._house = house
        self._network = network
        self._stranger = stranger
        self._tries = 0
        self._choices = 0
        self._proven = ""
        """Whose password was right and is to be changed; empty while a password is asked for."""
        self.epoch = 0
        """Of the password that was right."""

    @property
    def is_over(self) -> bool:
        """Whether this connection has guessed, or chosen in vain, often enough."""
        return self._tries >= MOST_TRIES or self._choices >= MOST_TRIES

    def is_offered_to(self, username: str) -> bool:
        """Offered to every name but the one whose part everybody knows; accounts cannot be told by it."""
        return username != UserRole.TANCOPY.value

    def begin(self) -> Challenge:
        """Ask for the password."""
        self._proven = ""
        return _asked("", "Password: ")

    async def answer(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        """Take the answers of a round; say whether he is in, or ask more."""
        if self._proven and self._proven == username:
            return await self._choose(username, responses)
        self._proven = ""
        self._tries += 1
        typed = Secret(responses[0] if len(responses) == 1 else "")

        def question(appliance: Appliance) -> Verdict:
            verdict = judge(appliance, username, typed)
            self.epoch = verdict.epoch
            return verdict

        if not await self._house.guess(self._network, self._stranger(username), question):
            return False
        why = await self._house.passwords.ask(partial(welcome, call=self._stranger(username), name=username))
        if why is None:
            return True
        self._proven = username
        return _new_password(str(why))

    async def _choose(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        self._choices += 1
        new, again = (Secret(typed) for typed in responses) if len(responses) == 2 else (Secret(""), Secret(""))
        call = replace(self._stranger(username), verb="password set")

        def change(appliance: Appliance) -> None:
            self.epoch = choose(replace(call, appliance=appliance), username, new, again)

        try:
            await self._house.passwords.ask(change)
        except AnswerRefused as refused:
            self._house.records.note(call, username, result=refused.id)
            return False if self.is_over else _new_password(*_reasons(refused))
        except TanosError as error:
            self._house.records.note(call, username, result=error.id)
        return True


def _asked(instructions: str, *prompts: str) -> Challenge:
    return "", instructions, "en-US", [(prompt, False) for prompt in prompts]


def _new_password(*why: str) -> Challenge:
    return _asked("".join(f"{line}\n" for line in why), "New password: ", "New password again: ")


def _reasons(refused: AnswerRefused) -> list[str]:
    """Return why a new password is not taken, each reason once, and what to do."""
    said: list[Message] = [finding.message for finding in refused.findings] or [refused.message]
    return [*map(str, said), str(refused.remedy)]
