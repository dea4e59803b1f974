"""What happens between two steps of an upload: another connection of the same key is let in at just that point."""

import os
import threading
from pathlib import Path

import pytest
from asyncssh.sftp import SFTPError, SFTPFailure

from sftp.files import publisher, upload
from sftp.files.box import Box
from sftp.files.desk import Outcome
from sftp.files.places import INCOMING, Place
from sftp.files.publisher import Publisher
from sftp.files.upload import Upload, hidden_name, tag_of
from tanos.confinement.beneath import open_beneath

HERE = Place(INCOMING, "a")
TAG = tag_of("key")


@pytest.fixture
def dropbox(tmp_path: Path) -> Path:
    """An empty drop box."""
    for name in ("incoming", "outgoing"):
        (tmp_path / name).mkdir()
    return tmp_path


def begin(box: Box, data: bytes) -> Upload:
    upload = box.write(HERE, create=True, exclusive=False, truncate=True)
    upload.write(0, data)
    return upload


def test_an_upload_begun_again_while_the_first_is_made_durable_does_not_appear_half(
    dropbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (Box(dropbox, TAG, lambda _: False) for _ in range(2))
    first = begin(one, b"the whole of the first")
    later: list[Upload] = []
    real, first_of_all = os.fsync, threading.Lock()

    def fsync(descriptor: int) -> None:
        with first_of_all:
            if not later:
                later.append(begin(other, b"a part of"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    (outcome,) = one.finish([first])

    assert isinstance(outcome.error, SFTPFailure)
    assert not (dropbox / "incoming" / "a").exists()
    later[0].write(9, b" the second")
    assert [each.error for each in other.finish(later)] == [None]
    assert (dropbox / "incoming" / "a").read_bytes() == b"a part of the second"


def test_what_appears_while_an_upload_is_gone_on_with_is_not_written_to(
    dropbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, final = dropbox / "incoming" / hidden_name(TAG, "a"), dropbox / "incoming" / "a"
    part.write_bytes(b"whole")
    box = Box(dropbox, TAG, lambda _: False)
    real = open_beneath

    def opened_and_renamed(directory: int, name: str, flags: int, mode: int = 0) -> int:
        descriptor = real(directory, name, flags, mode)
        part.rename(final)
        return descriptor

    monkeypatch.setattr(upload, "open_beneath", opened_and_renamed)
    with pytest.raises(SFTPError):
        box.write(HERE, create=True, exclusive=False, truncate=False).write(0, b"WRITTEN")
    assert final.read_bytes() == b"whole"


def test_what_fails_as_nobody_foresaw_is_told_to_who_waits_and_written_down(
    dropbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unforeseen(Exception):
        pass

    def finish(_: object, uploads: object) -> list[Outcome]:
        raise Unforeseen

    monkeypatch.setattr(publisher, "AT_ONCE", 0)
    monkeypatch.setattr(Box, "finish", finish)
    told: list[tuple[str, ...]] = []
    faults: list[BaseException] = []
    box = Box(dropbox, TAG, lambda _: False)
    runs = Publisher(box, lambda *event: told.append(event))
    runs.fault = faults.append

    runs.publish(begin(box, b"first"))
    with pytest.raises(SFTPFailure):
        runs.settle(HERE)

    assert runs.close() == []
    assert [event[0] for event in told] == ["refused"]
    assert [type(error) for error in faults] == [Unforeseen]


def test_two_uploads_of_one_name_closed_in_one_breath_are_both_judged(
    dropbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "AT_ONCE", 0)
    told: list[tuple[str, ...]] = []
    box = Box(dropbox, TAG, lambda _: False)
    runs = Publisher(box, lambda *event: told.append(event))
    first, second = begin(box, b"first"), begin(box, b"second")

    runs.publish(first)
    runs.publish(second)
    left = runs.close()

    assert [event[0] for event in told] == ["refused", "put"]
    assert len(left) == 1
    assert "begun again" in left[0]
    assert (dropbox / "incoming" / "a").read_bytes() == b"second"
