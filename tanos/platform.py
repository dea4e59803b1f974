"""Role, add-on and release of an appliance, and the tables of what depends on them.

What differs between releases stands in these records and nowhere else: code asks the record, never the name.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from tanos.message import N_, Message


class Role(Enum):
    """What an appliance is installed as."""

    TANIUM_SERVER = "tanium-server"
    MODULE_SERVER = "module-server"
    ZONE_SERVER = "zone-server"

    @property
    def label(self) -> Message:
        """The role as an operator reads it."""
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.TANIUM_SERVER: N_("Tanium Server"),
    Role.MODULE_SERVER: N_("Module Server"),
    Role.ZONE_SERVER: N_("Zone Server"),
}


def with_hub(role: Role) -> Message:
    """Return the role and the Zone Server Hub beside it, as an operator reads it."""
    return N_("{role} with Hub", role=role.label)


class AddOn(Enum):
    """What may be installed beside a role."""

    ZONE_SERVER_HUB = "hub"

    @property
    def label(self) -> Message:
        """The add-on as an operator reads it."""
        return N_("Zone Server Hub")


@dataclass(frozen=True)
class Release:
    """A platform release and what it changes."""

    name: str
    automatic_tls: bool
    """TLS between servers is set up by itself; the manual exchange of seed 000 is unnecessary."""

    def __str__(self) -> str:
        return self.name


R7_2 = Release("7.2", automatic_tls=False)
R7_3 = Release("7.3", automatic_tls=False)
R7_4 = Release("7.4", automatic_tls=True)
RELEASES = {release.name: release for release in (R7_2, R7_3, R7_4)}


class UserRole(StrEnum):
    """What an account of the console may do."""

    TANADMIN = "tanadmin"
    TANUSER = "tanuser"
    TANCOPY = "tancopy"


DROP_BOX_USER = UserRole.TANCOPY.value
"""The account of that role: every appliance has it, and files are exchanged as nobody else."""


@dataclass(frozen=True)
class Identity:
    """Who an appliance is; written once by `tanos init` and the installation menu."""

    name: str
    fqdn: str
    role: Role
    release: Release
    add_ons: frozenset[AddOn] = frozenset()
    addresses: tuple[str, ...] = ()

    @property
    def title(self) -> Message:
        """Role with add-on."""
        return with_hub(self.role) if AddOn.ZONE_SERVER_HUB in self.add_ons else self.role.label
