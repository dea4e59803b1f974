"""Where the front door is, as it wrote down itself: `run/door.json`, read and written here alone.

Invariant: what cannot be read, or is no place, is no place remembered; nobody is kept from anything by it.
"""

import json
from dataclasses import asdict, dataclass

from tanos.appliance import Appliance
from tanos.files import write_whole

FILE = "run/door.json"


@dataclass(frozen=True)
class Place:
    """Address and port on which the front door listens."""

    address: str
    port: int

    @property
    def shown(self) -> str:
        """`ADDR:PORT`, an IPv6 address in brackets."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def remembered_place(appliance: Appliance) -> Place | None:
    """Return where the front door was last, None where that is not known."""
    try:
        table = json.loads((appliance.home / FILE).read_text())
        place = Place(str(table["address"]), int(table["port"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return place if 0 < place.port < 65536 else None


def remember_place(appliance: Appliance, place: Place) -> None:
    """Write down where the front door is, unless it is known. Raises OSError."""
    if place != remembered_place(appliance):
        write_whole(appliance.home / FILE, json.dumps(asdict(place)).encode() + b"\n")
