"""One directory (its home) holds everything one appliance is; every path derives from it.

Invariant: opening a home changes nothing in it, so that two processes on one home never disturb each other.
"""

import tomllib
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path

from tanos.errors import Damaged, NotYet
from tanos.files import PRIVATE_DIRECTORY, make_directory, write_whole
from tanos.inside import DESCRIPTION
from tanos.message import N_
from tanos.platform import RELEASES, AddOn, Identity, Role
from tanos.store.store import Clock, Store

RESTORING = "restoring"
"""What a backup puts in place, until all of it is there."""
DIRECTORIES = (
    "ssh",
    "root",
    "requests",
    "certificates",
    "dropbox",
    "dropbox/incoming",
    "dropbox/outgoing",
    "known-keys",
    "run",
    "backups",
    "log",
)


def utc_now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


class Appliance:
    """All an operation may touch."""

    def __init__(self, home: Path, identity: Identity, clock: Clock = utc_now, patience: float | None = None) -> None:
        self.home = home
        self.identity = identity
        self.clock = clock
        self._patience = patience

    @classmethod
    def open(cls, home: Path, clock: Clock = utc_now, *, half_restored: bool = False) -> "Appliance":
        """Open an existing home; raise Damaged `no-home` where there is none.

        Raises NotYet `restore-unfinished` where a restoration was interrupted, unless it is opened to end that.
        """
        home = home.absolute()
        try:
            text = (home / DESCRIPTION).read_text()
            identity = _identity(text)
        except (OSError, ValueError, KeyError) as error:
            raise Damaged(
                "no-home",
                N_("{home} holds no appliance.", home=str(home)),
                N_("Make one with `tanos init {home} --role … --name … --fqdn …`.", home=str(home)),
            ) from error
        if not half_restored and (home / RESTORING).exists():
            raise NotYet(
                "restore-unfinished",
                N_("The restoration of this appliance from a backup was interrupted."),
                N_("Start it (`tanos serve {home}`): that ends it.", home=str(home)),
            )
        return cls(home, identity, clock)

    @cached_property
    def store(self) -> Store:
        """The database; opened at first use."""
        return Store(self.home / "appliance.db", self.clock, self._patience)

    @property
    def incoming(self) -> Path:
        """What others put here, as tancopy sees it `/incoming`."""
        return self.home / "dropbox" / "incoming"

    @property
    def outgoing(self) -> Path:
        """What others may fetch here, as tancopy sees it `/outgoing`."""
        return self.home / "dropbox" / "outgoing"

    @property
    def certificates(self) -> Path:
        """Installed pairs, one directory a name."""
        return self.home / "certificates"

    @property
    def requests(self) -> Path:
        """Waiting keys and their CSRs, one directory a check code."""
        return self.home / "requests"

    @property
    def root(self) -> Path:
        """`tanium.pvk` and `tanium.pub`."""
        return self.home / "root"

    @property
    def ssh(self) -> Path:
        """Host keys and the users' own key pairs."""
        return self.home / "ssh"

    @property
    def run(self) -> Path:
        """Control socket, pid, locks."""
        return self.home / "run"


def lay_out(home: Path, identity: Identity, description: str = DESCRIPTION) -> None:
    """Make a new home: what it is, written in the file named `description`, and its directories."""
    make_directory(home)
    home.chmod(PRIVATE_DIRECTORY)
    write_description(home, identity, description)
    for name in DIRECTORIES:
        make_directory(home / name)


def write_description(home: Path, identity: Identity, description: str = DESCRIPTION) -> None:
    """Write who an appliance is, whole. Raises OSError."""
    write_whole(home / description, _toml(identity).encode())


def _toml(identity: Identity) -> str:
    def quoted(values: list[str]) -> str:
        return "[" + ", ".join(f'"{value}"' for value in values) + "]"

    return (
        f'name = "{identity.name}"\n'
        f'fqdn = "{identity.fqdn}"\n'
        f'role = "{identity.role.value}"\n'
        f'release = "{identity.release.name}"\n'
        f"add_ons = {quoted(sorted(add_on.value for add_on in identity.add_ons))}\n"
        f"addresses = {quoted(list(identity.addresses))}\n"
    )


@lru_cache(maxsize=1)
def _identity(text: str) -> Identity:
    table = tomllib.loads(text)
    add_ons, addresses = table.get("add_ons", []), table.get("addresses", [])
    if not isinstance(add_ons, list) or not isinstance(addresses, list):
        raise ValueError
    return Identity(
        name=str(table["name"]),
        fqdn=str(table["fqdn"]),
        role=Role(table["role"]),
        release=RELEASES[str(table["release"])],
        add_ons=frozenset(AddOn(add_on) for add_on in add_ons),
        addresses=tuple(str(address) for address in addresses),
    )
