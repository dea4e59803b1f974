"""The pair that is in use, copied into `/outgoing` before another one takes its place.

Invariants: the copy holds a private key, which is said wherever it is made; it is wiped after a day, or when an
operator says so, and a later copy takes the place of an earlier one. That it went is audited.
"""

import contextlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import PairKind
from tanos.dropbox import put_outgoing
from tanos.files import wipe
from tanos.https_pairs.served_pair import CONSOLE, OF_MODULES, SERVED, ServedPair
from tanos.https_pairs.swap import live_fingerprint
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts

KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Backup:
    """The files that lie in `/outgoing`."""

    names: tuple[str, ...]


def copies(kind: PairKind) -> tuple[str, str]:
    """Return what the copies of certificate and key are called."""
    return kind.copied_certificate, kind.copied_key


def put_backup(call: Call, pair: ServedPair) -> tuple[str, ...]:
    """Copy the live pair into `/outgoing`; return the names, none where there is no pair.

    Raises Damaged `pair-damaged`, `disk-failed`.
    """
    live = keeper_of(call.appliance).pair_shown(pair.kind.name, live_fingerprint(call.appliance, pair.kind.name))
    if live is None:
        return ()
    certificate, key = copies(pair.kind)
    with call.appliance.store.change(call, about=f"/outgoing/{key}") as change:
        change.after = "a copy of the pair in use, with its private key"
        put_outgoing(call.appliance, key, live[0])
        put_outgoing(call.appliance, certificate, live[1])
    return certificate, key


def backup_files(appliance: Appliance, pair: ServedPair) -> tuple[str, ...]:
    """Return which files of a copy lie in `/outgoing`."""
    return tuple(name for name in copies(pair.kind) if os.path.lexists(appliance.outgoing / name))


def expire_backup(appliance: Appliance) -> None:
    """Wipe each copy that has lain there for a day, or whose day lies ahead. Raises a TanosError of the store."""
    for pair in SERVED:
        if any(_age(appliance, appliance.outgoing / name) > KEPT for name in backup_files(appliance, pair)):
            _remove(system_call(appliance, pair.remove_backup.verb), pair)


def _age(appliance: Appliance, path: Path) -> timedelta:
    with contextlib.suppress(OSError):
        return abs(appliance.clock() - datetime.fromtimestamp(path.lstat().st_mtime, UTC))
    return timedelta(0)


def _remove(call: Call, pair: ServedPair) -> tuple[str, ...]:
    names = backup_files(call.appliance, pair)
    with call.appliance.store.change(call, about=f"/outgoing/{copies(pair.kind)[1]}") as change:
        change.quiet, change.before, change.after = not names, ", ".join(names), "removed"
        for name in names:
            discard(call.appliance.outgoing / name)
    return names


def discard(path: Path) -> None:
    """Overwrite a file and remove it; a link, or what is no file, is only removed."""
    try:
        wipe(path)
    except OSError:
        path.unlink(missing_ok=True)


def _removing(pair: ServedPair) -> Operation[Backup]:
    async def prepare(call: Call) -> Plan[Backup]:
        names = backup_files(call.appliance, pair)
        facts = Facts((Fact(N_("in /outgoing"), ", ".join(names) or "-"),))
        return Plan(
            N_("Remove the backup of {files} from /outgoing", files=pair.files),
            Backup(names),
            (facts,),
            data={"files": list(names)},
            confirmation=YES if names else NOTHING_TO_DO,
        )

    async def apply(call: Call, plan: Plan[Backup], tell: Tell) -> Result:
        names = _remove(call, pair)
        facts = Facts((Fact(N_("wiped from /outgoing"), ", ".join(names) or "-"),))
        return Result(N_("No backup of the key lies in /outgoing."), (facts,), data={"removed": list(names)})

    return Operation(prepare, apply)


REMOVE_BACKUP, REMOVE_SSL_BACKUP = _removing(CONSOLE), _removing(OF_MODULES)
