"""What the supervisor answers to the Tanium Server's process for its console: who signs in, how everything stands.

Invariants: passwords are checked one at a time, and few wait for it, so that strangers cannot take the machine, nor
all the places; the answer is a role or nothing. What is told of certificates is public; no key and no hash goes over
the line.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tanos import __version__
from tanos.appliance import Appliance
from tanos.certificates.loaded import read_certificate
from tanos.certificates.pair_kinds import KINDS, SOAP
from tanos.console_banner.operations import console_banner
from tanos.console_users.sign_in import came_from, check
from tanos.door.networks import network_of
from tanos.errors import TanosError
from tanos.exchange.file_names import ROOT
from tanos.exchange.installed import certificate_data
from tanos.https_pairs.published import is_published
from tanos.keeper import keeper_of
from tanos.secret import Secret
from tanos.services.frames import Frame
from tanos.services.turns import Turns
from tanos.supervising.console_segments import segments

MOST_WAITING = 16


class ConsoleAnswers:
    """For one appliance."""

    def __init__(self, appliance: Appliance, standings: Callable[[], list[Frame]]) -> None:
        self._appliance, self._standings = appliance, standings
        self._turns = Turns(MOST_WAITING)

    async def sign_in(self, words: Frame) -> Frame:
        """Return the role of who signs in, or nothing. Raises NotYet `busy`, a TanosError of the store."""
        user, address = str(words["user"]), str(words["address"])
        is_known = came_from(self._appliance, user, address)
        async with self._turns.turn(network_of(address), is_known=is_known):
            role = await check(self._appliance, user, Secret(str(words["password"])), address)
        return {"role": role.value} if role else {}

    async def published(self, _: Frame) -> Frame:
        """Say whether everybody may fetch the certificate of the console."""
        return {"published": is_published(self._appliance, SOAP.name)}

    async def banner(self, _: Frame) -> Frame:
        """Return what is shown before signing in."""
        return {"banner": console_banner(self._appliance)}

    async def info(self, _: Frame) -> Frame:
        """Return how this server stands."""
        identity = self._appliance.identity
        return {
            "version": __version__,
            "name": identity.name,
            "fqdn": identity.fqdn,
            "role": identity.role.value,
            "release": identity.release.name,
            "segments": list(segments(self._appliance)),
            "certificates": list(_certificates(self._appliance)),
            "services": self._standings(),
        }


def _certificates(appliance: Appliance) -> Iterator[dict[str, Any]]:
    keeper, now = keeper_of(appliance), appliance.clock()
    found = {ROOT: keeper.root_certificate, **{kind.certificate: _live(appliance, kind.name) for kind in KINDS}}
    for name, read in found.items():
        try:
            pem = read()
            if pem is not None:
                yield {"name": name, **certificate_data(read_certificate(pem), now)}
        except TanosError as error:
            yield {"name": name, "problem": error.id}


def _live(appliance: Appliance, kind: str) -> Callable[[], bytes | None]:
    return lambda: keeper_of(appliance).live_certificate(kind)
