"""How the person at this workstation reaches a host: what his own ssh says it would do.

Invariant: the person's configuration is read by his own ssh (`ssh -G`), not by us, so that jumps, includes and
matches mean here what they mean everywhere else. Only the user is ours: tancopy, whoever the configuration names,
because drop boxes are nobody else's; the person who writes USER@ means it.
"""

import os
import pwd
import re
import shlex
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sftp.trouble import CONNECT_SECONDS, short_words
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_
from tanos.peers import Peer, checked_port
from tanos.platform import DROP_BOX_USER
from tanos.system import end_program, find_program, run_program, start_on_socket

_ASKED = re.compile(r"(?:([^@\s-][^@\s]*)@)?(\[[0-9A-Fa-f:.%\w]+\]|[^@\s:\[\]-][^@\s:\[\]]*)(?::([0-9]+))?")
_TO_NOWHERE = re.compile(r"\s2>\s*/dev/null\s*$")
_TOKEN = re.compile(r"%(.)")
_AT_HOME = re.compile(r"^~(?=/|$)")
_OWN_FILES = ("~/.ssh/config", "/etc/ssh/ssh_config")


@dataclass(frozen=True)
class Way:
    """Where a host is, and with what the person signs in there."""

    asked: str
    host: str
    port: int
    user: str
    key_name: str
    """Under which name its host key stands in `known_hosts`; empty: host and port."""
    identity_files: tuple[Path, ...]
    identities_only: bool
    agent: str
    """Socket of the agent; empty: none."""
    known_hosts: tuple[Path, ...]
    proxy: tuple[str, ...]
    """Words of a program that leads there; empty: straight."""

    @property
    def peer(self) -> Peer:
        """The same as a peer, for the words of errors."""
        return Peer(inert(self.asked), inert(self.host), self.port, "", "")


def way_to(asked: str, config: Path | None = None) -> Way:
    """Ask ssh how it would reach `[USER@]HOST[:PORT]`, with `config` in the place of the person's own file.

    Raises NotYet `program-missing`, AnswerRefused `bad-address` or `bad-ssh-config`.
    """
    parts = _ASKED.fullmatch(asked)
    if not parts:
        raise AnswerRefused(
            "bad-address",
            N_("{text} is not a usable address.", text=inert(asked)),
            N_("Write [USER@]HOST[:PORT]; HOST may be a name of your ssh configuration."),
        )
    words = ["-l", parts[1] or DROP_BOX_USER]
    words += ["-p", str(checked_port(parts[3]))] if parts[3] else []
    answers = _ask_ssh([*words, "--", parts[2].strip("[]")], config)
    return _way(asked, answers, config)


@contextmanager
def reach(way: Way) -> Iterator[socket.socket]:
    """Open the way; what leads through a jump host ends with it. Raises OSError."""
    if not way.proxy:
        with socket.create_connection((way.host, way.port), timeout=CONNECT_SECONDS) as straight:
            yield straight
        return
    program, through = start_on_socket(way.proxy)
    try:
        with through:
            yield through
    finally:
        end_program(program)


def _ask_ssh(words: list[str], config: Path | None) -> dict[str, list[str]]:
    files = [str(config.absolute())] if config else list(_OWN_FILES)
    if config and not config.is_file():
        raise bad_config(N_("there is no file {name}", name=inert(str(config))))
    lines = "".join(f'Match all\n  Include "{file}"\n' for file in files)
    with tempfile.NamedTemporaryFile("w", suffix=".ssh_config") as file:
        file.write(lines)
        file.flush()
        done = run_program([find_program("ssh", "openssh-client"), "-G", "-F", file.name, *words])
    if done.status != 0:
        raise bad_config(N_("{reason}", reason=short_words(done.stderr.decode(errors="replace"))))
    answers: dict[str, list[str]] = {}
    for line in done.text.splitlines():
        key, _, value = line.partition(" ")
        answers.setdefault(key, []).append(value)
    return answers


def _way(asked: str, answers: Mapping[str, list[str]], config: Path | None) -> Way:
    def first(key: str, default: str = "") -> str:
        value = answers.get(key, [default])[0]
        return default if value == "none" else value

    host, port, user = first("hostname"), int(first("port", "22")), first("user")
    tokens = {"h": host, "p": str(port), "r": user, "n": asked, "d": _home(), "u": _login(), "%": "%"}
    known = (*_paths(first("userknownhostsfile"), tokens), *_paths(first("globalknownhostsfile"), tokens))
    jump, command = first("proxyjump"), first("proxycommand")
    return Way(
        asked,
        host,
        port,
        user,
        first("hostkeyalias"),
        tuple(Path(_told(value, tokens)) for value in answers.get("identityfile", [])),
        first("identitiesonly") == "yes",
        _agent(answers.get("identityagent", ["SSH_AUTH_SOCK"])[0], tokens),
        known,
        _jump_words(jump, host, port, config) if jump else _command_words(command, tokens),
    )


def _jump_words(jump: str, host: str, port: int, config: Path | None) -> tuple[str, ...]:
    """Return what ssh itself would run: the last hop connects on, the earlier ones lead to it."""
    *earlier, last = jump.split(",")
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    words = [find_program("ssh", "openssh-client")]
    words += ["-F", str(config.absolute())] if config else []
    words += ["-J", ",".join(earlier)] if earlier else []
    return (*words, "-W", target, "--", last if last.startswith("ssh://") else f"ssh://{last}")


def _command_words(command: str, tokens: Mapping[str, str]) -> tuple[str, ...]:
    """Split a ProxyCommand into words; one that needs a shell is refused."""
    quiet = _TO_NOWHERE.sub("", command).removeprefix("exec ")
    lexer = shlex.shlex(quiet, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        words = ["|"]
    if any(set(word) <= set("();<>|&") or "`" in word or "$(" in word for word in words if word):
        raise bad_config(N_("its ProxyCommand needs a shell"))
    return tuple(_told(word, tokens) for word in words)


def _told(text: str, tokens: Mapping[str, str]) -> str:
    """Replace `~` and the `%` tokens of ssh."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in tokens:
            raise bad_config(N_("the token %{token} is not understood", token=inert(found[1])))
        return tokens[found[1]]

    return _TOKEN.sub(value, _AT_HOME.sub(lambda _: _home(), text))


def _paths(value: str, tokens: Mapping[str, str]) -> tuple[Path, ...]:
    whole = Path(_told(value, tokens))
    return (whole,) if whole.is_file() else tuple(Path(_told(word, tokens)) for word in value.split())


def _agent(value: str, tokens: Mapping[str, str]) -> str:
    if value == "none":
        return ""
    if value == "SSH_AUTH_SOCK" or value.startswith("$"):
        return os.environ.get(value.removeprefix("$").strip("{}"), "")
    return _told(value, tokens)


def _home() -> str:
    return pwd.getpwuid(os.getuid()).pw_dir


def _login() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def bad_config(reason: object) -> AnswerRefused:
    """Return the refusal of the person's ssh configuration."""
    return AnswerRefused(
        "bad-ssh-config",
        N_("Your ssh configuration cannot be used: {reason}.", reason=reason),
        N_("Try `ssh -G HOST` yourself; with a jump host, ProxyJump is the simplest."),
    )
