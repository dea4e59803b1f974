"""OpenSSH's own server on loopback: the judge of what our clients may expect of a stranger."""

import fcntl
import getpass
import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 60
_SEPARATION = Path("/run/sshd")
_OURS = 0o711
"""Its mode where we made it, so that it is told from the system's own."""


@dataclass(frozen=True)
class OpenSsh:
    """A running sshd."""

    port: int
    user: str
    host_key: str
    """`type base64`"""
    fingerprint: str
    log: Path


@contextmanager
def openssh_server(directory: Path, authorized: str, *, command: str = "internal-sftp") -> Iterator[OpenSsh]:
    """Run sshd for this very user, with its own host key and `authorized` as the only key; skip where it cannot."""
    program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/sbin")
    if program is None:
        pytest.skip("sshd is not installed (Debian: openssh-server)")
    directory.mkdir(parents=True, exist_ok=True)
    key = directory / "host_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (directory / "authorized").write_text(authorized)
    port, log = _free_port(), directory / "log"
    config = directory / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {key}\nAuthorizedKeysFile {directory / 'authorized'}\n"
        "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PermitRootLogin prohibit-password\nAllowTcpForwarding yes\nSubsystem sftp internal-sftp\n"
        + (f"ForceCommand {command}\n" if command else "")
    )
    with (
        _separation_directory(),
        subprocess.Popen([program, "-D", "-E", log, "-f", config], stdin=subprocess.DEVNULL) as server,
    ):
        try:
            _wait(server, port, log)
            public = key.with_suffix(".pub").read_text().split()
            shown = subprocess.run(["ssh-keygen", "-lf", f"{key}.pub"], capture_output=True, text=True, check=True)
            yield OpenSsh(port, getpass.getuser(), f"{public[0]} {public[1]}", shown.stdout.split()[1], log)
        finally:
            server.terminate()


@contextmanager
def _separation_directory() -> Iterator[None]:
    """Have the directory that sshd wants when root runs it; who needs it last takes away the one that we made."""
    if os.getuid() != 0:
        yield
        return
    descriptor = _held_directory()
    try:
        yield
    finally:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if stat.S_IMODE(os.fstat(descriptor).st_mode) == _OURS:
                _SEPARATION.rmdir()
        os.close(descriptor)


def _held_directory() -> int:
    """Return the directory, open and locked against those who would take it away; it is made where it is missing."""
    while True:
        with suppress(FileExistsError):
            _SEPARATION.mkdir(mode=_OURS)
        with suppress(FileNotFoundError):
            descriptor = os.open(_SEPARATION, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if _SEPARATION.exists() and os.path.samestat(os.fstat(descriptor), _SEPARATION.stat()):
                return descriptor
            os.close(descriptor)


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.skip(f"sshd does not start here: {log.read_text() if log.exists() else ''}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
