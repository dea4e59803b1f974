"""The drop boxes: what lies there is never trusted."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.dropbox import LARGEST, incoming_files, put_outgoing, read_incoming, remove_outgoing
from tanos.errors import AnswerRefused, Damaged


def test_files_are_listed_newest_first_by_suffix_in_any_case(bare_zone_server: Appliance) -> None:
    for age, name in enumerate(["new.csr", "Old.CSR", "other.crt"]):
        path = bare_zone_server.incoming / name
        path.write_bytes(b"x" * age)
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    assert [file.name for file in incoming_files(bare_zone_server, (".csr",))] == ["new.csr", "Old.CSR"]
    assert [file.size for file in incoming_files(bare_zone_server)] == [0, 1, 2]


def test_a_time_beyond_that_of_its_arrival_makes_no_file_newer(bare_zone_server: Appliance) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    for name, seconds in (("from-2106.csr", 0xFFFFFFFF), ("beyond-all-years.csr", 1 << 40), ("older.csr", 1_000_000)):
        path = bare_zone_server.incoming / name
        path.write_bytes(b"x")
        os.utime(path, (seconds, seconds))
    arrived = bare_zone_server.incoming / "just-arrived.csr"
    arrived.write_bytes(b"x")
    while (
        arrived.stat().st_mtime_ns <= path.stat().st_ctime_ns
    ):  # the disk's clock is coarser than that of two writes
        arrived.write_bytes(b"x")

    first, *others, last = incoming_files(bare_zone_server)
    assert first.name == "just-arrived.csr"
    assert last.name == "older.csr"
    assert all(began < file.modified <= datetime.now(UTC) for file in others)


def test_only_complete_plain_files_with_plain_names_exist(bare_zone_server: Appliance, tmp_path: Path) -> None:
    box = bare_zone_server.incoming
    (tmp_path / "secret").write_bytes(b"secret")
    (box / "link.csr").symlink_to(tmp_path / "secret")
    (box / "dangling.csr").symlink_to(tmp_path / "none")
    (box / "directory.csr").mkdir()
    os.mkfifo(box / "pipe.csr")
    (box / ".part.csr").write_bytes(b"half")
    (box / "bell\a.csr").write_bytes(b"x")
    (box / "over\u202eride.csr").write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(box) + b"/\xff\xfe.csr")).write_bytes(b"x")
    (box / "good.csr").write_bytes(b"x")
    assert [file.name for file in incoming_files(bare_zone_server)] == ["good.csr"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../appliance.toml", "bad-name"),
        ("/etc/passwd", "bad-name"),
        (".part.csr", "bad-name"),
        ("..", "bad-name"),
        ("", "bad-name"),
        ("a\0b", "bad-name"),
        ("a\nb", "bad-name"),
        ("x" * 256, "bad-name"),
        ("none.csr", "missing-file"),
        ("link.csr", "not-a-file"),
        ("directory.csr", "not-a-file"),
        ("pipe.csr", "not-a-file"),
        ("huge.csr", "too-large"),
    ],
)
def test_reading_is_refused_by_name(bare_zone_server: Appliance, name: str, why: str) -> None:
    box = bare_zone_server.incoming
    (box / "link.csr").symlink_to(bare_zone_server.home / "appliance.toml")
    (box / "directory.csr").mkdir()
    os.mkfifo(box / "pipe.csr")
    (box / "huge.csr").write_bytes(b"x" * (LARGEST + 1))
    with pytest.raises(AnswerRefused) as refused:
        read_incoming(bare_zone_server, name)
    assert refused.value.id == why


def test_exactly_the_limit_is_read(bare_zone_server: Appliance) -> None:
    (bare_zone_server.incoming / "a.csr").write_bytes(b"x" * LARGEST)
    assert len(read_incoming(bare_zone_server, "a.csr")) == LARGEST


def test_what_is_put_out_is_whole_replaces_and_can_be_taken_back(bare_zone_server: Appliance) -> None:
    put_outgoing(bare_zone_server, "reporting.csr", b"one")
    put_outgoing(bare_zone_server, "reporting.csr", b"two")
    assert [path.name for path in bare_zone_server.outgoing.iterdir()] == ["reporting.csr"]
    assert (bare_zone_server.outgoing / "reporting.csr").read_bytes() == b"two"
    remove_outgoing(bare_zone_server, "reporting.csr")
    remove_outgoing(bare_zone_server, "reporting.csr")
    assert not list(bare_zone_server.outgoing.iterdir())


def test_a_link_planted_in_outgoing_is_replaced_and_not_followed(bare_zone_server: Appliance, tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"precious")
    (bare_zone_server.outgoing / "reporting.csr").symlink_to(tmp_path / "victim")
    put_outgoing(bare_zone_server, "reporting.csr", b"new")
    assert (tmp_path / "victim").read_bytes() == b"precious"
    assert not (bare_zone_server.outgoing / "reporting.csr").is_symlink()


def test_a_missing_directory_is_a_sentence(bare_zone_server: Appliance) -> None:
    bare_zone_server.outgoing.rmdir()
    bare_zone_server.incoming.rmdir()
    assert incoming_files(bare_zone_server) == []
    with pytest.raises(Damaged) as failed:
        put_outgoing(bare_zone_server, "reporting.csr", b"x")
    assert failed.value.id == "disk-failed"
