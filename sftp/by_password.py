"""The dialogue by which a password signs in: keyboard-interactive, which can ask more than one question.

Invariants: nobody is told whether a user exists, whether his password is locked, nor which of password and code was
wrong; a wrong one costs the guesser time before it costs the appliance a hash, and one hash of a network is computed
at a time. An empty answer is no guess: it ends the dialogue and is held against nobody, since clients without a
person answer so. A device that is required and missing is enrolled here, by who proved the password, and never by a
key alone; a password that was given by somebody else, or is too old, is changed here, before anything opens. A disk
that takes nothing more is mended behind the door: then both are left for the next time.

Keys: where a policy wants it, the same dialogue asks for the code alone, after the key was proved (partial success,
as OpenSSH's `AuthenticationMethods publickey,keyboard-interactive`): before anything opens, so that it holds for
menus, verbs and files alike. A question in the first screen would hold for menus only, and whoever has the key can do
by verbs what the menus do. The policy is off at first, and automation is exempted user by user.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from textwrap import wrap
from typing import TypeVar

from sftp.house import House
from sftp.patience import Outcome
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.message import N_, Message
from tanos.platform import UserRole
from tanos.secret import Secret
from tanos.users.accounts import is_any_password, user
from tanos.users.codes import asks_everybody, base32, factor_of, new_secret, uri, wants_code
from tanos.users.judge import Standing, Verdict, choose, enrol_at_the_door, judge, judge_code, must_enrol, welcome

COLUMNS = 79
MOST_TRIES = 6
"""Passwords a connection, and then as many new ones, or first codes."""
_ENROL_BY_PASSWORD = N_(
    "A code is wanted after a key, and you have no device that shows codes: your password enrols one."
)
_NO_WAY_TO_ENROL = N_(
    "A code is wanted after a key, and you have no device that shows codes, nor a password to enrol one."
    " Ask a tanadmin user to exempt you from codes until you have one."
)
_TOO_MANY_AT_ONCE = N_("Too many codes were typed at once from where you are: this one was not checked. Try again.")
Challenge = tuple[str, str, str, Sequence[tuple[str, bool]]]
"""Title, instructions, language, and prompts with whether the answer is seen."""
T = TypeVar("T")


class PasswordDialogue:
    """The questions of one connection, and what the answers came to."""

    def __init__(self, house: House, network: str, stranger: Callable[[str], Call]) -> None:
        self._house = house
        self._network = network
        self._stranger = stranger
        self._tries = 0
        self._choices = 0
        self._proven = ""
        """Who proved what he was first asked for; empty until then."""
        self.follows_key = False
        """Whether a key was proved, and only its code is wanted."""
        self.is_given_up = False
        """Whether nothing was answered."""
        self._enrols = False
        """Whether a key was proved whose user has no device yet."""
        self._code_given = False
        self._secret: Secret | None = None
        """Of the device that is being enrolled."""
        self.standing: Standing = ("", 0)
        """What the password proved that was right."""

    @property
    def is_over(self) -> bool:
        """Whether this connection has guessed, or chosen in vain, often enough."""
        return self._tries >= MOST_TRIES or self._choices >= MOST_TRIES

    @property
    def why_over(self) -> str:
        """Why the connection has to end; empty where something else may still sign in."""
        if self.is_given_up and self.follows_key:
            return "No code was given."
        return "Too many wrong passwords." if self.is_over else ""

    @property
    def wants_password(self) -> bool:
        """Whether a password is what is asked for first."""
        return not self.follows_key or self._enrols

    def is_offered_to(self, username: str) -> bool:
        """Offered to every name but the one whose part everybody knows, or to none; accounts cannot be told by it."""
        if username == UserRole.TANCOPY.value or self.is_given_up:
            return False
        return self.follows_key or is_any_password(self._house.appliance)

    def begin(self) -> Challenge:
        """Ask for the password, and for a code where any user has one."""
        self._proven, self._secret = "", None
        if asks_everybody(self._house.appliance):
            return _asked("", "Password: ", "Code (leave it empty if you have no device): ")
        return _asked("", "Password: ")

    def wants_code_after_key(self, username: str) -> bool:
        """Say, of a key that is proved, whether a code is wanted too; then this dialogue follows it."""
        appliance = self._house.appliance
        if self.follows_key and self._code_given:
            return False
        self._code_given = False
        self.follows_key = wants_code(appliance, factor_of(appliance, username), by_key=True)
        return self.follows_key

    async def begin_after_key(self, username: str) -> Challenge:
        """Ask for the code that completes a sign-in by key; without a device, for the password that enrols one."""
        self._proven, self._secret = "", None
        self._enrols = await self._ask(partial(must_enrol, name=username, by_key=True))
        if not self._enrols:
            return _asked("", "Code: ")
        account = await self._ask(partial(user, name=username))
        if account is not None and account.has_password:
            return _asked(f"{_ENROL_BY_PASSWORD}\n", "Password: ")
        return _asked(f"{_NO_WAY_TO_ENROL}\n")

    async def answer(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        """Take the answers of a round; say whether he is in, or ask more."""
        if self._proven and self._proven == username:
            return await (self._first_code if self._secret else self._choose)(username, responses)
        self._proven = ""
        if self.is_over:  # who does not wait to hear that he was wrong has no more tries for it
            return False
        self._tries += 1
        if not "".join(responses[:1]) and not (self.wants_password and self._house.penalties.refuses(self._network)):
            self.is_given_up = True
            return False
        return await (self._password if self.wants_password else self._code)(username, *responses[:2])

    async def _password(self, username: str, password: str = "", code: str = "") -> Challenge | bool:
        call, typed = self._stranger(username), Secret(password)

        def question(appliance: Appliance) -> Verdict:
            verdict = judge(replace(call, appliance=appliance), username, typed, code)
            self.standing = verdict.standing
            return verdict

        if not await self._house.guess(self._network, call, question):
            return False
        if await self._ask(partial(must_enrol, name=username, by_key=self.follows_key)):
            self._proven = username
            return self._enrolment(username)
        if self.follows_key:  # a device was enrolled meanwhile
            self._enrols = False
            return _asked("", "Code: ")
        self._proven = username
        return await self._welcome(username)

    async def _code(self, username: str, code: str = "", *_: str) -> Challenge | bool:
        """Check a code after a key: guessing is slowed down by user and network, and counted by each.

        A penalty of the network does not keep it from being checked: a right key is behind it; nor do those who guess
        elsewhere, with the same key.
        """
        call = self._stranger(username)
        verdict = Verdict(False)

        def question(appliance: Appliance) -> Verdict:
            return judge_code(replace(call, appliance=appliance), username, code)

        async def check() -> bool:
            nonlocal verdict
            verdict = await self._ask(question)
            return verdict.right

        outcome = await self._house.patience.check(f"code of {username} from {self._network}", check)
        if outcome is Outcome.UNCHECKED:
            self._house.note_unchecked(self._network, call)
            return not self.is_over and _asked(f"{_TOO_MANY_AT_ONCE}\n", "Code: ")
        self._code_given = outcome is Outcome.RIGHT
        if not self._code_given:
            self._house.records.note(call, result=verdict.result, also=verdict.also)
        if outcome is Outcome.WRONG:
            self._house.penalties.wrong(self._network)
        return self._code_given

    async def _welcome(self, username: str) -> Challenge | bool:
        """Let him in, or ask for another password first."""
        self._code_given = self.follows_key
        if self.follows_key:
            return True
        call = self._stranger(username)
        why = await self._ask(lambda appliance: welcome(replace(call, appliance=appliance), username))
        return True if why is None else _new_password(str(why))

    def _enrolment(self, username: str, *why: Message) -> Challenge:
        self._secret = self._secret or new_secret()
        told = (
            *why,
            N_("A code of a second device is required: add this secret to one (by time, six digits, 30 seconds)."),
            base32(self._secret),
            uri(self._house.appliance, username, self._secret),
        )
        return _asked("".join(f"{line}\n" for line in told), "Code of the device: ")

    async def _first_code(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        self._choices += 1
        call, secret, code = self._stranger(username), self._secret or Secret(""), "".join(responses[:1])
        if not code:
            self.is_given_up = True
            return False

        def enrol(appliance: Appliance) -> bool:
            return enrol_at_the_door(replace(call, appliance=appliance), username, secret, code, self.standing)

        try:
            right = await self._ask(enrol)
        except TanosError as error:
            self._house.records.note(call, username, result=error.id)
            if isinstance(error, NotYet):
                return False
            right = True
        if right:
            self._secret = None
            return await self._welcome(username)
        self._house.records.note(call, username, result="wrong-code")
        wrong = N_("That is no code of this secret: look at the clock of the device.")
        return False if self.is_over else self._enrolment(username, wrong)

    async def _choose(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        self._choices += 1
        new, again = (Secret(typed) for typed in (*responses, "", "")[:2])
        call = replace(self._stranger(username), verb="password set")

        def change(appliance: Appliance) -> None:
            self.standing = choose(replace(call, appliance=appliance), username, new, again, self.standing)

        try:
            await self._ask(change)
        except AnswerRefused as refused:
            self._house.records.note(call, username, result=refused.id)
            return False if self.is_over else _new_password(*_reasons(refused))
        except TanosError as error:
            self._house.records.note(call, username, result=error.id)
            return not isinstance(error, NotYet)
        return True

    async def _ask(self, question: Callable[[Appliance], T]) -> T:
        return await self._house.passwords.ask(question)


def _asked(instructions: str, *prompts: str) -> Challenge:
    """Ask; instructions are broken between words, since clients write them to a terminal as they are."""
    told = "".join(f"{piece}\n" for line in instructions.splitlines() for piece in _pieces(line))
    return "", told, "en-US", [(prompt, False) for prompt in prompts]


def _pieces(line: str) -> list[str]:
    return wrap(line, COLUMNS, break_long_words=False, break_on_hyphens=False)


def _new_password(*why: str) -> Challenge:
    return _asked("".join(f"{line}\n" for line in why), "New password: ", "New password again: ")


def _reasons(refused: AnswerRefused) -> list[str]:
    """Return why a new password is not taken, each reason once, and what to do."""
    said: list[Message] = [finding.message for finding in refused.findings] or [refused.message]
    return [*map(str, said), str(refused.remedy)]
