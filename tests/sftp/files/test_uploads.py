"""Uploads: under their name whole, durable and at once, or not at all."""

import os
import struct
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from sftp.files import publisher, room
from sftp.files.upload import KEPT_SECONDS
from tanos.receipts.wanted import Wanted
from tests.sftp.files.conftest import (
    APPEND,
    CREATE,
    DENIED,
    EXCLUSIVE,
    FAILURE,
    NO_SUCH_FILE,
    OK,
    READ,
    TRUNCATE,
    WRITE,
    Client,
    lying,
    string,
    visible,
)


def test_a_file_appears_when_it_is_closed_and_not_before(client: Client, dropbox: Path) -> None:
    handle = client.handle(b"/incoming/a")
    client.write(handle, 0, b"hello")
    assert visible(dropbox) == set()

    assert client.close(handle) == OK

    assert (dropbox / "incoming" / "a").read_bytes() == b"hello"
    assert lying(dropbox / "incoming") == ["a"]
    ((did, about, after, result),) = client.events
    assert (did, about, result) == ("put", "/incoming/a", "done")
    assert after.startswith("5 bytes, unknown, sha256 2cf24dba")


def test_the_sender_sees_his_part_under_its_name_and_nobody_else_does(client: Client, dropbox: Path) -> None:
    handle = client.handle(b"/incoming/a")
    client.write(handle, 0, b"hello")
    other = Client(dropbox, "SHA256:two")

    assert client.size(b"/incoming/a") == 5
    assert b"a" in client.names(b"/incoming")
    assert other.size(b"/incoming/a") is None
    assert other.names(b"/incoming") == [b".", b".."]
    assert other.open(b"/incoming/a", READ) == NO_SUCH_FILE
    other.leave()


def test_a_lost_connection_keeps_the_part_for_its_sender_only(dropbox: Path) -> None:
    one = Client(dropbox)
    one.write(one.handle(b"/incoming/a"), 0, b"hello")
    one.leave()
    assert visible(dropbox) == set()

    again = Client(dropbox)
    assert again.size(b"/incoming/a") == 5
    handle = again.handle(b"/incoming/a", WRITE | CREATE)
    again.write(handle, 5, b" world")
    assert again.close(handle) == OK
    again.leave()
    assert (dropbox / "incoming" / "a").read_bytes() == b"hello world"


def test_a_lost_connection_over_a_complete_file_leaves_that_one(dropbox: Path) -> None:
    one = Client(dropbox)
    one.put(b"/incoming/a", b"complete")
    one.write(one.handle(b"/incoming/a"), 0, b"new")
    one.leave()

    again = Client(dropbox)
    assert again.size(b"/incoming/a") == 8
    again.leave()
    assert lying(dropbox / "incoming") == ["a"]
    assert (dropbox / "incoming" / "a").read_bytes() == b"complete"


def test_writing_in_place_begins_with_what_stands_there(client: Client, dropbox: Path) -> None:
    client.put(b"/incoming/a", b"0123456789")
    handle = client.handle(b"/incoming/a", WRITE | CREATE)
    client.write(handle, 2, b"xx")
    assert (dropbox / "incoming" / "a").read_bytes() == b"0123456789"

    client.close(handle)

    assert (dropbox / "incoming" / "a").read_bytes() == b"01xx456789"


def test_appending_ignores_the_offset(client: Client, dropbox: Path) -> None:
    client.put(b"/incoming/a", b"01234")
    handle = client.handle(b"/incoming/a", WRITE | APPEND)
    client.write(handle, 0, b"56")
    client.write(handle, 0, b"78")
    client.close(handle)

    assert (dropbox / "incoming" / "a").read_bytes() == b"012345678"


def test_exclusive_and_missing_are_told_apart(client: Client) -> None:
    assert client.open(b"/incoming/a", WRITE) == NO_SUCH_FILE
    client.put(b"/incoming/a", b"x")
    assert client.open(b"/incoming/a", WRITE | CREATE | EXCLUSIVE) == FAILURE
    assert isinstance(client.open(b"/incoming/b", WRITE | CREATE | EXCLUSIVE), bytes)


def test_of_two_uploads_of_one_name_the_later_beginning_wins(client: Client, dropbox: Path) -> None:
    second = Client(dropbox)
    first = client.handle(b"/incoming/a")
    client.write(first, 0, b"first")
    later = second.handle(b"/incoming/a")
    second.write(later, 0, b"second")

    assert "begun again" in client.sentence(4, string(first))
    assert visible(dropbox) == set()
    assert second.close(later) == OK
    assert (dropbox / "incoming" / "a").read_bytes() == b"second"
    second.leave()


def test_going_on_with_an_upload_that_another_connection_holds_is_refused(client: Client, dropbox: Path) -> None:
    second = Client(dropbox)
    client.write(client.handle(b"/incoming/a"), 0, b"first")

    assert second.open(b"/incoming/a", WRITE | CREATE) == FAILURE
    second.leave()


def test_a_file_of_an_open_exchange_keeps_its_bytes(dropbox: Path) -> None:
    (dropbox / "incoming" / "reporting-1A2B.csr").write_bytes(b"verified")
    one = Client(dropbox, protected=frozenset({"reporting-1A2B.csr"}))
    path = b"/incoming/reporting-1A2B.csr"

    assert one.put(path, b"other") == DENIED
    assert one.put(path, b"verified") == OK
    assert one.status(13, string(path)) == DENIED
    assert one.status(18, string(path) + string(b"/incoming/x")) == DENIED
    one.put(b"/incoming/y", b"y")
    assert one.status(200, string(b"posix-rename@openssh.com") + string(b"/incoming/y") + string(path)) == DENIED
    one.leave()
    assert (dropbox / "incoming" / "reporting-1A2B.csr").read_bytes() == b"verified"
    assert not [name for name in lying(dropbox / "incoming") if name.startswith(".")]


def test_a_file_may_not_grow_beyond_the_limit_and_does_not_appear_then(client: Client, dropbox: Path) -> None:
    for offset in (Wanted().largest, (1 << 63) - 1, (1 << 64) - 1):
        handle = client.handle(b"/incoming/a")
        assert client.write(handle, offset, b"x") == FAILURE
        assert "larger than 1073741824 bytes" in client.sentence(4, string(handle))
    assert lying(dropbox / "incoming") == []


def test_a_full_disk_is_told_and_leaves_nothing(
    client: Client, dropbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    handle = client.handle(b"/incoming/a")
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        assert "No space left" in client.sentence(6, string(handle) + struct.pack(">Q", 0) + string(b"x"))
    assert client.close(handle) == FAILURE
    assert lying(dropbox / "incoming") == []


def test_setting_length_and_time_of_what_is_sent(client: Client, dropbox: Path) -> None:
    handle = client.handle(b"/incoming/a")
    client.write(handle, 0, b"0123456789")
    assert client.status(10, string(handle) + struct.pack(">IQ", 1, 4)) == OK
    assert client.status(10, string(handle) + struct.pack(">III", 8, 1_000_000, 1_500_000_000)) == OK
    assert client.status(10, string(handle) + struct.pack(">II", 4, 0o100777)) == OK
    client.close(handle)

    status = (dropbox / "incoming" / "a").stat()
    assert (status.st_size, status.st_mtime, status.st_mode & 0o777) == (4, 1_500_000_000, 0o600)


def test_old_parts_are_removed_and_young_and_held_ones_are_kept(
    client: Client, dropbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = dropbox / "incoming" / ".upload-0-left"
    left.touch()
    held = client.handle(b"/incoming/held")
    client.write(held, 0, b"part")
    os.utime(left, (1, 1))

    Client(dropbox).leave()
    assert left.exists()

    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + KEPT_SECONDS + 60)
    Client(dropbox).leave()
    assert not left.exists()
    assert client.close(held) == OK
    assert KEPT_SECONDS == 24 * 3600


def test_incoming_takes_so_many_bytes_of_files_and_parts_and_no_more(
    dropbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Wanted(most_bytes=100_000)
    monkeypatch.setattr(room, "_BYTES_UNSEEN", 0)
    one, two = Client(dropbox, wanted=wanted), Client(dropbox, "SHA256:two", wanted=wanted)
    assert one.put(b"/incoming/a", bytes(40_000)) == OK
    assert two.write(two.handle(b"/incoming/part"), 0, bytes(40_000)) == OK

    handle = one.handle(b"/incoming/b")
    assert one.write(handle, 0, bytes(20_000)) == OK
    assert "no room" in one.sentence(6, string(handle) + struct.pack(">Q", 20_000) + string(b"x"))
    assert "no room" in one.sentence(4, string(handle))
    assert one.status(10, string(one.handle(b"/incoming/c")) + struct.pack(">IQ", 1, 30_000)) == FAILURE
    assert one.open(b"/incoming/a", WRITE | CREATE) == FAILURE

    assert visible(dropbox) == {"a"}
    assert one.status(13, string(b"/incoming/a")) == OK
    assert one.put(b"/incoming/b", bytes(60_000)) == OK
    one.leave()
    two.leave()


def test_incoming_takes_so_many_files_and_no_more(dropbox: Path) -> None:
    one = Client(dropbox, wanted=Wanted(most_files=3))
    for name in (b"a", b"b", b"c"):
        assert one.put(b"/incoming/" + name, b"x") == OK

    assert "most that it takes" in one.sentence(3, string(b"/incoming/d") + struct.pack(">II", WRITE | CREATE, 0))
    assert one.status(13, string(b"/incoming/a")) == OK
    assert one.put(b"/incoming/d", b"x") == OK
    one.leave()


def test_files_that_vanish_while_they_are_counted_do_no_harm(dropbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = dropbox / "incoming" / "a"
    file.write_bytes(b"x")
    real = os.scandir

    def slow(directory: int) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        with real(directory) as entries:
            found = list(entries)
        file.unlink(missing_ok=True)
        return nullcontext(iter(found))

    monkeypatch.setattr(os, "scandir", slow)

    one = Client(dropbox)
    assert one.put(b"/incoming/b", b"x") == OK
    one.leave()


def test_the_appliance_keeps_a_part_of_the_disk_for_itself(dropbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "RESERVE", 1 << 60)
    one = Client(dropbox)

    assert one.write(one.handle(b"/incoming/a"), 0, b"x") == FAILURE
    one.leave()


def test_long_names_are_sent_and_resumed_too(dropbox: Path) -> None:
    path = b"/incoming/" + b"n" * 255
    one = Client(dropbox)
    one.write(one.handle(path), 0, b"hello")
    one.leave()
    again = Client(dropbox)
    assert again.size(path) == 5
    handle = again.handle(path, WRITE | CREATE)
    again.write(handle, 5, b"!")
    assert again.close(handle) == OK
    again.leave()
    assert (dropbox / "incoming" / ("n" * 255)).read_bytes() == b"hello!"


def test_in_a_long_run_every_file_is_there_when_asked_for_and_at_the_end(dropbox: Path) -> None:
    one = Client(dropbox)
    count = publisher.AT_ONCE + 3 * publisher.MOST_PENDING
    for number in range(count):
        assert one.put(f"/incoming/f{number}".encode(), str(number).encode()) == OK
        if number % 20 == 0:
            assert one.size(f"/incoming/f{number}".encode()) == len(str(number))
    assert len(one.names(b"/incoming")) == count + 2
    assert len(visible(dropbox)) == count
    for number in range(40):
        one.put(b"/incoming/same", str(number).encode())
    one.leave()

    assert one.left == []
    assert (dropbox / "incoming" / "same").read_bytes() == b"39"
    assert len([event for event in one.events if event[0] == "put"]) == count + 40


def test_in_a_long_run_a_failure_is_told_at_the_next_question_or_at_the_end(
    dropbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Client(dropbox)
    for number in range(publisher.AT_ONCE):
        one.put(f"/incoming/f{number}".encode(), b"x")
    monkeypatch.setattr(os, "rename", _broken)
    one.put(b"/incoming/asked", b"x")
    one.put(b"/incoming/left", b"x")
    one.put(b"/incoming/again", b"x")

    assert "Input/output" in one.sentence(17, string(b"/incoming/asked"))
    assert one.size(b"/incoming/asked") == 1  # its part, which may be sent again
    monkeypatch.undo()
    assert one.open(b"/incoming/again", WRITE | CREATE | TRUNCATE) == FAILURE
    one.leave()

    assert one.left == ["/incoming/left: Input/output error"]
    assert len([event for event in one.events if event[0] == "refused"]) == 3


def test_the_first_files_are_durable_before_their_close_is_answered(
    client: Client, dropbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    client.put(b"/incoming/a", b"x")

    part, *shown = synced
    assert part.endswith("-a")
    assert part.startswith(".upload-")  # before it appears
    assert shown == ["a.receipt", "incoming"]


def _broken(*_: object, **__: object) -> None:
    raise OSError(5, "Input/output error")
