"""The protocol's edges: what the library is made to do differently, limits, and rubbish."""

import os
import random
import socket
import struct
from pathlib import Path

import asyncssh
import pytest
from asyncssh.sftp import SFTPServerHandler

from sftp.files import protection
from sftp.files.box import Box
from sftp.files.handler import MOST_HANDLES, Handler, run
from sftp.files.server import LARGEST_READ, DropBoxServer
from tanos.appliance import Appliance
from tests.sftp.files.conftest import (
    BAD_MESSAGE,
    CREATE,
    DENIED,
    EOF,
    FAILURE,
    NO_SUCH_FILE,
    OK,
    READ,
    TRUNCATE,
    UNSUPPORTED,
    WRITE,
    Client,
    string,
    visible,
)

SAFE = {"channel", "connection", "env", "logger", "convert_attrs", "format_longname"}
"""Methods of the library's server that neither touch the disk nor can be asked for by a client."""


def test_every_public_method_of_the_librarys_server_is_ours_or_harmless() -> None:
    public = {name for name in vars(asyncssh.SFTPServer) if not name.startswith("_")}

    assert public - set(vars(DropBoxServer)) == SAFE


def test_the_librarys_private_names_are_still_what_they_were() -> None:
    assert asyncssh.__version__.startswith("2.24.")
    for name in (
        "_process_open",
        "_process_opendir",
        "_process_limits",
        "_cleanup",
        "recv_packet",
        "recv_packets",
        "send_packet",
    ):
        assert callable(getattr(SFTPServerHandler, name))
        assert vars(Handler)[name] is not getattr(SFTPServerHandler, name)
    assert {kind for kind in Handler._packet_handlers if isinstance(kind, bytes)} == {
        b"posix-rename@openssh.com",
        b"statvfs@openssh.com",
        b"fstatvfs@openssh.com",
        b"fsync@openssh.com",
        b"lsetstat@openssh.com",
        b"limits@openssh.com",
    }
    for kind, ours in ((3, "_process_open"), (11, "_process_opendir")):
        assert Handler._packet_handlers[kind] is vars(Handler)[ours]


def test_only_what_is_served_is_announced(client: Client) -> None:
    assert client.version[:5] == bytes([2]) + struct.pack(">I", 3)
    assert b"posix-rename@openssh.com" in client.version
    assert b"hardlink" not in client.version
    assert b"copy-data" not in client.version
    assert b"AsyncSSH" not in client.version


def test_a_padded_write_is_taken_and_other_padded_packets_are_not(client: Client, dropbox: Path) -> None:
    handle = client.handle(b"/incoming/a")
    body = string(handle) + struct.pack(">Q", 0) + string(b"data")
    assert client.status(6, body + b"\0" * 32000) == OK
    assert client.status(4, string(handle) + b"\0") == BAD_MESSAGE
    assert client.close(handle) == OK
    assert (dropbox / "incoming" / "a").read_bytes() == b"data"


def test_reading_begins_anywhere_ends_at_the_end_and_is_bounded(client: Client, dropbox: Path) -> None:
    data = os.urandom(LARGEST_READ + 1000)
    (dropbox / "outgoing" / "a").write_bytes(data)
    handle = client.handle(b"/outgoing/a", READ)

    assert client.read(handle, 0, 1 << 31) == data[:LARGEST_READ]
    assert client.read(handle, LARGEST_READ, 5000) == data[LARGEST_READ:]
    assert client.read(handle, len(data), 1) == 1
    assert client.read(handle, (1 << 63) + 5, 1) in (1, FAILURE)
    assert client.read(b"none", 0, 1) == FAILURE
    assert client.write(handle, 0, b"x") == 3
    client.close(handle)
    assert client.read(handle, 0, 1) == FAILURE


def test_only_so_many_files_are_open_at_once(client: Client, dropbox: Path) -> None:
    (dropbox / "outgoing" / "a").write_text("a")
    handles = [client.handle(b"/outgoing/a", READ) for _ in range(MOST_HANDLES)]

    assert client.open(b"/outgoing/a", READ) == FAILURE
    assert client.status(11, string(b"/")) == FAILURE
    assert client.close(handles[0]) == OK
    assert isinstance(client.open(b"/outgoing/a", READ), bytes)


def test_a_large_directory_is_listed_whole(client: Client, dropbox: Path) -> None:
    for number in range(700):
        (dropbox / "outgoing" / f"f{number}").touch()

    assert len(set(client.names(b"/outgoing"))) == 702


def test_room_and_limits_are_told(client: Client) -> None:
    kind, body = client.ask(200, string(b"statvfs@openssh.com") + string(b"/incoming"))
    assert (kind, len(body)) == (201, 88)
    kind, body = client.ask(200, string(b"limits@openssh.com"))
    assert struct.unpack(">QQQQ", body)[1:] == (LARGEST_READ, LARGEST_READ, MOST_HANDLES)


def test_unknown_requests_are_answered_as_such(client: Client) -> None:
    assert client.status(99, b"") == UNSUPPORTED
    assert client.status(22, string(b"x") + b"\0" * 20) != OK
    assert client.status(17, string(b"/nowhere")) == NO_SUCH_FILE


def test_nothing_of_the_machine_is_told(client: Client, dropbox: Path) -> None:
    (dropbox / "incoming" / "a").touch()
    _, handle = client.ask(11, string(b"/incoming"))
    _, body = client.ask(12, handle)

    assert b"root" not in body
    assert b"tancopy" in body
    assert client.ask(17, string(b"/incoming/a"))[1][12:20] == b"\0" * 8


def test_a_packet_that_is_too_long_or_makes_no_sense_ends_the_connection(dropbox: Path) -> None:
    for data in (struct.pack(">I", 1 << 20) + b"x", struct.pack(">I", 0), struct.pack(">I", 3) + b"\x03ab"):
        one = Client(dropbox)
        one.write(one.handle(b"/incoming/a"), 0, b"part")
        one.link.sendall(data)
        one.link.settimeout(60)
        assert one.link.recv(100) == b""
        one.leave()
    assert visible(dropbox) == set()


@pytest.mark.parametrize("seed", range(60))
def test_no_order_of_requests_reaches_outside_or_stops_the_server(dropbox: Path, seed: int) -> None:
    chance = random.Random(seed)
    secret = dropbox.parent / "secret"
    secret.write_text("secret")
    (dropbox / "incoming" / "planted").symlink_to(secret)
    before = {path.name for path in dropbox.parent.iterdir()}
    names = [b"a", b"b", b"planted", b"..", b".", b"../secret", b".upload-x", b"a/b", b"\xff", b"n" * 255]
    one = Client(dropbox)
    handles = [b"", b"\0\0\0\0"]
    for _ in range(300):
        path = string(chance.choice([b"/incoming/", b"/outgoing/", b"/", b""]) + chance.choice(names))
        handle = string(chance.choice(handles))
        kind, body = chance.choice(
            [
                (3, path + struct.pack(">II", chance.randrange(64), 0)),
                (4, handle),
                (5, handle + struct.pack(">QI", chance.randrange(100), chance.randrange(1000))),
                (6, handle + struct.pack(">Q", chance.randrange(1000)) + string(b"data")),
                (7, path),
                (8, handle),
                (9, path + struct.pack(">IQ", 1, chance.randrange(100))),
                (10, handle + struct.pack(">IQ", 1, chance.randrange(100))),
                (11, path),
                (12, handle),
                (13, path),
                (16, path),
                (17, path),
                (18, path + string(b"/incoming/" + chance.choice(names))),
                (20, path + path),
                (200, string(b"posix-rename@openssh.com") + path + string(b"/incoming/" + chance.choice(names))),
                (chance.randrange(256), chance.randbytes(chance.randrange(40))),
            ]
        )
        answered, answer = one.ask(kind, body)
        if answered == 102:
            handles.append(answer[4:])
    one.leave()

    assert secret.read_text() == "secret"
    assert {path.name for path in dropbox.parent.iterdir()} == before
    assert not any(path.is_symlink() and path.name != "planted" for path in dropbox.rglob("*"))


def test_open_requests_of_others_are_protected_by_their_own_name_only(bare_tanium_server: Appliance) -> None:
    from tanos.exchange.ledger import Side, begin
    from tests.conftest import call

    with bare_tanium_server.store.change(call(bare_tanium_server)) as change:
        begin(change, Side.ISSUER, "1A2B-0000-0000-0000-0000-0000-0000-0000", "CN=zs1", "verified")
        begin(change, Side.REQUESTER, "9999-0000-0000-0000-0000-0000-0000-0000", "CN=ts1", "made")

    assert protection.protected_names(bare_tanium_server.home) == {"reporting-1A2B.csr"}


def test_a_client_that_leaves_before_its_first_packet_is_no_fault(dropbox: Path) -> None:
    ours, theirs = socket.socketpair()
    ours.close()

    with theirs:
        run(Handler(DropBoxServer(Box(dropbox, "tag", bool), lambda *_: None), theirs))


def test_what_is_answered_quickly_is_answered_as_the_library_would(client: Client, dropbox: Path) -> None:
    (dropbox / "outgoing" / "a").write_bytes(b"data")
    quickly = client.handle(b"/outgoing/a", READ)
    kind, body = client.ask(3, string(b"/outgoing/a") + struct.pack(">III", READ, 4, 0o600))
    assert kind == 102
    slowly = body[4:]

    for handle in (quickly, slowly):
        assert client.read(handle) == b"data"
        assert client.read(handle, 4) == EOF
        assert client.status(4, string(handle) + b"\0") == BAD_MESSAGE
        assert client.status(4, string(handle)) == OK
        assert client.status(4, string(handle)) == FAILURE
    assert client.status(17, string(b"/outgoing/b")) == NO_SUCH_FILE
    assert client.status(7, string(b"/outgoing/a") + b"\0") == BAD_MESSAGE
    assert client.status(17, b"\0\0\0\xffx") == BAD_MESSAGE


def test_uploads_are_answered_quickly_as_the_library_would(client: Client, dropbox: Path) -> None:
    rights, times = struct.pack(">II", 4, 0o600), struct.pack(">III", 8, 7, 7)
    for number, attributes in enumerate((bytes(4), rights, times)):
        name = f"a{number}"
        flags = struct.pack(">I", WRITE | CREATE | TRUNCATE)
        kind, body = client.ask(3, string(f"/incoming/{name}".encode()) + flags + attributes)
        assert kind == 102
        handle = body[4:]
        write = string(handle) + struct.pack(">Q", 0)
        assert client.status(6, write + string(b"data")) == OK
        assert client.status(6, write + b"\0\0\0\x09data") == BAD_MESSAGE
        assert client.status(6, string(handle + b"\0") + struct.pack(">Q", 0) + string(b"data")) == FAILURE
        kind, body = client.ask(8, string(handle))
        assert (kind, body[4:12]) == (105, struct.pack(">Q", 4))
        assert client.status(8, string(handle) + b"\0") == BAD_MESSAGE
        assert client.status(4, string(handle)) == OK
        assert client.status(4, string(handle)) == FAILURE
        assert (dropbox / "incoming" / name).read_bytes() == b"data"
    assert client.status(3, string(b"/incoming/a") + flags + rights + b"\0") == BAD_MESSAGE
    assert client.status(3, string(b"/outgoing/a") + flags + rights) == DENIED


def test_nothing_is_answered_before_the_version_is_agreed(dropbox: Path) -> None:
    ours, theirs = socket.socketpair()
    ours.sendall(string(bytes([17]) + struct.pack(">I", 1) + string(b"/")))
    ours.shutdown(socket.SHUT_WR)
    with ours, theirs:
        ours.settimeout(60)
        run(Handler(DropBoxServer(Box(dropbox, "tag", bool), lambda *_: None), theirs))
        theirs.shutdown(socket.SHUT_WR)
        assert ours.recv(1) == b""


def test_quick_opens_are_counted_too(client: Client, dropbox: Path) -> None:
    (dropbox / "outgoing" / "a").write_bytes(b"data")
    handles = [client.open(b"/outgoing/a", READ) for _ in range(MOST_HANDLES + 1)]

    assert [handle for handle in handles if isinstance(handle, int)] == [FAILURE]
