"""Root keys and the database that belongs to them, sealed, as one file in `/outgoing`.

Invariants: both are of one moment, since nothing changes either while the copy is made; nobody is given the keys who
does not say the password by which pki.db is sealed, which also shows that it is still known. That it went is audited.
"""

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.dropbox import put_outgoing
from tanos.errors import AnswerRefused
from tanos.files import PRIVATE, disk_trouble, wipe
from tanos.finding import Finding, refuse, warn
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say
from tanos.roots.backup_file import LARGEST, BackupFile, Head, sealed_database, written
from tanos.roots.kept import rotating
from tanos.roots.matching import mismatch_refused
from tanos.roots.sealed import is_sealed
from tanos.secret import Secret

_SNAPSHOT = Path("backups", "snapshot.unfinished")
_LAST = "SELECT time, after FROM audit WHERE verb = 'root-keys backup' AND result = 'done' ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True)
class Backup:
    """The file that is made, or that goes."""

    name: str
    password: Secret = field(default_factory=lambda: Secret(""))


def backup_name(appliance: Appliance) -> str:
    """Return what the file is called in `/outgoing`; a later one takes the place of an earlier one."""
    return f"{appliance.identity.name}-pki.sealed"


def backed_up_at(appliance: Appliance) -> str:
    """Return when a backup was last made that has all the root keys of now; empty where none has."""
    row = appliance.store.row(_LAST)
    return str(row["time"]) if row and row["after"] == _keys_of_now(appliance) else ""


def check_sealed(appliance: Appliance) -> None:
    """Raise AnswerRefused `not-sealed` where no password would do; Damaged `pki-damaged`."""
    if not is_sealed(appliance):
        raise AnswerRefused.because(_not_sealed())


async def _prepare(call: Call, *, password: Secret) -> Plan[Backup]:
    """Raises AnswerRefused `not-sealed`, `wrong-password`; Damaged `pki-damaged`."""
    appliance = call.appliance
    name = backup_name(appliance)
    refused = mismatch_refused(appliance)
    if not refused:
        check_sealed(appliance)
        keeper_of(appliance).sealed_backup(password.reveal(), b"")  # thrown away: it shows that the password is right
    facts = Facts(
        (
            Fact(N_("file"), f"/outgoing/{name}"),
            Fact(N_("root keys"), ", ".join(each.server_value for each in rotating(appliance))),
            Fact(N_("last backup of these"), backed_up_at(appliance) or N_("none")),
        )
    )
    return Plan(
        N_("Put root keys and their database into one file"),
        Backup(name, password),
        (facts,),
        refused,
        {"file": name},
    )


async def _apply(call: Call, plan: Plan[Backup], tell: Tell) -> Result:
    """Make it. Raises AnswerRefused `wrong-password`, `too-large`; Damaged `pki-damaged`, `disk-failed`."""
    appliance, name = call.appliance, plan.payload.name
    tell(N_("Copying the database …"))
    with appliance.store.change(call, about=f"/outgoing/{name}") as change:
        change.after = _keys_of_now(appliance)
        database, said = sealed_database(_snapshot(appliance))
        private = keeper_of(appliance).sealed_backup(plan.payload.password.reveal(), said)
        identity = appliance.identity
        head = Head(change.now, identity.name, identity.fqdn, identity.role.value, identity.release.name)
        put_outgoing(appliance, name, written(BackupFile(head, private, database)))
    facts = Facts((Fact(N_("file"), f"/outgoing/{name}"), Fact(N_("made"), change.now)))
    proceed = (
        Say(N_("Fetch it, keep it where this server is not, its password elsewhere, and then {remove}.",
               remove=deeds.REMOVE_ROOT_BACKUP)),
        Say(N_("It is put back by `tanos restore HOME FILE`, with this server stopped.")),
    )  # fmt: skip
    return Result(
        N_("Root keys and database are backed up"),
        (facts, *proceed),
        (_holds_keys(),),
        {"file": name, "made_at": head.made_at},
    )


async def _prepare_removal(call: Call) -> Plan[Backup]:
    name = backup_name(call.appliance)
    there = os.path.lexists(call.appliance.outgoing / name)
    facts = Facts((Fact(N_("in /outgoing"), name if there else "-"),))
    return Plan(
        N_("Remove the backup of root keys from /outgoing"),
        Backup(name),
        (facts,),
        data={"file": name, "there": there},
        confirmation=YES if there else NOTHING_TO_DO,
    )


async def _remove(call: Call, plan: Plan[Backup], tell: Tell) -> Result:
    """Wipe it. Raises Damaged `disk-failed`."""
    del tell
    path = call.appliance.outgoing / plan.payload.name
    with call.appliance.store.change(call, about=f"/outgoing/{path.name}") as change:
        change.quiet, change.after = not os.path.lexists(path), "removed"
        _discard(path)
    return Result(N_("No backup of root keys lies in /outgoing."), data={"file": path.name})


def _discard(path: Path) -> None:
    try:
        if path.is_symlink():
            path.unlink()
        else:
            wipe(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise disk_trouble(error, path.name) from error


def _snapshot(appliance: Appliance) -> bytes:
    """Return the database as it was last committed. Raises AnswerRefused `too-large`, Damaged `disk-failed`."""
    place = appliance.home / _SNAPSHOT
    try:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE))
        try:
            with closing(sqlite3.connect(appliance.store.path, isolation_level=None)) as connection:
                connection.execute("VACUUM INTO ?", (str(place),))
            if place.stat().st_size > LARGEST:
                raise _too_large()
            return place.read_bytes()
        finally:
            drop_snapshot(appliance)
    except (OSError, sqlite3.Error) as error:
        raise disk_trouble(error if isinstance(error, OSError) else OSError(str(error)), "backups") from error


def drop_snapshot(appliance: Appliance) -> None:
    """Wipe the copy of the database that a backup is made of, where one is left. Raises OSError."""
    with suppress(FileNotFoundError):
        wipe(appliance.home / _SNAPSHOT)


def _keys_of_now(appliance: Appliance) -> str:
    return ", ".join(each.check_code for each in rotating(appliance))


def _not_sealed() -> Finding:
    return refuse(
        "not-sealed",
        N_("pki.db lies open, so that a backup of it could be opened by anybody."),
        N_("First {seal}.", seal=deeds.SEAL_ROOTS),
    )


def _holds_keys() -> Finding:
    return warn(
        "backup-holds-roots",
        N_("This file holds, sealed, the private root keys: whoever has it and the password is this server."),
        N_("Remove it from /outgoing as soon as it was fetched."),
    )


def _too_large() -> AnswerRefused:
    return AnswerRefused(
        "too-large", N_("The database is too large for one file."), N_("Archive the audit first, then try again.")
    )


BACK_UP_ROOTS: Operation[Backup] = Operation(_prepare, _apply)
REMOVE_ROOT_BACKUP: Operation[Backup] = Operation(_prepare_removal, _remove)
