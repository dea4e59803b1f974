"""A home with secrets in it and a sentinel directory beside it: what no attack may change or read.

Invariant: everything but `/incoming` is compared, names, kinds, rights, lengths, times and bytes.
"""

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from tanos.appliance import Appliance
from tanos.exchange.file_names import request_name
from tanos.exchange.ledger import Side
from tanos.receipt import is_receipt, read_lines, receipt_of
from tests.conftest import TS1, bare_appliance, call

SECRET = b"KEEP-THIS-SECRET"
CODE = "1A2B-3C4D-5E6F-7081-92A3-B4C5-D6E7-F809"
_LIVELY = (".db-wal", ".db-shm")
"""Reading a database makes and removes these."""


@dataclass(frozen=True)
class Guarded:
    """An appliance, and the directory that holds it and its neighbour."""

    appliance: Appliance
    around: Path
    protected: str
    """The name of a request that an open exchange stands on."""
    works: bool
    """Whether the appliance runs, so that its database, its log and its sockets change."""

    @property
    def incoming(self) -> Path:
        """The directory that may change."""
        return self.appliance.incoming

    def clear(self) -> None:
        """Empty `/incoming`, and lay the secrets where they belong."""
        for path in self.incoming.iterdir():
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
        for path in (
            self.around / "beside" / "secret",
            self.appliance.home / "secret",
            self.incoming.parent / "secret",
        ):
            path.unlink(missing_ok=True)
            path.write_bytes(SECRET)

    def snapshot(self) -> dict[str, tuple[object, ...]]:
        """Return everything that has to stay, by path."""
        return {
            str(path.relative_to(self.around)): _seen(path)
            for path in sorted(self.around.rglob("*"))
            if self.incoming not in path.parents and not path.name.endswith(_LIVELY) and not self._is_at_work(path)
        }

    def _is_at_work(self, path: Path) -> bool:
        home = self.appliance.home
        return self.works and (path == home / "appliance.db" or bool({home / "log", home / "run"} & {*path.parents}))

    def visible(self) -> dict[str, bytes]:
        """Return the plain files of `/incoming` that are no parts and no receipts; these are judged."""
        seen = {path.name: path.read_bytes() for path in self._files() if not path.name.startswith(".")}
        return without_receipts(seen)

    def parts(self) -> dict[str, bytes]:
        """Return the parts in `/incoming` by hidden name."""
        return {path.name: path.read_bytes() for path in self._files() if path.name.startswith(".")}

    def _files(self) -> list[Path]:
        return [path for path in self.incoming.iterdir() if path.is_file() and not path.is_symlink()]


def without_receipts(seen: dict[str, bytes]) -> dict[str, bytes]:
    """Return files without receipts, each of which has to be that of its file, or of one that was refused."""
    files = {name: data for name, data in seen.items() if not is_receipt(name)}
    owners = {receipt_of(name): data for name, data in files.items()}
    for name in seen.keys() - files.keys():
        said = read_lines(seen[name])
        assert {"size", "recognised as", "verdict", "audit id", "time"} <= said.keys(), (name, seen[name])
        if said["verdict"] == "taken":
            assert said["sha256"] == hashlib.sha256(owners[name]).hexdigest(), name
    return files


def make_guarded(around: Path) -> Guarded:
    """Make a home where one exchange is open, and lay secrets in and beside it."""
    return guard(bare_appliance(around / "home", TS1), around)


def guard(appliance: Appliance, around: Path, *, works: bool = False) -> Guarded:
    """Open an exchange in a home, and lay secrets in and beside it; `around` holds it."""
    with appliance.store.change(call(appliance), CODE) as change:
        change.execute(
            "INSERT INTO exchanges (side, check_code, subject, state, since) VALUES (?, ?, 'CN=zs1', 'issued', ?)",
            Side.ISSUER.value,
            CODE,
            change.now,
        )
    name = request_name(appliance, Side.ISSUER, CODE)
    appliance.store.close()
    (around / "beside").mkdir()
    (appliance.outgoing / "given.crt").write_bytes(b"given")
    guarded = Guarded(appliance, around, name, works)
    guarded.clear()
    return guarded


def _seen(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return "link", path.readlink()
    if stat.S_ISDIR(status.st_mode):
        return "directory", status.st_mode
    data = hashlib.sha256(path.read_bytes()).digest() if stat.S_ISREG(status.st_mode) else b""
    return status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns, data
