"""An appliance becomes what it was when a backup of its root keys was made; offline, since its database is replaced.

Invariants: keys and database come from one backup, or nothing does; one of another appliance or release is refused,
as is a wrong password, before anything is written. What was issued since stays valid, and is known to no register.

Rule (seed 001): who restores pki.db restores the database that belongs to it, or clients cannot connect.
"""

import sqlite3
import struct
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.files import disk_trouble, read_given
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Plan, Result
from tanos.report import Fact, Facts, Say
from tanos.roots.backup_file import LARGEST, BackupFile, half_a_backup, opened_database, understood
from tanos.roots.kept import State, recorded_roots, rotating
from tanos.roots.offers import ROTATED_HERE
from tanos.roots.restoring import (
    begin_restoring,
    commit_restoring,
    drop_restoring,
    finish_restoring,
    record_restored,
)
from tanos.secret import Secret
from tanos.serving_alone import only_one
from tanos.store.schema import MIGRATIONS

_USER_VERSION = slice(60, 64)
"""Where a database of SQLite says how many migrations were done."""
_SHORTEST = 512
_ACTIVE = "SELECT check_code, server_value FROM root_keys WHERE state = 'active' AND server_value LIKE '% Root %'"
_SINCE = "SELECT count(*) AS count FROM issued WHERE certificate != '' AND issued_at > ?"


@dataclass(frozen=True)
class Restoration:
    """What is put in place."""

    appliance: Appliance
    file: BackupFile
    database: bytes
    password: Secret


def plan_restore(home: Path, file: Path, password: Secret) -> Plan[Restoration]:
    """Say what an appliance becomes.

    Raises AnswerRefused `missing-file`, `not-a-file`, `half-a-backup`, `backup-damaged`, `other-appliance`,
    `wrong-password`, `too-large`; Damaged `no-home`.
    """
    appliance = Appliance.open(home)
    data = read_given(file, LARGEST)
    if len(data) > LARGEST:
        raise AnswerRefused("too-large", N_("This file is too large for a backup."), N_("Check which file it is."))
    read = understood(data)
    _check_same(appliance, read)
    said = keeper_of(appliance).open_backup(read.private, password.reveal(), "")
    database = opened_database(read.database, said)
    _check_known(database)
    kept = _active_in(database)
    facts = Facts(
        (
            Fact(N_("backup of"), inert(f"{read.head.name} ({read.head.fqdn})")),
            Fact(N_("made"), inert(read.head.made_at)),
            Fact(N_("root keys in it"), inert(", ".join(kept.values())) or "-"),
            Fact(N_("root keys here now"), ", ".join(each.server_value for each in rotating(appliance)) or "-"),
        )
    )
    goes = Say(
        N_("Root keys, users, settings, registers: all are then as they were; what is here now is overwritten.")
    )
    return Plan(
        N_("Restore {name} from a backup of its root keys", name=appliance.identity.name),
        Restoration(appliance, read, database, password),
        (facts, goes),
        (*_coming_back(appliance, kept), *_lost(appliance, read.head.made_at)),
        {"name": read.head.name, "made_at": read.head.made_at, "roots": list(kept.values())},
    )


def apply_restore(wanted: Restoration) -> Result:
    """Do it. Raises NotYet `already-serving`, Damaged `disk-failed`."""
    appliance, head = wanted.appliance, wanted.file.head
    with only_one(appliance):
        appliance.store.close()
        place = begin_restoring(appliance)
        try:
            _stage(wanted, place)
            commit_restoring(appliance, place, wanted.database)
        finally:
            drop_restoring(place)
        finish_restoring(appliance)
        record_restored(appliance, f"as of {head.made_at}")
        keeper_of(appliance).recover()
        found = ", ".join(each.server_value for each in rotating(appliance))
        appliance.store.close()
    facts = Facts((Fact(N_("as of"), inert(head.made_at)), Fact(N_("root keys"), found)))
    proceed = (
        Say(N_("Start it now (`tanos serve`). pki.db is sealed by the password of the backup.")),
        Say(
            N_(
                "What was revoked or issued after the backup is to be done again; see {roots}.",
                roots=deeds.LIST_ROOTS,
            )
        ),
    )
    return Result(
        N_("{name} is restored", name=appliance.identity.name),
        (facts, *proceed),
        data={"name": head.name, "made_at": head.made_at},
    )


def _stage(wanted: Restoration, place: Path) -> None:
    try:
        keeper_of(wanted.appliance).open_backup(wanted.file.private, wanted.password.reveal(), str(place / "root"))
    except OSError as error:
        raise disk_trouble(error, "root") from error


def _check_same(appliance: Appliance, read: BackupFile) -> None:
    if not ROTATED_HERE.holds_for(appliance.identity) or not read.head.is_of(appliance.identity):
        raise AnswerRefused(
            "other-appliance",
            N_("This is a backup of {name} ({fqdn}), not of this appliance.", name=inert(read.head.name),
               fqdn=inert(read.head.fqdn)),
            N_("Restore it there; a lost server is first made anew, with that name, FQDN and release."),
        )  # fmt: skip
    if read.head.release != appliance.identity.release.name:
        raise AnswerRefused(
            "other-appliance",
            N_("This backup was made at release {release}.", release=inert(read.head.release)),
            N_("Restore it to an appliance of that release."),
        )


def _check_known(database: bytes) -> None:
    if len(database) < _SHORTEST or struct.unpack(">I", database[_USER_VERSION])[0] > len(MIGRATIONS):
        raise half_a_backup()


def _active_in(database: bytes) -> dict[str, str]:
    """Return the active roots of a backup's database that rotate: server values by check code."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.deserialize(database)
            return dict(connection.execute(_ACTIVE).fetchall())
        except sqlite3.Error as error:
            raise half_a_backup() from error


def _coming_back(appliance: Appliance, kept: Mapping[str, str]) -> tuple[Finding, ...]:
    """Say which of them are revoked here now."""
    revoked = {each.check_code for each in recorded_roots(appliance) if each.state is State.REVOKED}
    names = ", ".join(name for code, name in kept.items() if code in revoked)
    if not names:
        return ()
    message = N_("Revoked since this backup was made, and active again with it: {names}.", names=inert(names))
    return (warn("root-comes-back", message, N_("Revoke it anew afterwards: {revoke}.", revoke=deeds.REVOKE_ROOT)),)


def _lost(appliance: Appliance, made_at: str) -> tuple[Finding, ...]:
    row = appliance.store.row(_SINCE, made_at)
    count = int(row["count"]) if row else 0
    if not count:
        return ()
    return (
        warn(
            "issued-since",
            N_(
                "{count} certificate was issued after this backup was made.",
                "{count} certificates were issued after this backup was made.",
                count=count,
            ),
            N_("What was issued stays valid, and no register knows it any more: note the serials first."),
        ),
    )
