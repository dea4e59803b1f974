"""Which clients are revoked, as a service's process knows it: ids that came over a line, or from a hub.

Invariant: what came last counts whole, and for as long as nothing else comes; a part of it counts nothing. Who has
no id is no client, and never among them.
"""

import json
from collections.abc import Iterable, Iterator

from tanos.services.frames import BadFrame, Frame
from tanos.services.revocations import Gathering, parts_of

CLIENTS = "revoked-clients"
MOST = 2 * 4096
"""As many as both servers of a pair keep."""


class RevokedClients:
    """As one told them."""

    def __init__(self) -> None:
        self._ids: frozenset[str] | None = None
        """None: nobody told it yet."""
        self._gathering = Gathering()

    def __contains__(self, client_id: object) -> bool:
        return self._ids is not None and client_id in self._ids

    @property
    def parts(self) -> Iterator[Frame]:
        """The same in frames of bounded length, to be told on, also that there are none any more."""
        return iter(()) if self._ids is None else parts_of_ids(self._ids)

    def take_part(self, frame: object) -> bool:
        """Take a part; say whether all is there with it, and is another. Raises BadFrame."""
        whole = self._gathering.take(frame)
        if whole is None:
            return False
        try:
            ids = frozenset(map(str, json.loads(whole)))
            if "" in ids or len(ids) > MOST:
                raise ValueError("nobody's, or too many")
        except (ValueError, TypeError, RecursionError) as error:
            raise BadFrame("no ids") from error
        is_news, self._ids = ids != self._ids, ids
        return is_news


def parts_of_ids(ids: Iterable[str]) -> Iterator[Frame]:
    """Yield ids in frames of bounded length."""
    return parts_of(json.dumps(sorted(ids)).encode())
