"""What `/info` tells of each segment: the TLS that is set, how whoever was last seen on it came, who is not there.

Invariant: what is counted is the last registration of each, however long ago; whom it counts and would be refused by
what is set now is told beside it, and so is whom the hub does not reach.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from tanos.appliance import Appliance
from tanos.services.admitting import why_not
from tanos.services.catalogue import TANIUM_SERVER, ZONE_SERVER_HUB
from tanos.services.connecting import TlsMode
from tanos.services.hub_ways import ways_in_trouble
from tanos.services.protocol import Hello, Part
from tanos.services.registered import Counted, counted
from tanos.supervising.given import settings_for

_MODES = {TlsMode.OFF: "off", TlsMode.REQUIRED: "required", TlsMode.OPTIONAL: "optional"}


def segments(appliance: Appliance) -> Iterator[dict[str, Any]]:
    """Yield for each segment what is set there, and how who was last seen on it came."""
    everybody = counted(appliance)
    clients = [each for each in everybody if each.kind == "client"]
    settings, release = settings_for(appliance, TANIUM_SERVER), appliance.identity.release
    clients_of = partial(_of_clients, settings=settings, release=release.name)
    own, relayed = [each for each in clients if not each.by_zone], [each for each in clients if each.by_zone]
    if release.automatic_tls:
        for where, seen in (("Tanium Server", own), ("Zone Servers", relayed)):
            for protocol, default in ((315, 1), (314, 0)):
                flag = str(settings.get(f"require_client_tls_{protocol}_flag", default)) == "1"
                spoken = [each for each in seen if each.protocol == protocol]
                yield clients_of(f"clients ({protocol}) - {where}", _word(flag), spoken)
    else:
        flag = str(settings.get("RequireIncomingEncryption", 0)) == "1"
        yield clients_of("clients - Tanium Server", _word(flag), own)
        yield clients_of("clients - Zone Servers", "", relayed)
    if ZONE_SERVER_HUB.offer.holds_for(appliance.identity):
        yield from _hub_segments(appliance, [each for each in everybody if each.kind == "zone-server"])


def _hub_segments(appliance: Appliance, zone_servers: list[Counted]) -> Iterator[dict[str, Any]]:
    settings, server = settings_for(appliance, ZONE_SERVER_HUB), appliance.identity.fqdn
    lost = [each.to for each in ways_in_trouble(appliance) if not each.connected]
    yield {
        "segment": "Zone Server Hub - Tanium Server",
        "tls": _MODES[TlsMode(settings["server_tls"])],
        "not_connected": [each for each in lost if each == server],
    }
    counts = _counts("Zone Server Hub - Zone Servers", _MODES[TlsMode(settings["zone_tls"])], zone_servers)
    yield {**counts, "not_connected": [each for each in lost if each != server]}


def _counts(name: str, tls: str, seen: list[Counted]) -> dict[str, Any]:
    by_tls = sum(each.count for each in seen if each.using_tls)
    everybody = sum(each.count for each in seen)
    return {"segment": name, "tls": tls, "using_tls": by_tls, "unencrypted": everybody - by_tls}


def _of_clients(
    name: str, tls: str, seen: list[Counted], settings: Mapping[str, Any], release: str
) -> dict[str, Any]:
    """Return the same of clients, and how many of them would be refused by what is set now."""
    refused = sum(each.count for each in seen if _is_refused(each, settings, release))
    return {**_counts(name, tls, seen), "refused": refused}


def _is_refused(each: Counted, settings: Mapping[str, Any], release: str) -> bool:
    hello = Hello(Part.CLIENT, "", "", each.protocol, "")
    return bool(why_not(hello, settings, release=release, uses_tls=each.using_tls, is_relayed=each.by_zone))


def _word(flag: bool) -> str:
    return "required" if flag else "optional"
