"""A person at a sign-in by password: what is typed to each question of a real `ssh`, and a device that shows codes.

The device is a judge of its own: RFC 6238 from the standard library, none of the code that it is held against.
"""

import hmac
import os
import sys
import tempfile
import time
from base64 import b32decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

STEP_SECONDS = 30
_ASKED = """#!{python}
import pathlib
answers = pathlib.Path({answers!r})
now, *later = answers.read_text().split("\\n")
answers.write_text("\\n".join(later))
print(now) if now else exit(1)
"""


class Device:
    """Shows codes, each once; where the next one would be too far ahead of its time, it waits for that."""

    def __init__(self, secret: str) -> None:
        self._secret = b32decode(secret)
        self._shown = 0

    def code(self) -> str:
        """Return a code that was not shown before."""
        while (step := max(self._shown + 1, int(time.time()) // STEP_SECONDS)) > time.time() // STEP_SECONDS + 1:
            time.sleep(0.2)
        self._shown = step
        return code_at(self._secret, step)


def code_at(secret: bytes, step: int) -> str:
    """Return the six digits of a step (RFC 4226 §5.3, RFC 6238)."""
    mac = hmac.digest(secret, step.to_bytes(8), "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4]) & 0x7FFFFFFF) % 10**6:06}"


@contextmanager
def answering(answers: Sequence[str]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yield options and environment by which `ssh` signs in as the first of `answers` and types the others."""
    user, *typed = answers
    with tempfile.TemporaryDirectory(prefix="tanos-answers-") as directory:
        program, file = Path(directory, "asked"), Path(directory, "answers")
        file.write_text("\n".join(typed))
        program.write_text(_ASKED.format(python=sys.executable, answers=str(file)))
        program.chmod(0o700)
        asked = {"SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": "none"}
        once = ["-o", "PreferredAuthentications=keyboard-interactive", "-o", "NumberOfPasswordPrompts=1"]
        yield ["-l", user, "-o", "BatchMode=no", *once], {**os.environ, **asked}
