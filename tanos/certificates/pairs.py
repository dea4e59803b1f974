"""Certificate and key are installed as a pair or not at all, whatever dies in the middle.

Invariant: `current` is one link to a complete version directory; everything below it was fsynced before the link was
renamed, and the rename is fsynced before anyone says "installed". One writer at a time holds a lock on the directory.
"""

import contextlib
import fcntl
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509

from tanos.certificates.check_code import fingerprint
from tanos.certificates.pair_files import (
    MANIFEST,
    Version,
    describe_version,
    has_file,
    mark_installed,
    open_directory,
    pair_facts,
    read_version,
    remove_version,
    version_name,
    version_number,
    write_version,
)
from tanos.certificates.pair_kinds import CURRENT, PairKind
from tanos.certificates.pair_link import (
    live_version,
    newest_first,
    point_back,
    point_to,
    recovered,
    undone_on_failure,
    version_numbers,
)
from tanos.dropbox import LARGEST
from tanos.errors import AnswerRefused, Damaged
from tanos.files import disk_trouble, make_directory, read_plain
from tanos.finding import refuse
from tanos.message import N_, Message

KEPT = 3


class PairStore:
    """The versions of one pair, and which of them is live."""

    def __init__(self, certificates: Path, kind: PairKind) -> None:
        self.kind = kind
        self.directory = kind.directory(certificates)

    def install(
        self, key_pem: bytes, cert_pem: bytes, manifest: Mapping[str, Any], named: Collection[str] = ()
    ) -> int:
        """Install a pair and return its version number; `manifest` says `installed_by` and `installed_at`.

        A kept pair whose certificate has one of the fingerprints `named` stays, however old it is.

        Raises AnswerRefused `key-mismatch` (nothing is written), Damaged `disk-failed` (the earlier pair is live).
        """
        facts = {**manifest, **pair_facts(self.kind, key_pem, cert_pem)}
        with self._writing() as store:
            live = live_version(store)
            number = max((*version_numbers(store), 0)) + 1
            with undone_on_failure(self.kind, store, number, live):
                if live:
                    mark_installed(store, live)
                write_version(self.kind, store, number, key_pem, cert_pem, facts)
                read_version(self.kind, store, number)
                point_to(store, number)
            self._tidy(store, number, live, named)
            return number

    def restore(self, number: int) -> None:
        """Make an earlier version live again. Raises AnswerRefused `no-such-version`, Damaged `pair-damaged`."""
        with self._writing() as store:
            live = live_version(store)
            if number not in version_numbers(store):
                raise AnswerRefused.because(
                    refuse(
                        "no-such-version",
                        N_("There is no version {number} to restore.", number=number),
                        N_("Choose one of the versions that are listed as kept."),
                    )
                )
            read_version(self.kind, store, number)
            with undone_on_failure(self.kind, store, None, live):
                if live:
                    mark_installed(store, live)
                point_to(store, number)

    def current(self) -> int | None:
        """Return the version that is live, or None where none was ever installed."""
        try:
            return version_number(str((self.directory / CURRENT).readlink()))
        except OSError:
            return None

    def keep_only(self, named: Collection[str]) -> None:
        """Keep the versions alone whose certificates have the fingerprints `named`. Raises Damaged `disk-failed`."""
        with self._writing() as store:
            kept = [number for number in newest_first(store) if self._shown(number) in named]
            if live_version(store) not in kept:
                point_back(store, kept[0] if kept else None)
            for number in set(version_numbers(store)) - set(kept):
                remove_version(self.kind, store, number)

    def is_intact(self) -> bool:
        """Say whether a pair is live and is what was written."""
        return bool(self.live_check_code())

    def versions(self) -> list[Version]:
        """Return the kept versions, newest first."""
        with self._reading() as store:
            return [] if store is None else [describe_version(self.kind, store, one) for one in newest_first(store)]

    @contextmanager
    def open_current(self) -> Iterator[Path | None]:
        """Yield a path to the live pair's directory that stays the same pair while it is used."""
        with self._reading() as store:
            live = live_version(store) if store is not None else None
            if store is None or live is None:
                yield None
                return
            directory = open_directory(version_name(live), store)
            try:
                yield Path(f"/proc/self/fd/{directory}")
            finally:
                os.close(directory)

    def read_current(self) -> tuple[bytes, bytes] | None:
        """Return key and certificate of the live pair, of one version; None where there is none."""
        with self._reading() as store:
            live = live_version(store) if store is not None else None
            if store is None or live is None:
                return None
            key_pem, cert_pem, _ = read_version(self.kind, store, live)
            return key_pem, cert_pem

    def read(self, number: int) -> tuple[bytes, bytes]:
        """Return key and certificate of a kept version. Raises Damaged `pair-damaged`."""
        with self._reading() as store:
            if store is None:
                raise Damaged("pair-damaged", N_("No pair is kept here."), N_("Install one."))
            key_pem, cert_pem, _ = read_version(self.kind, store, number)
            return key_pem, cert_pem

    def live_certificate(self) -> bytes | None:
        """Return the certificate of the live pair, PEM, or None where there is no link to one.

        Raises AnswerRefused `missing-file`, `not-a-file`, `too-large`.
        """
        link = self.directory / CURRENT
        path = link / self.kind.certificate
        return read_plain(path, LARGEST) if path.is_symlink() or path.exists() else None

    def certificate(self, number: int) -> bytes | None:
        """Return the certificate of a kept version, PEM; None where it cannot be read. No private key is."""
        try:
            return read_plain(self.directory / version_name(number) / self.kind.certificate, LARGEST)
        except AnswerRefused:
            return None

    def live_check_code(self) -> str:
        """Return the check code of the live pair; empty where there is none, or a damaged one."""
        try:
            live = self.read_current()
        except (Damaged, OSError):
            return ""
        return str(pair_facts(self.kind, *live)["check_code"]) if live else ""

    def recover(self) -> list[Message]:
        """Remove what an interrupted install left behind, and say what was found; called at start."""
        if not self.directory.is_dir():
            return []
        with self._writing() as store:
            return list(recovered(self.kind, store))

    def _tidy(self, store: int, live: int, before: int | None, named: Collection[str]) -> None:
        """Keep the last versions that are whole, the live one, the one to go back to, and those that are named.

        A failure here undoes nothing.
        """
        with contextlib.suppress(OSError):
            mark_installed(store, live)
            whole = [number for number in newest_first(store) if has_file(store, number, MANIFEST)]
            for number in version_numbers(store):
                if number not in (live, before, *whole[:KEPT]) and self._shown(number) not in named:
                    remove_version(self.kind, store, number)

    def _shown(self, number: int) -> str:
        """Return the fingerprint of the certificate of a kept version; empty where it cannot be read."""
        pem = self.certificate(number)
        try:
            return fingerprint(x509.load_pem_x509_certificate(pem)) if pem else ""
        except ValueError:
            return ""

    @contextmanager
    def _writing(self) -> Iterator[int]:
        try:
            make_directory(self.directory)
            store = open_directory(str(self.directory))
        except OSError as error:
            raise disk_trouble(error, self.directory.name) from error
        try:
            fcntl.flock(store, fcntl.LOCK_EX)
            yield store
        except OSError as error:
            raise disk_trouble(error, self.directory.name) from error
        finally:
            os.close(store)

    @contextmanager
    def _reading(self) -> Iterator[int | None]:
        try:
            store = open_directory(str(self.directory))
        except OSError:
            yield None
            return
        try:
            yield store
        finally:
            os.close(store)
