"""Files appear whole or not at all, and no link leads anywhere."""

import errno
import os
from pathlib import Path

import pytest

from tanos.errors import AnswerRefused
from tanos.files import one_component, read_plain, write_whole


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
