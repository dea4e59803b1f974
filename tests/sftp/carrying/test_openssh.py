"""The client against OpenSSH's own server, which knows nothing of us."""

import getpass
from collections.abc import Iterator
from pathlib import Path

import pytest

from sftp.client import fetch, list_outgoing, put, scan
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.peers import Peer
from tests.sftp.openssh import OpenSsh, openssh_server

pytestmark = pytest.mark.door


@pytest.fixture
def server(tmp_path: Path, authorized: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenSsh]:
    """An sshd that serves files to this user."""
    monkeypatch.setattr("sftp.client.DROP_BOX_USER", getpass.getuser())
    with openssh_server(tmp_path / "sshd", authorized) as running:
        yield running


def peer_of(server: OpenSsh) -> Peer:
    """Return its record."""
    return Peer("ts1", "127.0.0.1", server.port, server.host_key, server.fingerprint)


async def test_files_go_and_come(server: OpenSsh, tmp_path: Path, bare_zone_server: Appliance) -> None:
    peer, path = peer_of(server), tmp_path / "reporting.csr"
    await put(bare_zone_server, peer, str(path), b"request")
    assert path.read_bytes() == b"request"
    assert await fetch(bare_zone_server, peer, str(path), 100) == b"request"
    assert await fetch(bare_zone_server, peer, str(tmp_path / "none"), 100) is None
    assert "reporting.csr" in path.parent.name + str(list(tmp_path.iterdir()))


async def test_a_link_is_refused_there_too(server: OpenSsh, tmp_path: Path, bare_zone_server: Appliance) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(AnswerRefused) as refused:
        await fetch(bare_zone_server, peer_of(server), str(tmp_path / "link"), 100000)
    assert refused.value.id == "not-a-file"


async def test_a_missing_directory_is_said_in_its_words(server: OpenSsh, bare_zone_server: Appliance) -> None:
    with pytest.raises(NotYet) as not_yet:
        await list_outgoing(bare_zone_server, peer_of(server))
    assert not_yet.value.id == "peer-refused"
    assert "/outgoing" in str(not_yet.value.message)


async def test_scan_agrees_with_ssh_keygen(server: OpenSsh) -> None:
    (key,) = await scan("127.0.0.1", server.port)
    assert (key.fingerprint, key.line) == (server.fingerprint, server.host_key)
