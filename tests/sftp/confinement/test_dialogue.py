"""A whole dialogue with a confined process, watched from outside: nothing that it needs is refused to it.

strace is the judge: after the filter is in place no call fails for want of permission, so that nothing is imported
late and no upgrade of Python or of the C library asks for what was not foreseen.
"""

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tanos.receipts.wanted import Wanted
from tests.sftp.files.conftest import APPEND, CREATE, DENIED, FAILURE, OK, READ, WRITE, Client, string

ROOT = Path(__file__).parents[3]
STRACE = shutil.which("strace")
SETSTAT, REMOVE, MKDIR, RENAME, STATVFS = 9, 13, 14, 18, 200
FORESEEN = re.compile(r" clone3(\(| resumed>)")
"""Answered ENOSYS on purpose."""


class Confined(Client):
    """A client of a process that is confined, which also answers what that process asks."""

    def __init__(self, dropbox: Path, *before: str, protected: bytes = b"") -> None:
        self.link, its = socket.socketpair()
        self.link.settimeout(60)
        self.says, events = socket.socketpair()
        self.lines: list[dict[str, str]] = []
        self._protected = protected
        words = [*before, sys.executable, "-m", "tests.sftp.confinement.alone", str(dropbox), str(events.fileno())]
        self.process = subprocess.Popen(
            words, cwd=ROOT, stdin=its.fileno(), stderr=subprocess.PIPE, pass_fds=[events.fileno()], text=True
        )
        its.close()
        events.close()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()
        self._number = 0

    def greet(self) -> "Confined":
        """Agree on a version."""
        self.raw(bytes([1]) + struct.pack(">I", 3))
        self.version = self.receive()
        assert self.version
        return self

    def leave(self) -> None:
        """Go, and wait until the process is done."""
        self.link.close()
        _, self.complaint = self.process.communicate(timeout=60)
        self._listener.join()
        self.says.close()

    def _listen(self) -> None:
        with self.says.makefile("r") as lines:
            for line in lines:
                told = json.loads(line)
                self.lines.append(told)
                if "asks_wanted" in told:
                    self.says.sendall(Wanted().line())
                if "asks" in told and self._protected:
                    self.says.sendall(b"1" if told["asks"].encode() == self._protected else b"0")
                elif "asks" in told:
                    self.says.shutdown(socket.SHUT_WR)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """An empty drop box with a certificate to fetch."""
    for name in ("incoming", "outgoing"):
        (tmp_path / name).mkdir()
    (tmp_path / "outgoing/reporting.crt").write_text("certificate")
    return tmp_path


def talk(client: Confined) -> None:
    """Do all that a client can do, and much that it cannot."""
    for number in range(70):
        assert client.put(f"/incoming/f{number}".encode(), os.urandom(number * 100)) == OK
    assert client.put(b"/incoming/reporting-1.csr", b"request") == OK
    for path in (b"/", b"/incoming", b"/outgoing"):
        assert client.names(path)
    handle = client.handle(b"/outgoing/reporting.crt", READ)
    assert client.read(handle) == b"certificate"
    assert client.close(handle) == OK
    handle = client.handle(b"/incoming/f1", WRITE | APPEND | CREATE)
    assert client.write(handle, 0, b"more") == OK
    assert client.close(handle) == OK
    assert client.size(b"/incoming/f1") == 104
    assert client.status(SETSTAT, string(b"/incoming/f2") + struct.pack(">III", 8, 5, 5)) == OK
    assert client.status(RENAME, string(b"/incoming/f3") + string(b"/incoming/g3")) == OK
    assert client.status(REMOVE, string(b"/incoming/g3")) == OK
    assert client.ask(STATVFS, string(b"statvfs@openssh.com") + string(b"/incoming"))[0] == 201
    assert client.status(STATVFS, string(b"no such extension")) not in {OK, FAILURE}
    assert client.status(MKDIR, string(b"/incoming/d") + bytes(4)) == DENIED
    assert client.status(REMOVE, string(b"/outgoing/reporting.crt")) == DENIED
    assert client.size(b"/../../etc/passwd") is None
    client.raw(b"\xff" + bytes(4))
    client.receive()
    handle = client.handle(b"/incoming/part")
    client.write(handle, 0, b"a part")


def test_a_whole_dialogue_is_held_confined(box: Path) -> None:
    client = Confined(box, protected=b"other").greet()
    status = Path(f"/proc/{client.process.pid}/status").read_text()
    assert re.search(r"NoNewPrivs:\s1\n", status)
    assert re.search(r"Seccomp:\s2\n", status)
    talk(client)
    client.leave()

    assert (client.process.returncode, client.complaint) == (0, "")
    assert (box / "incoming/f69").stat().st_size == 6900
    assert len([path for path in (box / "incoming").iterdir() if path.name.startswith(".upload-")]) == 1
    assert {line["did"] for line in client.lines if "did" in line} >= {"put", "get", "rename", "remove", "refused"}


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_nothing_that_a_dialogue_needs_is_refused(box: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    client = Confined(box, str(STRACE), "-f", "-qq", "-o", str(trace), protected=b"other").greet()
    talk(client)
    client.leave()

    assert (client.process.returncode, client.complaint) == (0, "")
    _, held, after = trace.read_text().partition("PR_SET_SECCOMP")
    calls = after.splitlines()[1:]
    assert held
    assert len(calls) > 500
    failed = [call for call in calls if re.search(r" = -1 (EPERM|EACCES|ENOSYS)", call) and not FORESEEN.search(call)]
    assert failed == []


def test_a_file_that_an_exchange_stands_on_is_asked_for_and_kept(box: Path) -> None:
    client = Confined(box, protected=b"reporting-1.csr").greet()
    assert client.put(b"/incoming/reporting-1.csr", b"one") == OK
    assert client.put(b"/incoming/reporting-1.csr", b"two") == DENIED
    assert client.put(b"/incoming/reporting-2.csr", b"two") == OK
    assert client.put(b"/incoming/reporting-2.csr", b"three") == OK
    client.leave()
    assert (box / "incoming/reporting-1.csr").read_bytes() == b"one"
    assert {"asks": "reporting-1.csr"} in client.lines


def test_without_an_answer_nothing_is_changed(box: Path) -> None:
    (box / "incoming/reporting-1.csr").write_bytes(b"one")
    client = Confined(box).greet()
    assert client.status(REMOVE, string(b"/incoming/reporting-1.csr")) == FAILURE
    client.leave()
    assert (box / "incoming/reporting-1.csr").read_bytes() == b"one"


@pytest.mark.parametrize("missing", ["openat2", "landlock_create_ruleset,openat2"])
def test_where_openat2_is_missing_no_files_are_served_and_it_is_said_why(box: Path, missing: str) -> None:
    client = Confined(box, sys.executable, "-m", "tests.sftp.confinement.without", missing)
    client.leave()
    assert client.process.returncode == 1
    assert "has no openat2" in client.complaint


def test_where_landlock_alone_is_missing_files_are_served(box: Path) -> None:
    client = Confined(box, sys.executable, "-m", "tests.sftp.confinement.without", "landlock_create_ruleset").greet()
    assert client.put(b"/incoming/x", b"text") == OK
    client.leave()
    assert (box / "incoming/x").read_bytes() == b"text"


def test_a_fault_of_a_confined_process_is_told_with_its_reference(box: Path) -> None:
    (box / "outgoing/reporting.crt").unlink()
    (box / "outgoing").rmdir()
    client = Confined(box)
    client.leave()
    (told,) = (line for line in client.lines if "fault" in line)
    assert told["fault"] in client.complaint
    assert "FileNotFoundError" in told["text"]
