"""Acts out one attack against real children, and judges every answer."""

import os
import socket
import stat
from collections.abc import Callable
from typing import Protocol

from sftp.files.upload import hidden_name, tag_of
from tests.sftp.attacks import wire
from tests.sftp.attacks.guarded import SECRET, Guarded
from tests.sftp.attacks.script import Attack, Step, number_of, text_of
from tests.sftp.attacks.wire import Answer, Wire, long, number, string

KEYS = {"one": "SHA256:one", "again": "SHA256:one", "raw": "SHA256:one", "two": "SHA256:two"}
_SHAPES = {
    "close": (wire.CLOSE, "h"),
    "read": (wire.READ, "hqn"),
    "write": (wire.WRITE, "hqs"),
    "lstat": (wire.LSTAT, "s"),
    "fstat": (wire.FSTAT, "h"),
    "setstat": (wire.SETSTAT, "sa"),
    "fsetstat": (wire.FSETSTAT, "ha"),
    "opendir": (wire.OPENDIR, "s"),
    "readdir": (wire.READDIR, "h"),
    "remove": (wire.REMOVE, "s"),
    "mkdir": (wire.MKDIR, "sa"),
    "rmdir": (wire.RMDIR, "s"),
    "realpath": (wire.REALPATH, "s"),
    "stat": (wire.STAT, "s"),
    "rename": (wire.RENAME, "ss"),
    "readlink": (wire.READLINK, "s"),
    "symlink": (wire.SYMLINK, "ss"),
}
_GROWTH_KB = 6000
_OPEN_FILES = 192
"""What a child allows itself."""


class Client(Protocol):
    """One connection, however it is made."""

    wire: Wire

    def weight(self) -> tuple[int, int]:
        """Return memory in kB and open files of who serves it."""

    def leave(self) -> int:
        """Go; return the exit status."""

    def kill(self) -> None:
        """End it as a crash would."""

    def trouble(self) -> str:
        """Return faults of the program."""

    def close(self) -> None:
        """Leave nothing behind."""


class Stage:
    """Everybody who takes part in one attack."""

    def __init__(self, guarded: Guarded, connect: Callable[[str], Client]) -> None:
        self._guarded = guarded
        self._connect = connect
        self._clients: dict[str, Client] = {}
        self._handles: dict[str, bytes] = {}
        self._weights: dict[str, int] = {}
        self._ended: set[str] = set()

    def act(self, attack: Attack) -> None:
        """Do everything and judge it."""
        before = self._guarded.snapshot()
        try:
            for step in attack.steps:
                self._do(step)
            self._farewell()
        finally:
            for client in self._clients.values():
                client.close()
        assert self._guarded.snapshot() == before
        assert {os.fsencode(name): data for name, data in self._guarded.visible().items()} == attack.files
        assert len(self._guarded.parts()) == attack.parts

    def _do(self, step: Step) -> None:
        words = step.words
        if words[0] == "repeat":
            for _ in range(int(words[1])):
                self._one(step, words[2:])
        else:
            self._one(step, words)

    def _one(self, step: Step, words: tuple[str, ...]) -> None:
        if words[0] == "disk":
            self._disturb(words[1], *words[2:])
            return
        if words[0] in {"leave", "kill"}:
            self._go(step.who, words[0])
            return
        answer = self._request(step.who, words)
        if answer is None:
            return
        assert SECRET not in answer.body, step.line
        assert any(_fits(answer, each) for each in step.answers), (step.line, answer.status, answer)
        if answer.kind == "ended":
            self._ended.add(step.who)
        if step.name:
            self._handles[step.name] = answer.text

    def _client(self, who: str) -> Client:
        if who not in self._clients:
            client = self._clients[who] = self._connect(KEYS[who])
            if who != "raw":
                client.wire.greet()
                self._weights[who] = client.weight()[0]
        return self._clients[who]

    def _request(self, who: str, words: tuple[str, ...]) -> Answer | None:
        link = self._client(who).wire
        verb, args = words[0], words[1:]
        if verb == "bytes":
            link.raw(b"".join(map(text_of, args)))
            return None
        if verb == "packet":
            link.packet(b"".join(map(text_of, args)))
            return None
        if verb == "answer":
            return link.answer()
        if verb == "put":
            return self._put(link, text_of(args[0]), text_of(args[1]))
        if verb == "list":
            return self._list(link, text_of(args[0]))
        return link.ask(*self._encoded(verb, args))

    def _encoded(self, verb: str, args: tuple[str, ...]) -> tuple[int, bytes]:
        if verb == "open":
            return wire.OPEN, string(text_of(args[1])) + number(_flags(args[0])) + _attributes(args[2:])
        if verb == "request":
            return number_of(args[0]), b"".join(map(text_of, args[1:]))
        if verb == "extended":
            return wire.EXTENDED, b"".join(self._extended(each) for each in args)
        kind, shape = _SHAPES[verb]
        body = b""
        for place, each in enumerate(shape):
            if each == "a":
                body += _attributes(args[place:])
            else:
                body += self._argument(each, args[place])
        return kind, body

    def _argument(self, kind: str, word: str) -> bytes:
        if kind == "q":
            return long(number_of(word))
        if kind == "n":
            return number(number_of(word))
        return string(self._handles[word] if kind == "h" and not word.startswith('"') else text_of(word))

    def _extended(self, word: str) -> bytes:
        if word.startswith('"'):
            return string(text_of(word))
        return string(self._handles[word]) if word in self._handles else long(number_of(word))

    def _put(self, link: wire.Wire, path: bytes, data: bytes) -> Answer:
        opened = link.ask(wire.OPEN, string(path) + number(2 | 8 | 16) + wire.NO_ATTRIBUTES)
        if opened.kind != "handle":
            return opened
        handle = string(opened.text)
        link.ask(wire.WRITE, handle + long(0) + string(data))
        return link.ask(wire.CLOSE, handle)

    def _list(self, link: wire.Wire, path: bytes) -> Answer:
        opened = link.ask(wire.OPENDIR, string(path))
        if opened.kind != "handle":
            return opened
        found = []
        while (answer := link.ask(wire.READDIR, string(opened.text))).kind == "names":
            found += answer.names()
        link.ask(wire.CLOSE, string(opened.text))
        shown = sorted(name for name in found if name not in {b".", b".."} and not name.endswith(b".receipt"))
        return Answer(
            "names", number(len(shown)) + b"".join(string(name) + string(b"") + bytes(32) for name in shown)
        )

    def _disturb(self, what: str, *words: str) -> None:
        path = self._guarded.incoming / os.fsdecode(self._lying(words[0]))
        if what == "file":
            path.write_bytes(text_of(words[1]))
        elif what == "link":
            path.symlink_to(os.fsdecode(text_of(words[1])))
        elif what == "hardlink":
            path.hardlink_to(self._guarded.around / os.fsdecode(text_of(words[1])))
        elif what == "fifo":
            os.mkfifo(path)
        elif what == "socket":
            directory = os.open(path.parent, os.O_PATH)
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(f"/proc/self/fd/{directory}/{path.name}")  # the whole path may be too long for one
            os.close(directory)
        elif what == "device" and not os.getuid():
            os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
        elif what in {"directory", "device"}:
            path.mkdir()
        elif what == "remove":
            path.unlink()
        else:
            assert what == "sparse", what
            path.touch()
            os.truncate(path, number_of(words[1]))

    def _lying(self, word: str) -> bytes:
        """Return a name on the disk; `part:"a"` is the hidden one of one's upload to `a`."""
        if word.startswith("part:"):
            name = os.fsdecode(text_of(word.removeprefix("part:")))
            return os.fsencode(hidden_name(tag_of(KEYS["one"]), name))
        return text_of(word)

    def _go(self, who: str, how: str) -> None:
        client = self._clients.pop(who)
        if how == "kill":
            client.kill()
        else:
            client.leave()
        assert not client.trouble(), client.trouble()
        client.close()

    def _farewell(self) -> None:
        """Whoever was not thrown out is served as before, has not grown, and ends well."""
        for who, client in self._clients.items():
            if who in self._weights and who not in self._ended:
                assert client.wire.ask(wire.STAT, string(b"/outgoing/given.crt")).size == len(b"given")
                memory, files = client.weight()
                assert memory < self._weights[who] + _GROWTH_KB, (memory, self._weights[who])
                assert files <= _OPEN_FILES
            assert client.leave() in {0, 1}
            assert not client.trouble(), client.trouble()


def _fits(answer: Answer, wanted: tuple[str, ...]) -> bool:
    kind, *rest = wanted
    if kind in {"data", "names", "path"}:
        texts = [text_of(each) for each in rest]
        found = [answer.text] if answer.kind == "data" else answer.names() if answer.kind == "names" else []
        return answer.kind == ("names" if kind == "path" else kind) and found == texts
    if kind == "size":
        return answer.kind == "attributes" and answer.size == number_of(rest[0])
    if kind == "refused":
        return answer.status in wire.REFUSALS
    if kind == "any":
        return answer.kind != "ended"
    return answer.status == kind


def _flags(word: str) -> int:
    if word.isdigit() or word.startswith("0x"):
        return int(word, 0)
    return sum(wire.FLAGS[each] for each in word.split("+"))


def _attributes(words: tuple[str, ...]) -> bytes:
    """`size=5 owner=0:0 mode=0o4755 times=1:2 raw="…"`; in the order of the protocol."""
    given = dict(each.split("=", 1) for each in words)
    if "raw" in given:
        return text_of(given["raw"])
    flags, body = 0, b""
    if "size" in given:
        flags, body = flags | 1, body + long(number_of(given["size"]))
    if "owner" in given:
        flags, body = flags | 2, body + b"".join(number(int(each)) for each in given["owner"].split(":"))
    if "mode" in given:
        flags, body = flags | 4, body + number(int(given["mode"], 0))
    if "times" in given:
        flags, body = flags | 8, body + b"".join(number(number_of(each)) for each in given["times"].split(":"))
    return number(flags) + body
