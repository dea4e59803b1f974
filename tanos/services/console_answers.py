"""What the supervisor answers to the Tanium Server's process for its console: who signs in, how everything stands.

Invariants: passwords are checked one at a time, and few wait for it, so that strangers cannot take the machine; the
answer is a role or nothing. What is told of certificates is public; no key and no hash goes over the line.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from tanos import __version__
from tanos.appliance import Appliance
from tanos.certificates.loaded import read_certificate
from tanos.certificates.pair_kinds import KINDS, SOAP
from tanos.console_banner.operations import console_banner
from tanos.console_users.sign_in import check
from tanos.errors import NotYet, TanosError
from tanos.exchange.file_names import ROOT
from tanos.exchange.installed import certificate_data
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.secret import Secret
from tanos.services.catalogue import TANIUM_SERVER, ZONE_SERVER_HUB
from tanos.services.connecting import TlsMode
from tanos.services.frames import Frame
from tanos.services.given import settings_for
from tanos.services.registered import Counted, counted

MOST_WAITING = 16
_MODES = {TlsMode.OFF: "off", TlsMode.REQUIRED: "required", TlsMode.OPTIONAL: "optional"}


class ConsoleAnswers:
    """For one appliance."""

    def __init__(self, appliance: Appliance, standings: Callable[[], list[Frame]]) -> None:
        self._appliance, self._standings = appliance, standings
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def sign_in(self, words: Frame) -> Frame:
        """Return the role of who signs in, or nothing. Raises NotYet `busy`, a TanosError of the store."""
        if self._waiting >= MOST_WAITING:
            raise NotYet("busy", N_("Too many sign in at once."), N_("Try again in a few seconds."))
        self._waiting += 1
        try:
            async with self._turn:
                password = Secret(str(words["password"]))
                role = await check(self._appliance, str(words["user"]), password, str(words["address"]))
        finally:
            self._waiting -= 1
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
            "segments": list(_segments(self._appliance)),
            "certificates": list(_certificates(self._appliance)),
            "services": self._standings(),
        }


def is_published(appliance: Appliance, kind: str) -> bool:
    """Say whether the certificate of a pair may be fetched by everybody."""
    return appliance.store.row("SELECT 1 FROM published WHERE kind = ?", kind) is not None


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


def _segments(appliance: Appliance) -> Iterator[dict[str, Any]]:
    """Yield for each segment what is set there, and how who was last seen on it came."""
    everybody = counted(appliance)
    clients = [each for each in everybody if each.kind == "client"]
    zone_servers = [each for each in everybody if each.kind == "zone-server"]
    settings = settings_for(appliance, TANIUM_SERVER)
    own, relayed = [each for each in clients if not each.by_zone], [each for each in clients if each.by_zone]
    if appliance.identity.release.automatic_tls:
        for where, seen in (("Tanium Server", own), ("Zone Servers", relayed)):
            for protocol, default in ((315, 1), (314, 0)):
                flag = str(settings.get(f"require_client_tls_{protocol}_flag", default)) == "1"
                spoken = [each for each in seen if each.protocol == protocol]
                yield _segment(f"clients ({protocol}) - {where}", _word(flag), spoken)
    else:
        flag = str(settings.get("RequireIncomingEncryption", 0)) == "1"
        yield _segment("clients - Tanium Server", _word(flag), own)
        yield _segment("clients - Zone Servers", "", relayed)
    if ZONE_SERVER_HUB.offer.holds_for(appliance.identity):
        hub = settings_for(appliance, ZONE_SERVER_HUB)
        yield {"segment": "Zone Server Hub - Tanium Server", "tls": _MODES[TlsMode(hub["server_tls"])]}
        yield _segment("Zone Server Hub - Zone Servers", _MODES[TlsMode(hub["zone_tls"])], zone_servers)


def _segment(name: str, tls: str, seen: list[Counted]) -> dict[str, Any]:
    by_tls = sum(each.count for each in seen if each.using_tls)
    everybody = sum(each.count for each in seen)
    return {"segment": name, "tls": tls, "using_tls": by_tls, "unencrypted": everybody - by_tls}


def _word(flag: bool) -> str:
    return "required" if flag else "optional"
