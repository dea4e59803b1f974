"""`tanos client --init`: a client knows its server, and where it is, by a tanium-init.dat."""

from pathlib import Path

import pytest
from cryptography import x509

import tanos.services.client.run
from menus.__main__ import main
from tanos.infrastructure.container import Init
from tanos.services.client.run import Asked
from tests.tanos.infrastructure.test_init import ROOTS, signed

SERVERS = ("ts1.lab.test=127.0.0.1:17472", "ts2.lab.test=127.0.0.1:17473")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One of two roots and two servers."""
    path = tmp_path / "tanium-init.dat"
    path.write_bytes(signed(Init("ts1.lab.test", 1, ROOTS, 2, SERVERS, {}, "")))
    return path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What clients were asked to be."""
    found: list[Asked] = []
    monkeypatch.setattr(tanos.services.client.run, "run_clients", lambda asked, tell: found.append(asked))
    return found


def test_roots_and_servers_are_those_of_the_file(file: Path, asked: list[Asked]) -> None:
    assert main(["client", "--release", "7.4", "--init", str(file)]) == 0
    assert asked[0].server == ",".join(SERVERS)
    assert isinstance(asked[0].root, bytes)
    assert tuple(x509.load_pem_x509_certificates(asked[0].root)) == ROOTS
    assert main(["client", "--release", "7.4", "--init", str(file), "--server", SERVERS[1]]) == 0
    assert asked[1].server == SERVERS[1]


@pytest.mark.parametrize(
    ("words", "status"),
    [(["--release", "7.2", "--init", "{file}"], 2), (["--release", "7.4"], 2)],
)
def test_what_is_asked_for_wrongly_is_said(file: Path, asked: list[Asked], words: list[str], status: int) -> None:
    assert main(["client", *(word.format(file=file) for word in words)]) == status
    assert asked == []


def test_a_file_that_is_not_whole_is_refused(file: Path, asked: list[Asked]) -> None:
    file.write_bytes(file.read_bytes()[:-20])
    assert main(["client", "--release", "7.4", "--init", str(file)]) == 3
    assert asked == []
