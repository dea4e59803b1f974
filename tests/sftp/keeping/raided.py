"""Serves an appliance to arbitrary code: `python -m … HOME UID HOW` prints what came of it, by kind of process.

The processes are made as `tanos serve` makes them; HOW is `free` where the front gives up nothing, else the version
of Landlock that holds them: a kernel can be asked for what an older one covers, and for no more.
"""

import contextlib
import fcntl
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from sftp.files.confined import keep_to
from sftp.keeping.asking import Line, ask_over
from sftp.keeping.front import give_up_keys
from sftp.keeping.guardian import keeping
from sftp.keeping.rights import Part
from sftp.session import Session
from sftp.start import become_session
from tanos.appliance import Appliance
from tanos.confinement import landlock
from tanos.confinement.capabilities import give_up
from tanos.confinement.confine import confine
from tanos.confinement.home import service_needs, supervisor_needs
from tanos.confinement.single import _prctl
from tanos.keeper import keeper_of
from tanos.store.store import Store
from tests.sftp.keeping.raid import forged, raid

OUT = 9
"""The descriptor on which a raided process tells."""
PR_SET_DUMPABLE = 4
FORGED: list[list[bytes]] = []
"""Requests and letters that a session sends to the keeper."""


def main(home: str, uid: int, how: str) -> None:
    if how != "free":
        landlock.version = lambda: int(how)  # type: ignore[assignment]  # as an older kernel says
    os.setgid(uid)
    os.setuid(uid)
    _prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # as a process that was this user's from its beginning
    appliance = Appliance.open(Path(home))
    with keeping(appliance) as line:
        ask_over(line)
        assert keeper_of(appliance).host_public_keys()
        guardian = _children(os.getpid())
        words = [home, _private(home), guardian + [each for one in guardian for each in _children(one)], os.getpid()]
        apart = {kind: _apart(appliance, kind, how, words) for kind in ("supervisor", "service")}
        said = [str(message) for message in give_up_keys(appliance)] if how != "free" else []
        told = {"said": said, "words": words, **apart}
        for kind in ("menu", "verb", "files"):
            told[kind] = _session(line, kind, words)
        told["tanuser"] = _session(line, "verb", words, "tanuser")
        told["front"] = raid(*words)  # type: ignore[arg-type]
    print(json.dumps(told))


def _apart(appliance: Appliance, kind: str, how: str, words: list[object]) -> object:
    """Fork what runs beside the front, held as it holds itself, and have it raided."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, OUT)
        Store(appliance.home / "appliance.db", appliance.clock).rows("PRAGMA user_version")
        if how != "free":
            give_up()
            confine(supervisor_needs(appliance))
            if kind == "service":
                confine(service_needs())
        _tell({"came": raid(*words), "asked": _met()})  # type: ignore[arg-type]
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as output:
        told = output.read()
    os.waitpid(child, 0)
    return json.loads(told)


def _met() -> list[str]:
    """Return the kinds of sockets by which others here can be met."""
    met = []
    with contextlib.suppress(PermissionError):
        socket.socket(socket.AF_UNIX).close()
        met.append("unix")
    return met


def _private(home: str) -> list[str]:
    private = (path for path in Path(home).rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(str(path.relative_to(home)) for path in private if b"PRIVATE KEY" in path.read_bytes())


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _session(line: Line, kind: str, words: list[object], user: str = "tanadmin") -> object:
    """Fork a session as the warm parent does, and have it raided."""
    reading, writing = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    with line.for_another(Part(user), user) as lent:
        child = os.fork()
        if child == 0:
            keeper = 0 if kind == "files" else 3
            given = [nothing, nothing, 2, lent if keeper else 2, *[nothing] * (OUT - 4), writing]
            descriptors = [fcntl.fcntl(each, fcntl.F_DUPFD, 100) for each in given]
            session = Session(kind, str(words[0]), user, user, words=json.dumps(words), keeper=keeper)  # type: ignore[arg-type]
            become_session(session, descriptors, HANDLERS[kind])
    os.close(writing)
    os.close(nothing)
    with os.fdopen(reading, "rb") as output:
        told = output.read()
    os.waitpid(child, 0)
    return json.loads(told)


def _raided(session: Session) -> int:
    came = raid(*json.loads(session.words))
    asked = forged(session.keeper, *FORGED)
    _tell({"came": came, "asked": asked})
    return 0


def _files(session: Session) -> int:
    """Be held as the process of a drop box connection is, before it reads a byte of its client."""
    dropbox = Path(session.home) / "dropbox"
    incoming = os.open(dropbox / "incoming", os.O_RDONLY | os.O_DIRECTORY)
    keep_to(dropbox, incoming, largest=1 << 20, descriptors=64)
    _tell({"came": raid(*json.loads(session.words)), "asked": []})
    return 0


def _tell(told: object) -> None:
    data = json.dumps(told).encode()
    while data:
        data = data[os.write(OUT, data) :]


HANDLERS: dict[str, Callable[[Session], int]] = {"menu": _raided, "verb": _raided, "files": _files}

if __name__ == "__main__":
    FORGED = [[bytes.fromhex(each) for each in some] for some in json.load(sys.stdin)]
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
