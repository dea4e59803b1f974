"""What tancopy may do with the two directories, file by file.

Invariants: `/incoming` is written, listed, read back, renamed within; `/outgoing` is only read. A file that an open
exchange stands on keeps its bytes.
"""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from asyncssh.sftp import SFTPError, SFTPFileAlreadyExists, SFTPNoSuchFile, SFTPPermissionDenied

from sftp.files.desk import Desk, Outcome, Slip, remove_receipt
from sftp.files.for_people import IsPerson, check_person, is_for_people, not_given_back
from sftp.files.places import INCOMING, Place, check_new_name
from sftp.files.room import Room
from sftp.files.upload import Upload, alone, drop_part, exists, hidden_name, remove_old_parts
from sftp.files.view import LOOK, View
from tanos.confinement.beneath import rename_to_new
from tanos.receipt import is_receipt, receipt_of
from tanos.receipts.wanted import AWAITED_KEYS, Wanted

Protected = Callable[[str], bool]
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


@dataclass
class Reading:
    """An open file that is read."""

    place: Place
    descriptor: int
    sent: int = 0
    """Bytes."""
    reached: int = 0
    """How far into the file what was sent goes, bytes."""

    @property
    def is_whole(self) -> bool:
        """Whether it was read to its end."""
        return self.reached >= os.fstat(self.descriptor).st_size


class Box(View):
    """The drop box of one appliance as one key sees it."""

    def __init__(
        self,
        dropbox: Path,
        tag: str,
        protected: Protected,
        only: str = "",
        wanted: Wanted | None = None,
        is_person: IsPerson = lambda: False,
    ) -> None:
        super().__init__(dropbox, tag, only)
        self._is_person = is_person
        self._protected = protected
        remove_old_parts(self._directories[INCOMING])
        wanted = wanted or Wanted()
        self._room = Room(self._directories[INCOMING], wanted)
        self._desk = Desk(self._directories[INCOMING], wanted)

    def read(self, place: Place) -> Reading:
        """Open a file to read it."""
        check_person(place, self._is_person)
        if place.directory != INCOMING or not is_for_people(place):
            return Reading(place, self.open(place, _READ))
        if exists(self.directory(place), place.name):
            raise not_given_back()
        return Reading(place, self.open_part(place, _READ))

    def write(self, place: Place, *, create: bool, exclusive: bool, truncate: bool) -> Upload:
        """Open a file to write it."""
        self._may_change(place)
        check_new_name(place)
        directory = self.directory(place)
        complete = exists(directory, place.name)
        if complete and exclusive:
            raise SFTPFileAlreadyExists(f"{place.name} is already here.")
        if not create and not complete and not exists(directory, hidden_name(self._tag, place.name)):
            raise SFTPNoSuchFile("There is no such file.")
        if not complete or truncate:
            return Upload(directory, place.name, self._tag, self._room, fresh=truncate or exclusive)
        if is_for_people(place):  # whoever goes on with it would read it first
            raise not_given_back()
        source = self.open(place, _READ)
        try:
            upload = Upload(directory, place.name, self._tag, self._room, fresh=True)
            self._fill(upload, source)
            return upload
        finally:
            os.close(source)

    def _fill(self, upload: Upload, source: int) -> None:
        try:
            upload.copy_from(source)
        except (SFTPError, OSError):
            upload.discard()
            raise

    def finish(self, uploads: Sequence[Upload]) -> list[Outcome]:
        """Let uploads appear under their names, durably, with their receipts; return what became of each.

        One that an open exchange stands on is refused, unless it brings the same bytes.
        """
        looked = [self._look(upload) for upload in uploads]
        failures = self._desk.make_durable([each for each in looked if isinstance(each, Slip)])
        outcomes = [
            self._concluded(each, failures.get(each.receipt.audit_id)) if isinstance(each, Slip) else each
            for each in looked
        ]
        self._desk.settle()
        return outcomes

    def _concluded(self, slip: Slip, error: OSError | None) -> Outcome:
        return self._desk.drop(slip, error) if error else self._desk.show(slip)

    def _look(self, upload: Upload) -> Slip | Outcome:
        place = Place(INCOMING, upload.name)
        try:
            if not self._stays(place, upload):
                return self._desk.look(upload)
            try:
                same = self._same(place, upload)
            finally:
                upload.discard()
            if not same:
                raise self._in_use(place)
        except (SFTPError, OSError) as error:
            return Outcome.failed(error)
        return Outcome(None, f"{upload.size} bytes, as they lie there")

    def _stays(self, place: Place, upload: Upload) -> bool:
        """Say whether what stands there is protected; where nobody can tell, the upload stays a part."""
        try:
            return self._protected(place.name) and exists(upload.directory, place.name)
        except (SFTPError, OSError):
            upload.abandon()
            raise

    def remove(self, place: Place) -> None:
        """Remove a file and its receipt, or the part of it that this key sent.

        A receipt stays: who sent something cannot hide that it was refused. One that has gone with its file may be
        removed again: who mirrors removes both.
        """
        self._may_change(place)
        directory = self.directory(place)
        if is_receipt(place.name):
            if exists(directory, place.name):
                raise SFTPPermissionDenied("A receipt goes with its file, or when /incoming is emptied.")
            return
        self._free(place)
        self.status(place)
        with alone(directory):
            try:
                if exists(directory, place.name):
                    remove_receipt(directory, place.name)
                    os.unlink(place.name, dir_fd=directory)
                else:
                    drop_part(directory, hidden_name(self._tag, place.name))
            except FileNotFoundError:
                raise SFTPNoSuchFile("There is no such file.") from None
        os.fsync(directory)

    def rename(self, old: Place, new: Place, *, replace: bool) -> None:
        """Rename within `/incoming`."""
        self._may_change(old)
        self._may_change(new)
        check_new_name(old)
        check_new_name(new)
        if old.name in AWAITED_KEYS and new.name not in AWAITED_KEYS:
            raise SFTPPermissionDenied(f"{old.name} keeps its name: a private key has no other here.")
        self._free(old)
        directory = self.directory(old)
        os.close(self.open(old, LOOK, parts=False))
        if replace:
            self._free(new)
        with alone(directory):
            if replace:
                if old.name != new.name:
                    remove_receipt(directory, new.name)
                os.rename(old.name, new.name, src_dir_fd=directory, dst_dir_fd=directory)
            else:
                rename_to_new(directory, old.name, new.name)
                remove_receipt(directory, new.name)
            self._move_receipt(directory, old.name, new.name)
        os.fsync(directory)

    def _move_receipt(self, directory: int, old: str, new: str) -> None:
        with contextlib.suppress(OSError):  # it has none, or it is the same name
            os.rename(receipt_of(old), receipt_of(new), src_dir_fd=directory, dst_dir_fd=directory)

    def set_time(self, place: Place, seconds: float) -> None:
        """Set when a file was last changed, unless it has a second name elsewhere."""
        if place.directory == INCOMING and place.name and not is_receipt(place.name):
            descriptor = self.open(place, _READ)
            try:
                if os.fstat(descriptor).st_nlink == 1:
                    os.utime(descriptor, (seconds, seconds))
            finally:
                os.close(descriptor)

    def _may_change(self, place: Place) -> None:
        if place.directory != INCOMING or not place.name:
            raise SFTPPermissionDenied("Only files in /incoming can be changed.")
        check_person(place, self._is_person)

    def _free(self, place: Place) -> None:
        if self._protected(place.name) and exists(self.directory(place), place.name):
            raise self._in_use(place)

    def _in_use(self, place: Place) -> SFTPPermissionDenied:
        return SFTPPermissionDenied(f"{place.name} belongs to an open exchange and stays as it is.")

    def _same(self, place: Place, upload: Upload) -> bool:
        there = self.open(place, _READ, parts=False)
        try:
            offset = 0
            while True:
                ours, theirs = os.pread(upload.descriptor, 1 << 20, offset), os.pread(there, 1 << 20, offset)
                if ours != theirs:
                    return False
                if not ours:
                    return True
                offset += len(ours)
        finally:
            os.close(there)
