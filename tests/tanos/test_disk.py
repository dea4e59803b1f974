"""What is said of the disk is what the kernel knows of it."""

import os
from pathlib import Path

import pytest

from tanos.disk import LEAST_BYTES, disk_findings

BLOCK = 4096


def disk(*, blocks: int, files: int = 100, of_files: int = 1000, flags: int = 0) -> os.statvfs_result:
    """Return what statvfs says of a disk with that much left."""
    return os.statvfs_result((BLOCK, BLOCK, 10_000, blocks + 500, blocks, of_files, files + 5, files, flags, 255))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (disk(blocks=LEAST_BYTES // BLOCK), ""),
        (disk(blocks=LEAST_BYTES // BLOCK - 1), "full"),
        (disk(blocks=0), "full"),
        (disk(blocks=5000, files=0), "full"),
        (disk(blocks=5000, files=0, of_files=0), ""),
        (disk(blocks=5000, flags=os.ST_RDONLY), "read-only"),
    ],
    ids=["room enough", "a block too few", "no block", "no file", "files are not counted", "read-only"],
)
def test_a_disk_is_said_to_be_full_or_read_only_when_it_is(
    left: os.statvfs_result, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: left)
    found = disk_findings(tmp_path)
    assert [finding.id for finding in found] == (["disk-failed"] if said else [])
    assert all(said in str(finding.message) for finding in found)


def test_of_a_home_that_is_not_there_nothing_is_said(tmp_path: Path) -> None:
    assert disk_findings(tmp_path / "nowhere") == ()
