"""OpenSSH's own server on loopback: the judge of what our clients may expect of a stranger."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 10


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
    """Make the directory that sshd wants when root runs it; take it away again where it was not there."""
    directory = Path("/run/sshd")
    missing = os.getuid() == 0 and not directory.exists()
    if missing:
        directory.mkdir(mode=0o755)
    try:
        yield
    finally:
        if missing:
            directory.rmdir()


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
