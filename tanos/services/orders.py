"""What a service's process is told when it is started; afterwards it has no file of the appliance to read.

Invariant: everything that a service knows came over its line: its orders first, answers to what it asks later.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from typing import Any

from tanos.services.frames import Frame

LOOPBACK = "127.0.0.1"
REMEMBERED = "services.json"
"""In `run` of a home: where each service listened last, by its name and the port's."""


@dataclass(frozen=True)
class Orders:
    """For one service's process."""

    service: str
    name: str
    """Of the appliance."""
    fqdn: str
    release: str
    address: str
    """Where to listen."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """By name; 0: any free one."""
    pairs: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Certificates and private key, PEM, by kind; what is not installed is missing."""
    root_pem: str = ""
    """The roots that are trusted, `tanium.pub` first; empty where none is held."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    by_root: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of release 7.4: pairs for the Tanium protocol, by check code of their root, the newest root first."""
    letters: str = ""
    """What is said of the roots, signed by them, as it is handed on."""

    @property
    def near(self) -> str:
        """An address by which processes of this machine reach its listeners."""
        return near(self.address)

    def as_frame(self) -> Frame:
        """Return it as it travels."""
        return asdict(self)


def near(address: str) -> str:
    """Return an address by which processes of this machine reach what listens at `address`."""
    at = ip_address(address)
    return ("127.0.0.1" if at.version == 4 else "::1") if at.is_unspecified else address
