"""The named peer: Debian's own sshd, as it ships but for port, keys and files, signed in to by the same `ssh`."""

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SSHD = "/usr/sbin/sshd"


@contextmanager
def sshd(directory: Path, *hosts: str, more: str = "") -> Iterator[Path]:
    """Run one sshd; yield an ssh_config in which each of `hosts` leads to it with a key of its own making.

    `more` are lines of its sshd_config.
    """
    directory.mkdir(parents=True, exist_ok=True)
    host_key, key = directory / "host_key", directory / "key"
    for file in (host_key, key):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    (directory / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
    port = _free_port()
    config = directory / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {host_key}\nPidFile none\nStrictModes no\n"
        f"AuthorizedKeysFile {directory / 'authorized_keys'}\nUsePAM no\nPasswordAuthentication no\n"
        "PermitRootLogin yes\nPrintMotd no\nSubsystem sftp internal-sftp\n" + more
    )
    with _running([SSHD, "-D", "-e", "-f", str(config)], directory / "sshd.log"):
        _wait_for(port)
        known = directory / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {host_key.with_suffix('.pub').read_text()}")
        (directory / "ssh_config").write_text(
            f"Host {' '.join(hosts)}\n HostName 127.0.0.1\n Port {port}\n User {getpass.getuser()}\n"
            f" IdentityFile {key}\n IdentitiesOnly yes\n IdentityAgent none\n UserKnownHostsFile {known}\n"
            " GlobalKnownHostsFile none\n StrictHostKeyChecking yes\n ControlPath none\n"
        )
        yield directory / "ssh_config"


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[None]:
    Path("/run/sshd").mkdir(exist_ok=True) if os.getuid() == 0 else None
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "sshd did not start"
            time.sleep(0.02)
        else:
            return
