"""nginx, haproxy and PostgreSQL as relying services: on free ports, with configurations and data of their own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.tanos.relying.conftest import described, python, words

_READY_SECONDS = 60.0


class Program:
    """A relying service by a program that we did not write."""

    name = ""
    package = ""
    owner = ""
    files = ""
    broken_files = ""
    """What its check command refuses."""
    texts = "{}"
    speaks = "tls"

    def __init__(self, place: Path) -> None:
        self.place, self.directory, self.file = place, place / "site", place / "relying.toml"
        self.directory.mkdir(mode=0o755)
        self.port = free_port()
        self.current = self.directory / "current"
        self.process: subprocess.Popen[bytes] | None = None
        self.configure(tls=False)

    @staticmethod
    def path() -> str:
        """Where it is; empty where it is not installed."""
        raise NotImplementedError

    @property
    def command(self) -> list[str]:
        """What starts it in the foreground."""
        raise NotImplementedError

    @property
    def check(self) -> str:
        """The check command."""
        raise NotImplementedError

    @property
    def reload(self) -> str:
        """The reload command."""
        raise NotImplementedError

    def configure(self, *, tls: bool = True, where: Path | None = None, broken: bool = False) -> None:
        """Write its configuration, without TLS, or with the files that lie at `where`."""
        raise NotImplementedError

    def describe(self, **more: str) -> None:
        """Write the file of relying services."""
        fields = {"speaks": f'"{self.speaks}"', "files": self.files, "texts": self.texts, "check": self.check, **more}
        if self.owner and os.geteuid() == 0:
            fields["owner"] = f'"{self.owner}"'
        reload = fields.pop("reload", self.reload)
        self.file.write_text(described(self.directory, f"127.0.0.1:{self.port}", reload, **fields))

    def start(self) -> None:
        """Have it run."""
        account = self.owner if self.owner and os.geteuid() == 0 else None
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=account, cwd="/"
            )
        until = time.monotonic() + _READY_SECONDS
        while not answers(self.port):
            assert time.monotonic() < until, (self.place / "log").read_text()
            assert self.process.poll() is None, (self.place / "log").read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def signalled(self, number: signal.Signals) -> str:
        """Return a command that sends its process a signal."""
        return python(f"import os, signal; os.kill({self.process.pid if self.process else 0}, signal.{number.name})")


class Nginx(Program):
    """A web server."""

    name, package = "nginx", "nginx-light"
    files = '"site.crt" = ["certificate", "issuers"]\n"site.key" = ["key"]'
    broken_files = '"site.crt" = ["key"]\n"site.key" = ["key"]'

    @staticmethod
    def path() -> str:
        return shutil.which("nginx", path="/usr/sbin:/usr/bin") or ""

    @property
    def command(self) -> list[str]:
        return [self.path(), "-p", str(self.place), "-c", str(self.place / "nginx.conf"), "-e", "stderr"]

    @property
    def check(self) -> str:
        return words(self.path(), "-t", "-e", "stderr", "-p", str(self.place), "-c", "{staged}/check.conf")

    @property
    def texts(self) -> str:  # type: ignore[override]  # the others have one text for all
        text = self._text(f"listen 127.0.0.1:{self.port} ssl;", "{staged}")
        return '{"check.conf" = ' + words(text)[1:-1] + "}"

    @property
    def reload(self) -> str:
        return words(*self.command, "-s", "reload")

    def configure(self, *, tls: bool = True, where: Path | None = None, broken: bool = False) -> None:
        listen = f"listen 127.0.0.1:{self.port}{' ssl' if tls else ''};"
        text = self._text(listen, str(where or self.current) if tls else "")
        (self.place / "nginx.conf").write_text(text + ("no-such-word;\n" if broken else ""))

    def _text(self, listen: str, where: str) -> str:
        pair = f"ssl_certificate {where}/site.crt; ssl_certificate_key {where}/site.key;" if where else ""
        kept = " ".join(
            f"{each}_temp_path {self.place}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return (
            f"daemon off; worker_processes 1; pid {self.place}/nginx.pid;\nevents {{ worker_connections 64; }}\n"
            f"http {{ access_log off; {kept}\n server {{ {listen} {pair} return 204; }} }}\n"
        )


class Haproxy(Program):
    """A proxy, which wants key and certificates in one file."""

    name, package = "haproxy", "haproxy"
    files = '"site.pem" = ["key", "certificate", "issuers"]'
    broken_files = '"site.pem" = ["certificate"]'

    @staticmethod
    def path() -> str:
        return shutil.which("haproxy", path="/usr/sbin:/usr/bin") or ""

    @property
    def command(self) -> list[str]:
        return [self.path(), "-W", "-db", "-q", "-f", str(self.place / "haproxy.cfg")]

    @property
    def check(self) -> str:
        return words(self.path(), "-c", "-f", "{staged}/check.cfg")

    @property
    def texts(self) -> str:  # type: ignore[override]  # the others have one text for all
        return '{"check.cfg" = ' + words(self._text("{staged}"))[1:-1] + "}"

    @property
    def reload(self) -> str:
        number = self.process.pid if self.process else 0
        check = [self.path(), "-c", "-q", "-f", str(self.place / "haproxy.cfg")]
        return python(
            f"import os, signal, subprocess; subprocess.run({check}, check=True); os.kill({number}, signal.SIGUSR2)"
        )

    def configure(self, *, tls: bool = True, where: Path | None = None, broken: bool = False) -> None:
        text = self._text(str(where or self.current) if tls else "")
        (self.place / "haproxy.cfg").write_text(text + ("no-such-word\n" if broken else ""))

    def _text(self, where: str) -> str:
        pair = f" ssl crt {where}/site.pem" if where else ""
        return (
            f"global\n  hard-stop-after 1s\ndefaults\n  mode http\n  timeout client 2s\n  timeout server 2s\n"
            f"  timeout connect 2s\nfrontend site\n  bind 127.0.0.1:{self.port}{pair}\n"
            f"  http-request return status 200\n"
        )


class Postgresql(Program):
    """A database, which is asked for TLS in its own words, and reads a key of its own account alone."""

    name, package, owner = "postgresql", "postgresql", "postgres"
    files = '"server.crt" = ["certificate", "issuers"]\n"server.key" = ["key"]'
    broken_files = '"server.crt" = ["certificate"]\n"server.key" = ["certificate"]'
    speaks = "postgresql"

    @staticmethod
    def path() -> str:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        return str(found[-1].parent) if found else ""

    def __init__(self, place: Path) -> None:
        self.data = place / "data"
        options = ["-N", "--no-instructions", "-A", "trust", "-U", "postgres", "-D", str(self.data)]
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            self.data.mkdir(mode=0o700)
            owner = pwd.getpwnam(self.owner)
            os.chown(self.data, owner.pw_uid, owner.pw_gid)
            account = {"user": self.owner}
        subprocess.run([f"{self.path()}/initdb", *options], check=True, capture_output=True, cwd="/", **account)
        super().__init__(place)

    @property
    def command(self) -> list[str]:
        return [f"{self.path()}/postgres", "-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""]

    @property
    def check(self) -> str:
        return words(shutil.which("openssl") or "", "pkey", "-in", "{staged}/server.key", "-noout")

    @property
    def reload(self) -> str:
        number = self.process.pid if self.process else 0
        program = f"import os, signal, sys; os.path.exists({str(self.place / 'broken')!r}) and sys.exit(1)"
        return python(f"{program}; os.kill({number}, signal.SIGHUP)")

    def configure(self, *, tls: bool = True, where: Path | None = None, broken: bool = False) -> None:
        at = where or self.current
        text = f"ssl = on\nssl_cert_file = '{at}/server.crt'\nssl_key_file = '{at}/server.key'\n" if tls else ""
        (self.data / "postgresql.conf").write_text(f"fsync = off\nshared_buffers = 1MB\n{text}")
        (self.place / "broken").unlink(missing_ok=True)
        if broken:
            (self.place / "broken").touch()


PROGRAMS = (Nginx, Haproxy, Postgresql)


@contextmanager
def running(program: type[Program], place: Path) -> Iterator[Program]:
    """Run it without TLS, then have its configuration name the files that it will be given."""
    made = program(place)
    made.start()
    try:
        made.configure()
        made.describe()
        yield made
    finally:
        made.stop()


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    """Say whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
