"""The servers of one client: where it was told to go, and where the list that its server gave leads besides.

Invariants: it goes to the first, and to the next one only where that is lost; whoever is registered at another comes
back to the first as soon as it registers anew. What of a list is no server is passed over.
"""

from collections.abc import Iterator, Sequence

from tanos.services.client.settings import ClientSettings
from tanos.services.connecting import Target

LIST = "ServerNameList"
MOST = 8


class Servers:
    """Of one client."""

    def __init__(self, told: Sequence[Target], settings: ClientSettings) -> None:
        self._told, self._settings = tuple(told), settings
        self._turn = self._lost = 0

    @property
    def present(self) -> Target:
        """The one whose turn it is."""
        known = self._known()
        return known[self._turn % len(known)]

    def here(self) -> None:
        """The present one is there: once it is lost, every other is tried before a pause."""
        self._lost = 0

    def lost(self) -> bool:
        """Turn to the next one; say whether it is one that was not tried yet since the last that was there."""
        self._turn, self._lost = self._turn + 1, (self._lost + 1) % len(self._known())
        return self._lost != 0

    def begin_anew(self) -> None:
        """Turn to the first."""
        self._turn = self._lost = 0

    def _known(self) -> list[Target]:
        return list(dict.fromkeys((*self._told, *targets(self._settings.text(LIST)))))[:MOST]


def targets(text: str) -> Iterator[Target]:
    """Yield the servers of a list with commas or spaces between."""
    for each in text.replace(",", " ").split():
        try:
            yield Target.read(each)
        except ValueError:
            continue
