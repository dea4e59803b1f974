"""The one seam to other programs. Nothing here ever speaks to a shell.

Invariant: no other module may import `subprocess` or start a program (ruff TID251 holds that); a command is a list
of words, and its environment is given whole.
"""

import asyncio
import contextlib
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tanos.errors import NotYet
from tanos.message import N_

PASSED_ON = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "SSH_AUTH_SOCK")
MOST_BYTES = 1 << 18


@dataclass(frozen=True)
class Finished:
    """A program that ended: exit status and what it wrote."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.stdout.decode(errors="replace")


def plain_environment(**more: str) -> dict[str, str]:
    """Return the few variables that a program of ours may see, and `more`."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {"PATH": os.defpath, "PYTHONUTF8": "1", **kept, **more}


def find_program(name: str, package: str) -> str:
    """Return the path of a program; raise NotYet `program-missing` that names the Debian package."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        raise NotYet(
            "program-missing",
            N_("The program {name} is missing.", name=name),
            N_("Install it (Debian: apt install {package}) and try again.", package=package),
        )
    return path


def run_program(
    words: Sequence[str],
    *,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    directory: str | None = None,
    seconds: float = 60,
) -> Finished:
    """Run a program to its end; raises TimeoutError after `seconds`."""
    env = plain_environment() if environment is None else dict(environment)
    try:
        done = subprocess.run(
            words, input=stdin, capture_output=True, env=env, cwd=directory, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(words[0]) from error
    return Finished(done.returncode, done.stdout, done.stderr)


def run_bounded(
    words: Sequence[str],
    *,
    seconds: float,
    most_bytes: int = MOST_BYTES,
    environment: Mapping[str, str] | None = None,
    give_up: int | None = None,
) -> Finished:
    """Run a program that is not trusted to end, or to be brief; it reads nothing, and has no terminal.

    Of each output `most_bytes` are kept. After `seconds`, or once the descriptor `give_up` can be read, it is killed
    with all that it started, and so is what it left behind; raises TimeoutError, whose second argument is what there
    was until then.
    """
    env = plain_environment() if environment is None else dict(environment)
    program = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        start_new_session=True,
    )
    until, said = time.monotonic() + seconds, (bytearray(), bytearray())
    with program:
        try:
            ended = _listen(program, said, until, most_bytes, give_up)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            status = program.wait()
    finished = Finished(status, bytes(said[0]), bytes(said[1]))
    if not ended:
        raise TimeoutError(words[0], finished)
    return finished


def _listen(
    program: "subprocess.Popen[bytes]",
    said: tuple[bytearray, bytearray],
    until: float,
    most_bytes: int,
    give_up: int | None,
) -> bool:
    """Keep what a program says until it has ended, without reaping it; say whether it did before `until`."""
    ends, ended = os.pidfd_open(program.pid), False
    try:
        with selectors.DefaultSelector() as waiting:
            waiting.register(ends, selectors.EVENT_READ)
            if give_up is not None:
                waiting.register(give_up, selectors.EVENT_READ)
            for pipe, kept in zip((program.stdout, program.stderr), said, strict=True):
                assert pipe is not None
                waiting.register(pipe, selectors.EVENT_READ, kept)
            while (left := until - time.monotonic()) > 0:
                found = [key for key, _ in waiting.select(0 if ended else left)]
                if ended and not found:
                    return True
                if any(key.fd == give_up for key in found):
                    return False
                for key in found:
                    piece = os.read(key.fd, most_bytes) if key.data is not None else b""
                    ended = ended or key.data is None
                    if piece:
                        key.data.extend(piece[: most_bytes - len(key.data)])
                    else:
                        waiting.unregister(key.fileobj)
        return False
    finally:
        os.close(ends)


async def start_python(
    module: str,
    *arguments: str,
    environment: Mapping[str, str],
    pass_fds: Sequence[int] = (),
    listen: bool = False,
) -> asyncio.subprocess.Process:
    """Start `python -m module` with no input; `listen` gives its output as a stream, else it goes where ours does."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if listen else None,
        env=dict(environment),
        pass_fds=tuple(pass_fds),
        start_new_session=True,
    )


def start_program(words: Sequence[str], environment: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Start a program that runs beside this one, its output piped; the caller ends it."""
    env = plain_environment() if environment is None else dict(environment)
    return subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        start_new_session=True,
    )


def start_on_socket(words: Sequence[str]) -> "tuple[subprocess.Popen[bytes], socket.socket]":
    """Start a program whose input and output are one socket (a way through a jump host); return both.

    It keeps our terminal and standard error, so that it may ask its person and say what is wrong; the caller closes
    the socket and waits for the program.
    """
    ours, its = socket.socketpair()
    with its:
        try:
            started = subprocess.Popen(words, stdin=its.fileno(), stdout=its.fileno(), env=plain_environment())
        except OSError:
            ours.close()
            raise
    return started, ours


def end_program(program: "subprocess.Popen[bytes]", seconds: float = 5) -> None:
    """Ask a program to end, and end it if it does not within `seconds`."""
    program.terminate()
    try:
        program.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
