"""A relying service of ours, the file that describes it, and pairs to give it."""

import grp
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tanos.relying import installing
from tanos.relying.content import Content, read_content
from tanos.relying.record import Relying, read_records
from tests.conftest import NOON

OWNER, GROUP = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
PYTHON = [sys.executable, "-I", "-S", "-c"]
BRIEFLY = "0.4"
"""Seconds that are waited for what will not be served."""
DOES = {"files": '"site.pem" = ["key", "certificate", "issuers"]', "wait": "10", "seconds": "20"}


def pair(name: str = "site.lab.test", years: int = 1) -> str:
    """Return a pair as the keeper hands it out."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=1))
        .not_valid_after(NOON + timedelta(days=365 * years))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (certificate.public_bytes(Encoding.PEM) + private).decode()


def words(*given: str) -> str:
    """Return a command as the file has it."""
    return json.dumps(given)


def python(program: str) -> str:
    """Return a command that is a short program."""
    return words(*PYTHON, program)


def described(at: Path, place: str, load: str, **more: str) -> str:
    """Return the record of a service `site`; `more` is TOML by field."""
    fields = {
        "certificate": '"soap"',
        "directory": json.dumps(str(at)),
        "address": json.dumps(place),
        "server_name": '"site.lab.test"',
        "owner": json.dumps(OWNER),
        "group": json.dumps(GROUP),
        "check": python("pass"),
        "reload": load,
        "wait": DOES["wait"],
        "seconds": DOES["seconds"],
        **more,
    }
    files = fields.pop("files", DOES["files"])
    head = "\n".join(f"{name} = {value}" for name, value in fields.items())
    return f"[service.site]\n{head}\n[service.site.files]\n{files}\n"


class Site:
    """The service, and the file that describes it."""

    def __init__(self, place: Path) -> None:
        self.place, self.directory, self.file = place, place / "site", place / "relying.toml"
        self.directory.mkdir(mode=0o755)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.process: subprocess.Popen[str] | None = None
        self.describe()

    def start(self) -> None:
        """Have it listen."""
        pem, number = self.directory / "current" / "site.pem", self._listening.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.tanos.relying.served", str(pem), str(number)],
            pass_fds=(number,), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        self.describe()

    def stop(self) -> None:
        """Have nobody listen."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        self.process = None
        self._listening.close()

    @property
    def reload(self) -> str:
        """The command that works."""
        number = self.process.pid if self.process else 0
        return python(f"import os, signal; {number} and os.kill({number}, signal.{signal.SIGHUP.name})")

    def describe(self, **more: str) -> None:
        """Write the file."""
        self.file.write_text(described(self.directory, self.address, more.pop("reload", self.reload), **more))
        self.file.chmod(0o644)

    @property
    def relying(self) -> Relying:
        """What the file says."""
        return read_records(self.file)["site"]


@pytest.fixture(autouse=True)
def _at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own service has one process: what it shows once, it shows."""
    if "site" in request.fixturenames:
        monkeypatch.setattr(installing, "_STEADY_SECONDS", 0.0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory that only this account can change."""
    place = tmp_path / "etc"
    place.mkdir(mode=0o755)
    return place


@pytest.fixture
def site(place: Path) -> Iterator[Site]:
    """A service that listens, and has no certificate yet."""
    site = Site(place)
    site.start()
    try:
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def first() -> Content:
    """One certificate."""
    return read_content(pair())


@pytest.fixture(scope="session")
def second() -> Content:
    """Another one."""
    return read_content(pair())
