"""The menus of each role, add-on and release as text. Run as a program it writes the golden files anew."""

from pathlib import Path

from menus.item import Item
from menus.tree import MAIN
from menus.walk import Place, listed
from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.platform import R7_2, R7_3, R7_4, AddOn, Identity, Role, UserRole

GOLDEN = Path(__file__).parent / "golden"
HUB = frozenset({AddOn.ZONE_SERVER_HUB})
KINDS = {
    "tanium-server": (Role.TANIUM_SERVER, frozenset[AddOn]()),
    "tanium-server-hub": (Role.TANIUM_SERVER, HUB),
    "module-server": (Role.MODULE_SERVER, frozenset[AddOn]()),
    "zone-server": (Role.ZONE_SERVER, frozenset[AddOn]()),
}
RELEASES = (R7_2, R7_3, R7_4)
CASES = [(kind, release) for kind in KINDS for release in RELEASES]


def outline(call: Call) -> str:
    """Return every line that is listed, indented by its depth."""
    return "".join(_lines(Place(MAIN), call, 0))


def outline_of(kind: str, release: str, user: UserRole = UserRole.TANADMIN) -> str:
    """Return the outline of one kind of appliance; it needs no home."""
    role, add_ons = KINDS[kind]
    by_name = {each.name: each for each in RELEASES}
    identity = Identity("a1", "a1.lab.test", role, by_name[release], add_ons)
    appliance = Appliance(Path("/nonexistent"), identity)
    return outline(Call(appliance, Actor(user.value, user, "plain"), ""))


def _lines(place: Place, call: Call, depth: int) -> list[str]:
    lines = []
    for entry in listed(place, call):
        verb = f"    [{entry.verb.name}]" if isinstance(entry, Item) else ""
        lines.append(f"{'    ' * depth}{entry.key}  {entry.label}{verb}\n")
        if not isinstance(entry, Item):
            lines += _lines(Place(entry), call, depth + 1)
    return lines


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for kind, release in CASES:
        (GOLDEN / f"{kind}-{release}.txt").write_text(outline_of(kind, release.name))
    (GOLDEN / "tanuser.txt").write_text(outline_of("zone-server", "7.3", UserRole.TANUSER))
