"""The client trusts one host key, carries whole files, and says plainly what stood in the way."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from sftp.client import drop_box, fetch, list_outgoing, put, scan
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.peers import Peer
from tests.sftp.carrying.conftest import peer_of
from tests.sftp.carrying.server import LateRefusal, StrangeBox, strange_box


async def test_a_file_is_put_whole_and_fetched_as_it_lies_there(box: StrangeBox, bare_zone_server: Appliance) -> None:
    await put(bare_zone_server, peer_of(box), "/incoming/reporting.csr", b"a request\n")
    assert (box.directory / "incoming/reporting.csr").read_bytes() == b"a request\n"
    (box.directory / "outgoing/reporting.crt").write_bytes(b"c" * 65536)
    assert await fetch(bare_zone_server, peer_of(box), "/outgoing/reporting.crt", 65536) == b"c" * 65536
    assert box.users == ["tancopy", "tancopy"]


async def test_a_missing_file_is_none_and_not_an_error(box: StrangeBox, bare_zone_server: Appliance) -> None:
    assert await fetch(bare_zone_server, peer_of(box), "/outgoing/reporting.crt", 100) is None


async def test_a_file_larger_than_the_limit_is_refused(box: StrangeBox, bare_zone_server: Appliance) -> None:
    (box.directory / "outgoing/reporting.crt").write_bytes(b"c" * 101)
    with pytest.raises(AnswerRefused) as refused:
        await fetch(bare_zone_server, peer_of(box), "/outgoing/reporting.crt", 100)
    assert refused.value.id == "too-large"


async def test_a_server_that_lies_about_the_size_is_still_held_to_the_limit(
    tmp_path: Path, authorized: str, bare_zone_server: Appliance
) -> None:
    class Liar(asyncssh.SFTPServer):
        def lstat(self, path: bytes) -> Any:
            return asyncssh.SFTPAttrs(size=1, permissions=0o100600)

        def read(self, file_obj: object, offset: int, size: int) -> bytes:
            return b"x" * size

    with strange_box(tmp_path / "liar", authorized, sftp=Liar) as box:
        (box.directory / "outgoing/reporting.crt").write_bytes(b"")
        with pytest.raises(AnswerRefused) as refused:
            await fetch(bare_zone_server, peer_of(box), "/outgoing/reporting.crt", 100)
    assert refused.value.id == "too-large"


async def test_a_link_is_not_followed(box: StrangeBox, bare_zone_server: Appliance) -> None:
    (box.directory / "outgoing/real").write_bytes(b"elsewhere")
    (box.directory / "outgoing/reporting.crt").symlink_to("real")
    with pytest.raises(AnswerRefused) as refused:
        await fetch(bare_zone_server, peer_of(box), "/outgoing/reporting.crt", 100)
    assert refused.value.id == "not-a-file"


async def test_hostile_names_are_not_listed(box: StrangeBox, bare_zone_server: Appliance) -> None:
    for name in ("reporting.crt", "\x1b[2J", ".hidden", "a\u202eb", "new\nline"):
        (box.directory / "outgoing" / name).write_bytes(b"")
    assert await list_outgoing(bare_zone_server, peer_of(box)) == ["reporting.crt"]


async def test_an_endless_listing_ends(tmp_path: Path, authorized: str, bare_zone_server: Appliance) -> None:
    class Endless(asyncssh.SFTPServer):
        async def scandir(self, path: bytes) -> Any:
            number = 0
            while True:
                number += 1
                yield asyncssh.SFTPName(f"f{number}".encode(), attrs=asyncssh.SFTPAttrs(permissions=0o100600))

    with strange_box(tmp_path / "endless", authorized, sftp=Endless) as box:
        names = await list_outgoing(bare_zone_server, peer_of(box))
    assert len(names) == 1000


async def test_another_host_key_refuses_shows_both_and_transfers_nothing(
    box: StrangeBox, bare_zone_server: Appliance
) -> None:
    pinned = asyncssh.generate_private_key("ssh-ed25519")
    line = " ".join(pinned.export_public_key("openssh").decode().split()[:2])
    peer = Peer("ts1", "127.0.0.1", box.port, line, pinned.get_fingerprint("sha256"))
    with pytest.raises(AnswerRefused) as refused:
        await put(bare_zone_server, peer, "/incoming/reporting.csr", b"secret")
    assert refused.value.id == "host-key-changed"
    assert peer.host_key_fingerprint in str(refused.value.message)
    assert box.fingerprint() in str(refused.value.message)
    assert f"--host-key {box.fingerprint()}" in str(refused.value.remedy)
    assert not list((box.directory / "incoming").iterdir())
    assert box.users == []


async def test_a_host_key_of_another_type_is_a_changed_one_too(box: StrangeBox, bare_zone_server: Appliance) -> None:
    pinned = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    line = " ".join(pinned.export_public_key("openssh").decode().split()[:2])
    peer = Peer("ts1", "127.0.0.1", box.port, line, pinned.get_fingerprint("sha256"))
    with pytest.raises(AnswerRefused) as refused:
        await fetch(bare_zone_server, peer, "/outgoing/reporting.crt", 10)
    assert refused.value.id == "host-key-changed"
    assert box.fingerprint() in str(refused.value.message)


async def test_a_key_not_accepted_there_names_the_remedy(
    tmp_path: Path, own_key: asyncssh.SSHKey, bare_zone_server: Appliance
) -> None:
    with strange_box(tmp_path / "closed", "") as box, pytest.raises(NotYet) as not_yet:
        await fetch(bare_zone_server, peer_of(box), "/outgoing/reporting.crt", 10)
    assert not_yet.value.id == "peer-unreachable"
    assert "authorized keys of user tancopy" in str(not_yet.value.remedy)
    assert f"127.0.0.1:{box.port}" in str(not_yet.value.message)


async def test_nobody_listening_is_said_with_address_and_reason(
    own_key: asyncssh.SSHKey, bare_zone_server: Appliance
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    peer = Peer("ts1", "127.0.0.1", port, "ssh-ed25519 AAAA", "SHA256:x")
    with pytest.raises(NotYet) as not_yet:
        await scan(peer.host, peer.port)
    assert not_yet.value.id == "peer-unreachable"
    assert f"127.0.0.1:{port}" in str(not_yet.value.message)
    assert "refused" in str(not_yet.value.message)


async def test_a_silent_host_is_given_up(
    own_key: asyncssh.SSHKey, bare_zone_server: Appliance, box: StrangeBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sftp.client.CONNECT_SECONDS", 0.2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        peer = Peer("ts1", "127.0.0.1", port, box.line(), box.fingerprint())
        with pytest.raises(NotYet) as not_yet:
            await fetch(bare_zone_server, peer, "/outgoing/reporting.crt", 10)
    assert "did not answer" in str(not_yet.value.message)


async def test_what_the_server_says_is_shown_harmless(
    tmp_path: Path, authorized: str, bare_zone_server: Appliance
) -> None:
    class Rude(asyncssh.SFTPServer):
        def open(self, path: bytes, pflags: int, attrs: Any) -> object:
            raise asyncssh.SFTPPermissionDenied("go \x1b[31maway\n" + "x" * 5000)

    with strange_box(tmp_path / "rude", authorized, sftp=Rude) as box, pytest.raises(NotYet) as not_yet:
        await put(bare_zone_server, peer_of(box), "/incoming/reporting.csr", b"x")
    said = str(not_yet.value.message)
    assert not_yet.value.id == "peer-refused"
    assert "go \\x1b[31maway" in said
    assert "\x1b" not in said
    assert len(said) < 400


async def test_a_refusal_at_the_very_end_of_an_upload_is_heard(
    tmp_path: Path, authorized: str, bare_zone_server: Appliance
) -> None:
    with strange_box(tmp_path / "late", authorized, sftp=LateRefusal) as box, pytest.raises(NotYet) as not_yet:
        await put(bare_zone_server, peer_of(box), "/incoming/reporting.csr", b"x")
    assert not_yet.value.id == "peer-refused"
    assert "no room for this" in str(not_yet.value.message)


async def test_a_file_that_was_cut_over_there_is_not_called_sent(
    tmp_path: Path, authorized: str, bare_zone_server: Appliance
) -> None:
    class Full(asyncssh.SFTPServer):
        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            return len(data)

    with strange_box(tmp_path / "full", authorized, sftp=Full) as box, pytest.raises(NotYet) as not_yet:
        await put(bare_zone_server, peer_of(box), "/incoming/reporting.csr", b"x")
    assert not_yet.value.id == "peer-refused"


def keyscan(port: int) -> set[str]:
    """Ask OpenSSH which host keys a server shows."""
    words = ["ssh-keyscan", "-p", str(port), "-t", "rsa,ecdsa,ed25519", "127.0.0.1"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return {line.split(" ", 1)[1] for line in said.splitlines() if not line.startswith("#")}


async def test_scan_shows_every_type_and_trusts_nothing(
    tmp_path: Path, authorized: str, bare_zone_server: Appliance
) -> None:
    keys = [asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")]
    with strange_box(tmp_path / "many", authorized, keys) as box:
        found = await scan("127.0.0.1", box.port)
        judged = await asyncio.to_thread(keyscan, box.port)
    assert [key.type for key in found] == ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"]
    assert {key.line for key in found} == judged
    assert [key.fingerprint for key in found] == [box.fingerprint(number) for number in range(3)]
    assert box.users == []


async def test_neither_agent_nor_the_configuration_of_a_user_is_asked(
    tmp_path: Path, box: StrangeBox, bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/config").write_text("Host *\n  HostName 192.0.2.1\n  User nobody\n  Ciphers aes256-cbc\n")
    monkeypatch.setenv("HOME", str(home))
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        agent.setblocking(False)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        await put(bare_zone_server, peer_of(box), "/incoming/reporting.csr", b"x")
        with pytest.raises(BlockingIOError):
            agent.accept()
    assert box.users == ["tancopy"]


@pytest.mark.parametrize("only", ["mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org"])
async def test_each_of_the_three_key_exchanges_works(
    tmp_path: Path, authorized: str, bare_zone_server: Appliance, only: str
) -> None:
    with strange_box(tmp_path / "kex", authorized, kex_algs=(only,)) as box:
        async with drop_box(bare_zone_server, peer_of(box)) as open_box:
            assert await open_box.fetch("/outgoing/none", 1) is None


async def test_the_post_quantum_exchange_is_offered_first() -> None:
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-ear\r\n")
        await reader.readuntil(b"\n")
        heard.extend(await reader.readuntil(b"none"))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    with pytest.raises(NotYet):
        await scan("127.0.0.1", server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    before_lists = 4 + 1 + 1 + 16
    names = heard[before_lists + 4 : before_lists + 4 + int.from_bytes(heard[before_lists : before_lists + 4], "big")]
    assert names.decode().split(",")[:3] == [
        "mlkem768x25519-sha256",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
    ]


async def test_a_server_without_a_common_exchange_is_unreachable(
    tmp_path: Path, authorized: str, bare_zone_server: Appliance
) -> None:
    with (
        strange_box(tmp_path / "old", authorized, kex_algs=("ecdh-sha2-nistp256",)) as box,
        pytest.raises(NotYet) as not_yet,
    ):
        await fetch(bare_zone_server, peer_of(box), "/outgoing/none", 1)
    assert not_yet.value.id == "peer-unreachable"


def test_the_operations_load_neither_asyncssh_nor_paramiko() -> None:
    program = (
        "import sftp.operations, sys; print([n for n in ('asyncssh', 'paramiko', 'textual') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
