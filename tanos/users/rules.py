"""What a chosen password must be, and how a random one is made."""

import secrets
import unicodedata
from collections.abc import Callable

from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse
from tanos.message import N_, Message
from tanos.secret import Secret
from tanos.users.guessable import is_guessable
from tanos.users.password import MOST_BYTES

LEAST_CHARACTERS = 10
"""Unless the policy asks for more."""
_READABLE = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def check_rules(password: Secret, user: str, least: int = LEAST_CHARACTERS) -> None:
    """Raise AnswerRefused `weak-password`, with one finding for each rule that is not kept; `least` characters."""
    try:
        text = password.reveal().decode()
    except UnicodeDecodeError:
        raise AnswerRefused.because(_weak(N_("The password is not text (UTF-8)."), least)) from None
    found = tuple(_weak(message, least) for message in _broken(text, user, least))
    if found:
        raise AnswerRefused.because(*found)


def random_password() -> Secret:
    """Return a password of about 115 bits that keeps the rules and holds no signs that look alike."""
    while True:
        text = "-".join("".join(secrets.choice(_READABLE) for _ in range(5)) for _ in range(4))
        if not _broken(text, "", LEAST_CHARACTERS):
            return Secret(text)


def _broken(text: str, user: str, least: int) -> list[Message]:
    kinds: tuple[tuple[Callable[[str], bool], Message], ...] = (
        (str.islower, N_("The password holds no lower-case letter.")),
        (str.isupper, N_("The password holds no upper-case letter.")),
        (str.isdigit, N_("The password holds no digit.")),
        (lambda char: not char.isalnum(), N_("The password holds no sign other than letters and digits.")),
    )
    broken = []
    if len(text) < least:
        broken.append(N_("The password is shorter than {least} characters.", least=least))
    if len(text.encode()) > MOST_BYTES:
        broken.append(N_("The password is longer than {most} bytes.", most=MOST_BYTES))
    broken += [message for is_kind, message in kinds if not any(map(is_kind, text))]
    if user and user.casefold() in text.casefold():
        broken.append(N_("The password holds the user's name."))
    if any(unicodedata.category(char) == "Cc" for char in text):
        broken.append(N_("The password holds a control character."))
    if not broken and is_guessable(text):
        broken.append(N_("The password is made of well-known words, rows of keys, counting or years."))
    return broken


def _weak(message: Message, least: int) -> Finding:
    return refuse(
        "weak-password",
        message,
        N_(
            "Choose at least {least} characters: lower case, upper case, a digit and another sign among them, more"
            " than well-known words, rows of keys and years, and not your name.",
            least=least,
        ),
    )
