"""Files appear whole or not at all, and no link leads anywhere."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tanos.errors import AnswerRefused
from tanos.files import one_component, prepared, read_plain, sweep, write_whole


def test_a_file_is_written_whole_with_its_mode(tmp_path: Path) -> None:
    write_whole(tmp_path / "key", b"secret")
    assert (tmp_path / "key").read_bytes() == b"secret"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_an_earlier_file_survives_a_disk_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    write_whole(tmp_path / "file", b"earlier")

    def fail(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(OSError, match="No space"):
            write_whole(tmp_path / "file", b"later")
    assert (tmp_path / "file").read_bytes() == b"earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "日" * 85])
def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path: Path, name: str) -> None:
    write_whole(tmp_path / name, b"whole")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: b"whole"}


def test_nobody_elses_unfinished_file_is_taken_or_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tanos.files.token_hex", lambda _: "0" * 16)
    theirs = tmp_path / f".file.{'0' * 16}.new"
    theirs.write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "file", b"mine")
    assert theirs.read_bytes() == b"theirs"


def test_what_a_dead_writer_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        os.rename = lambda *_, **__: os._exit(9)
        write_whole(tmp_path / "reporting.csr", b"half")
    os.waitpid(child, 0)
    (left,) = tmp_path.iterdir()
    for name in (".hidden", "a.new", ".notes.new", ".reporting.csr.upload.new"):
        (tmp_path / name).touch()
    assert sweep(tmp_path) == 1
    assert not left.exists()
    assert len(list(tmp_path.iterdir())) == 4
    assert sweep(tmp_path / "none") == 0


def test_what_a_living_writer_is_writing_is_not_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = os.rename
    swept = []

    def sweeping(*words: Any, **names: Any) -> None:
        swept.append(sweep(tmp_path))
        rename(*words, **names)

    monkeypatch.setattr(os, "rename", sweeping)
    write_whole(tmp_path / "file", b"whole")
    assert swept == [0]
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"untouched")
    (tmp_path / "file").symlink_to(target)
    write_whole(tmp_path / "file", b"mine")
    assert target.read_bytes() == b"untouched"
    assert not (tmp_path / "file").is_symlink()


def test_reading_refuses_what_is_no_plain_file(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 101)
    (tmp_path / "link").symlink_to(tmp_path / "big")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "directory").mkdir()
    for name, wanted in {
        "big": "too-large",
        "link": "not-a-file",
        "fifo": "not-a-file",
        "directory": "not-a-file",
        "none": "missing-file",
    }.items():
        with pytest.raises(AnswerRefused) as refused:
            read_plain(tmp_path / name, limit=100)
        assert refused.value.id == wanted


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/etc/passwd", ".hidden", "a\0b", "x" * 256, "a\nb", "a\x1b[2J", "a\u202eb"]
)
def test_a_hostile_name_is_refused(name: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        one_component(name)
    assert refused.value.id == "bad-name"


@pytest.mark.parametrize("name", ["reporting.csr", "reporting-1A2B.csr", "zoné server.csr", "[red]evil.csr"])
def test_a_plain_name_is_taken(name: str) -> None:
    assert one_component(name) == name


@pytest.mark.parametrize("has_links", [True, False])
def test_prepared_files_appear_by_name_only_where_that_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def no_link(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if not has_links:
        monkeypatch.setattr(os, "link", no_link)
    (tmp_path / "b").write_bytes(b"earlier")
    with prepared(tmp_path / "a", b"new", 0o600, anew=True) as name_a:
        assert not (tmp_path / "a").exists()
        name_a()
    with prepared(tmp_path / "b", b"new", 0o644, anew=True) as name_b, pytest.raises(FileExistsError):
        name_b()
    with prepared(tmp_path / "c", b"never named", 0o600, anew=True):
        pass
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new", "b": b"earlier"}
    with prepared(tmp_path / "b", b"later", 0o644, anew=False) as name_b:
        name_b()
    assert (tmp_path / "b").read_bytes() == b"later"
    assert [(tmp_path / each).stat().st_mode & 0o777 for each in ("a", "b")] == [0o600, 0o644]
