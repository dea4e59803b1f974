"""What the processes of a served appliance may reach: all that they need of its home, but not where private keys lie.

Invariants: below `root`, `requests`, `certificates` and `ssh` only the keeper opens anything; the front door, the
warm parent, sessions, verbs and the processes of drop boxes cannot, since each inherits what the front gave up before
it read its first byte. What is granted is named one by one, and never the home: the directories beside the keys, the
appliance's description, and the database's files, which therefore have to be there by then, and to stay. Names can be
listed everywhere; code, the system's libraries and settings can be read, and no file of code written.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tanos.appliance import Appliance
from tanos.confinement.confine import Confinement
from tanos.confinement.landlock import KEEP_FILES, LOOK, Reach, Right
from tanos.confinement.limits import Limits
from tanos.confinement.seccomp import NEVER, NO_LOCAL_SOCKETS, NO_NAMESPACES, ORDINARY, RUNNING, SOCKETS, Filter
from tanos.inside import DESCRIPTION

KEPT = ("root", "requests", "certificates", "ssh")
"""Directories of the keeper alone."""
BESIDE = ("dropbox", "known-keys", "run", "backups", "log")
DATABASE = ("appliance.db", "appliance.db-wal", "appliance.db-shm")
_CODE = Right.READ | Right.LIST | Right.EXECUTE
_DIRECTORIES = KEEP_FILES | Right.MAKE_DIRECTORY | Right.REMOVE_DIRECTORY
_DEVICE = Right.READ | Right.WRITE | Right.CONTROL_DEVICE | Right.LIST
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/nix/store", "/proc", "/sys")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
_RESOLVER = "/etc/resolv.conf"


def served_needs(appliance: Appliance) -> Confinement:
    """Return what the front door and all that it starts need."""
    home = appliance.home.resolve()
    files = _common(home)
    files |= {str(home / name): _DIRECTORIES | Right.MAKE_SOCKET for name in BESIDE}
    files |= {str(home / name): Right.READ | Right.WRITE | Right.TRUNCATE for name in DATABASE}
    files |= {f"/dev/{name}": _DEVICE for name in _DEVICES}
    files[str(Path(_RESOLVER).resolve().parent)] = LOOK
    return Confinement(Reach(_there(files, home), tcp=True), ORDINARY, Limits())


def keeper_needs(appliance: Appliance) -> Confinement:
    """Return what the keeper needs: no network, no other program, nothing beside its own directories and the log."""
    home = appliance.home.resolve()
    files = _common(home) | {str(home / "log"): KEEP_FILES}
    mine = {str((home / name).resolve()): _DIRECTORIES | Right.MAKE_LINK for name in KEPT}
    calls = Filter(NEVER | RUNNING | SOCKETS, only=False, cases=NO_NAMESPACES)
    return Confinement(Reach(_there(files, home) | mine), calls, Limits())


def supervisor_needs(appliance: Appliance) -> Confinement:
    """Return what the supervisor of the services needs: the database, too; the services are held further.

    Neither runs another program: a service is a fork.
    """
    home = appliance.home.resolve()
    files = _common(home)
    files |= {str(home / name): _DIRECTORIES | Right.MAKE_SOCKET for name in ("run", "log")}
    files[str(home / "known-keys")] = LOOK
    files |= {str(home / name): Right.READ | Right.WRITE | Right.TRUNCATE for name in DATABASE}
    files |= {f"/dev/{name}": _DEVICE for name in _DEVICES}
    files[str(Path(_RESOLVER).resolve().parent)] = LOOK
    calls = Filter(NEVER | RUNNING, only=False, cases=NO_NAMESPACES)
    return Confinement(Reach(_there(files, home), tcp=True), calls, Limits())


def service_needs() -> Confinement:
    """Return what the process of a service needs: code, the network, and nothing of any appliance.

    It meets no other process at a socket of this machine: some of them let in whoever is of this account.
    """
    code = {sys.prefix, sys.base_prefix, sys.exec_prefix, *_packages(), *_SYSTEM}
    files = {os.path.realpath(path): _CODE for path in code}
    files |= {f"/dev/{name}": _DEVICE for name in ("null", "random", "urandom")}
    files[str(Path(_RESOLVER).resolve().parent)] = LOOK
    files = {path: right for path, right in files.items() if os.path.exists(path)}  # noqa: PTH110 - names alone
    calls = Filter(NEVER | RUNNING, only=False, cases=NO_NAMESPACES + NO_LOCAL_SOCKETS)
    return Confinement(Reach(files, tcp=True), calls, Limits())


def missing(appliance: Appliance) -> list[str]:
    """Return the files of the database that are not there, without which a confined process could not open it."""
    return [name for name in DATABASE if not (appliance.home / name).exists()]


def _common(home: Path) -> dict[str, Right]:
    code = {sys.prefix, sys.base_prefix, sys.exec_prefix, *_packages(), *_SYSTEM}
    files = {os.path.realpath(path): _CODE for path in code}
    files["/"] = Right.LIST
    files[str(home / DESCRIPTION)] = Right.READ
    return files


def _packages() -> Iterator[str]:
    """Yield where our own code lies, also where it is not installed."""
    for name in ("tanos", "sftp", "menus"):
        yield str(Path(__file__).parents[2] / name)


def _there(files: dict[str, Right], home: Path) -> dict[str, Right]:
    """Return what of it is there; of a directory that has keys below, all beside them."""
    kept = [(home / name).resolve() for name in KEPT]
    found: dict[str, Right] = {}
    for path, right in files.items():
        real = Path(path).resolve()
        spread = [real] if right == Right.LIST else _around(real, kept)
        for each in spread:
            found[str(each)] = found.get(str(each), Right(0)) | right
    return found


def _around(path: Path, kept: list[Path]) -> Iterator[Path]:
    if any(path == each or each in path.parents for each in kept):
        return
    if os.path.islink(path) or not os.path.exists(path):  # noqa: PTH110, PTH114 - what may not be seen is not there
        return
    if not any(path in each.parents for each in kept):
        yield path
        return
    for child in path.iterdir():
        yield from _around(child, kept)
