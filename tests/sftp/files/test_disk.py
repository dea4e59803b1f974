"""What waits for the disk: several calls at a time, each with an outcome of its own."""

import os
import threading
from pathlib import Path

import pytest

from sftp.files.disk import Disk


def test_files_are_made_durable_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    all_there = threading.Barrier(4)
    monkeypatch.setattr(os, "fsync", lambda _: all_there.wait(60))

    assert Disk().make_durable(range(8)) == {}


def test_a_failure_is_that_of_its_file_and_keeps_no_other_from_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def fsync(descriptor: int) -> None:
        if descriptor == 1:
            raise OSError(28, "No space left on device")
        done.append(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    failed = Disk().make_durable(range(9))

    assert {descriptor: error.errno for descriptor, error in failed.items()} == {1: 28}
    assert sorted(done) == [0, *range(2, 9)]


def test_what_is_replaced_is_taken_apart_only_when_it_is_let_go(tmp_path: Path) -> None:
    def still_there() -> bool:
        links = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return Path(f"{tmp_path}/old (deleted)") in links

    directory = os.open(tmp_path, os.O_RDONLY)
    disk = Disk()
    (tmp_path / "old").write_bytes(b"x")
    disk.hold(directory, "old")
    disk.hold(directory, "never was")
    (tmp_path / "old").unlink()

    assert still_there()
    disk.let_go()
    assert not still_there()
    os.close(directory)
