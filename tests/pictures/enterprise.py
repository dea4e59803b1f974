"""An enterprise's authority and what it issues for the console (seed 002), by the program `openssl` alone."""

import subprocess
from pathlib import Path

_SERVER = (
    "-addext", "subjectAltName=DNS:{name},DNS:localhost",
    "-addext", "extendedKeyUsage=serverAuth,clientAuth",
    "-addext", "keyUsage=critical,digitalSignature,keyEncipherment",
    "-addext", "basicConstraints=critical,CA:FALSE",
)  # fmt: skip
DAYS = ("-days", "365")


def make_authority(directory: Path) -> Path:
    """Make a root; return its certificate."""
    _openssl(
        directory, "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", "ca.key", "-out", "ca.crt",
        "-subj", "/O=Example Enterprise/CN=Example Enterprise CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        *DAYS,
    )  # fmt: skip
    return directory / "ca.crt"


def issue(directory: Path, name: str) -> tuple[bytes, bytes]:
    """Return certificate and key of a console."""
    named = [each.format(name=name) for each in _SERVER]
    _openssl(
        directory, "req", "-new", "-newkey", "rsa:2048", "-noenc", "-keyout", "SOAPServer.key",
        "-out", "SOAPServer.csr", "-subj", f"/CN={name}", *named,
    )  # fmt: skip
    _openssl(
        directory, "x509", "-req", "-in", "SOAPServer.csr", "-out", "SOAPServer.crt", "-CA", "ca.crt",
        "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copyall", "-sha256", *DAYS,
    )  # fmt: skip
    return (directory / "SOAPServer.crt").read_bytes(), (directory / "SOAPServer.key").read_bytes()


def _openssl(directory: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)
