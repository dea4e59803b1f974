"""Hostile paths: whatever a client or somebody on the machine does, nothing outside is reached."""

import os
import socket
from pathlib import Path

import pytest

from sftp.files.places import Place, place_of
from tanos.confinement.beneath import open_beneath, rename_to_new
from tests.sftp.files.conftest import (
    BAD_MESSAGE,
    CREATE,
    DENIED,
    FAILURE,
    NO_SUCH_FILE,
    OK,
    READ,
    TRUNCATE,
    UNSUPPORTED,
    WRITE,
    Client,
    lying,
    string,
)

OUTSIDE = [
    b"/etc/passwd",
    b"../../../../etc/passwd",
    b"/incoming/../../etc/passwd",
    b"/incoming/../outgoing/../../secret",
    b"/outgoing/../incoming/../../../proc/self/environ",
    b"/incoming/a/b",
    b"/incoming//a//b",
    b"/proc/self/fd/0",
    b"/incoming/" + b"x" * 256,
    b"/incoming/" + b"x/" * 5000,
    b"/incoming/nul\0byte",
    b"/incoming/\xff\xfe",
    b"/incoming/.hidden",
    b"/incoming/.upload-0123456789abcdef-x",
    b"/incoming/line\nbreak",
    b"/incoming/escape\x1b[2J",
    "/incoming/\u202egnp.exe".encode(),
    b"\0",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_is_read_written_listed_renamed_or_removed(
    client: Client, dropbox: Path, path: bytes
) -> None:
    (dropbox.parent / "secret").write_text("secret")
    client.put(b"/incoming/mine", b"mine")

    assert client.open(path, READ) in (NO_SUCH_FILE, FAILURE)
    assert client.open(path, WRITE | CREATE | TRUNCATE) in (NO_SUCH_FILE, FAILURE, DENIED)
    assert client.size(path) is None
    for kind in (11, 13, 14, 15, 7, 17):
        assert client.status(kind, string(path) + (b"\0\0\0\0" if kind == 14 else b"")) not in (OK, BAD_MESSAGE)
    assert client.status(18, string(b"/incoming/mine") + string(path)) != OK
    assert client.status(18, string(path) + string(b"/incoming/mine2")) != OK
    assert lying(dropbox / "incoming") == ["mine"]
    assert (dropbox.parent / "secret").read_text() == "secret"


def test_links_pipes_sockets_and_directories_planted_inside_do_not_exist(client: Client, dropbox: Path) -> None:
    incoming, secret = dropbox / "incoming", dropbox.parent / "secret"
    secret.write_text("secret")
    (incoming / "link").symlink_to(secret)
    (incoming / "magic").symlink_to("/proc/self/root/etc/passwd")
    (incoming / "inside").symlink_to("real")
    (incoming / "real").write_text("real")
    os.mkfifo(incoming / "fifo")
    (incoming / "directory").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(incoming / "socket"))

    assert set(client.names(b"/incoming")) == {b".", b"..", b"real"}
    for name in (b"link", b"magic", b"inside", b"fifo", b"directory", b"socket"):
        path = b"/incoming/" + name
        assert client.open(path, READ) == NO_SUCH_FILE
        assert client.size(path) is None
    assert client.put(b"/incoming/link", b"new") == OK
    assert secret.read_text() == "secret"
    assert (incoming / "link").read_text() == "new"
    assert client.put(b"/incoming/directory", b"new") == FAILURE
    assert (incoming / "directory").is_dir()


def test_a_part_replaced_by_a_link_is_not_written_through(client: Client, dropbox: Path) -> None:
    secret = dropbox.parent / "secret"
    secret.write_text("secret")
    client.write(client.handle(b"/incoming/a"), 0, b"part")
    (part,) = (dropbox / "incoming").iterdir()
    part.unlink()
    part.symlink_to(secret)

    assert client.open(b"/incoming/a", WRITE | CREATE) == FAILURE
    assert client.open(b"/incoming/a", READ) == NO_SUCH_FILE
    assert secret.read_text() == "secret"


def test_outgoing_is_only_read(client: Client, dropbox: Path) -> None:
    (dropbox / "outgoing" / "a").write_text("given")
    client.put(b"/incoming/b", b"mine")

    assert client.read(client.handle(b"/outgoing/a", READ)) == b"given"
    assert client.open(b"/outgoing/a", WRITE) == DENIED
    assert client.open(b"/outgoing/a", READ | WRITE | CREATE) == DENIED
    assert client.open(b"/outgoing/new", WRITE | CREATE) == DENIED
    assert client.status(13, string(b"/outgoing/a")) == DENIED
    assert client.status(18, string(b"/incoming/b") + string(b"/outgoing/b")) == DENIED
    assert client.status(18, string(b"/outgoing/a") + string(b"/incoming/c")) == DENIED
    assert client.status(9, string(b"/outgoing/a") + b"\0\0\0\x08" + b"\0" * 8) == OK
    assert (dropbox / "outgoing" / "a").stat().st_mtime > 1e9
    assert lying(dropbox / "outgoing") == ["a"]


def test_directories_and_links_cannot_be_made(client: Client, dropbox: Path) -> None:
    client.put(b"/incoming/a", b"x")

    assert client.status(14, string(b"/incoming/d") + b"\0\0\0\0") == DENIED
    assert client.status(15, string(b"/incoming")) == DENIED
    assert client.status(13, string(b"/incoming")) == DENIED
    assert client.status(20, string(b"/etc/passwd") + string(b"/incoming/l")) == DENIED
    assert client.status(19, string(b"/incoming/a")) == DENIED
    for extension in (b"hardlink@openssh.com", b"copy-data", b"ranges@asyncssh.com", b"expand-path@openssh.com"):
        body = string(extension) + string(b"/incoming/a") + string(b"/incoming/l")
        assert client.status(200, body) == UNSUPPORTED
    assert client.status(21, string(b"/incoming/l") + string(b"/incoming/a") + b"\0") in (DENIED, UNSUPPORTED)
    assert lying(dropbox / "incoming") == ["a"]


def test_renaming_to_a_name_that_is_taken_wants_to_be_meant(client: Client, dropbox: Path) -> None:
    client.put(b"/incoming/a", b"a")
    client.put(b"/incoming/b", b"b")

    assert client.status(18, string(b"/incoming/a") + string(b"/incoming/b")) == FAILURE
    assert (dropbox / "incoming" / "b").read_bytes() == b"b"
    posix = string(b"posix-rename@openssh.com") + string(b"/incoming/a") + string(b"/incoming/b")
    assert client.status(200, posix) == OK
    assert (dropbox / "incoming" / "b").read_bytes() == b"a"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (b"", Place()),
        (b".", Place()),
        (b"/", Place()),
        (b"//", Place()),
        (b"/..", Place()),
        (b"incoming", Place("incoming")),
        (b"/incoming/", Place("incoming")),
        (b"/incoming/..", Place()),
        (b"/incoming/../outgoing/./a", Place("outgoing", "a")),
        ("/incoming/ä ü.csr".encode(), Place("incoming", "ä ü.csr")),
    ],
)
def test_a_path_is_what_its_text_says(path: bytes, place: Place) -> None:
    assert place_of(path) == place


def test_the_kernel_refuses_every_way_out(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").write_text("out")
    (tmp_path / "in" / "link").symlink_to("../out")
    (tmp_path / "in" / "here").symlink_to("file")
    (tmp_path / "in" / "file").write_text("file")
    directory = os.open(tmp_path / "in", os.O_RDONLY)
    try:
        for name in ("../out", "link", "here", "/etc/passwd", "../in/file", "nul\0", "/proc/self/exe"):
            with pytest.raises(OSError, match=r"link|symbolic|Invalid cross-device|No such"):
                os.close(open_beneath(directory, name, os.O_RDONLY))
        os.close(open_beneath(directory, "file", os.O_RDONLY))
        (tmp_path / "in" / "taken").touch()
        with pytest.raises(FileExistsError):
            rename_to_new(directory, "file", "taken")
        rename_to_new(directory, "file", "free")
    finally:
        os.close(directory)
    assert (tmp_path / "in" / "free").exists()
