"""Each connection of table 1 (seed 000) that the roles here make, as `openssl` sees it from the other end.

1 user - console, 4 Tanium Server - Module Server, 8 hub - Tanium Server, 9 hub - zone server, 10 client - zone
server, 11 client - Tanium Server; and of seed 002 module - Tanium Server.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from aiohttp import ClientError, ClientSession

from tanos.certificates.pair_kinds import SOAP
from tanos.certificates.self_signed import self_signed
from tanos.platform import R7_3, R7_4
from tanos.services.connecting import Target, TlsMode
from tanos.services.hub.program import Hub
from tanos.services.line import Line
from tanos.services.module_server.trusting import Known, context_for, session_with
from tanos.services.tls import platform_server
from tanos.settings.catalogue import settings_of
from tests.conftest import TS1
from tests.tanos.https_pairs.made import rsa_key
from tests.tanos.services.authority import authority
from tests.tanos.services.by_openssl import OLD_TOO, Listening, listening, names_of_suites, shake_hands
from tests.tanos.services.console_desk import opened
from tests.tanos.services.modules import LOOPBACK, MS, Supervising, order, pair, sample, site
from tests.tanos.services.segments import TS, ZS, Segments, Told, client, orders, segments, until

TEN = {
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256",
}  # fmt: skip
PLATFORM = ("Tanium Server", "zone server")
WEB = ("console", "Module Server")


@asynccontextmanager
async def listeners(directory: Path) -> AsyncIterator[tuple[Segments, Mapping[str, int]]]:
    """Run all four; yield where each listens."""
    key, certificate = self_signed(SOAP, TS1.fqdn, (), datetime.now(UTC))
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(segments(has_hub=False))
        module_server = await stack.enter_async_context(site([order(TS, pair(TS))]))
        console = await stack.enter_async_context(opened((certificate.decode(), key.decode()), directory))
        platform = (running.target(by_zone=each).port for each in (False, True))
        web = (console.port, int(module_server.url.rpartition(":")[2]))
        yield running, dict(zip((*PLATFORM, *WEB), (*platform, *web), strict=True))


async def test_listeners_of_the_tanium_protocol_take_exactly_the_ten_suites(tmp_path: Path) -> None:
    others = ":".join(set(names_of_suites().values()) - TEN) + f":{OLD_TOO}"
    async with listeners(tmp_path) as (running, ports):
        for kind, key in (("ECDSA", None), ("RSA", rsa_key())):
            for name, service, port in (
                (TS, running.server, ports["Tanium Server"]),
                (ZS, running.zone, ports["zone server"]),
            ):
                presented = platform_server(authority().pair(name, key), authority().pem)
                service._listener.present(presented)
                taken = {suite for suite in TEN if (await shake_hands(port, "-tls1_2", "-cipher", suite)).ok}
                assert taken == {suite for suite in TEN if suite.startswith(f"ECDHE-{kind}")}, name
                assert not (await shake_hands(port, "-tls1_2", "-cipher", others)).ok, name


async def test_the_tanium_protocol_is_tls_1_2_and_https_that_or_newer(tmp_path: Path) -> None:
    async with listeners(tmp_path) as (_, ports):
        for name, port in ports.items():
            taken = set()
            for version in ("-tls1", "-tls1_1", "-tls1_2", "-tls1_3"):
                shown = ("-cert", str(write_pair(tmp_path, pair(TS)))) if name == "Module Server" else ()
                if (await shake_hands(port, version, "-cipher", f"ALL:{OLD_TOO}", *shown)).ok:
                    taken.add(version)
            assert taken == ({"-tls1_2"} if name in PLATFORM else {"-tls1_2", "-tls1_3"}), name


async def test_tls_1_3_is_spoken_where_it_is_switched_on_at_both_ends() -> None:
    on = {"AllowTLS13": 1}
    async with segments(release="7.4", server=on, zone=on, has_hub=False) as running:
        for by_zone in (False, True):
            port = running.target(by_zone=by_zone).port
            assert {
                version
                for version in ("-tls1_1", "-tls1_2", "-tls1_3")
                if (await shake_hands(port, version, "-cipher", f"ALL:{OLD_TOO}")).ok
            } == {"-tls1_2", "-tls1_3"}
        assert await spoken_by_a_hub(running, {}) == {"TLSv1.2"}
        assert await spoken_by_a_hub(running, on) == {"TLSv1.3"}


async def spoken_by_a_hub(running: Segments, settings: Mapping[str, int]) -> set[str]:
    ways = {"server": str(running.target(by_zone=False)), "ZoneServerList": str(running.target(by_zone=True))}
    modes = {"server_tls": TlsMode.REQUIRED, "zone_tls": TlsMode.REQUIRED}
    made = Hub(orders(TS, "7.4", {**ways, **modes, **settings}), cast(Line, Told()))
    try:
        both = (made._server, *made._zones.values())
        await until(lambda: all(way.is_open for way in both))
        return {way._there().writer.get_extra_info("ssl_object").version() for way in both}
    finally:
        await made.close()


def test_tls_1_3_is_a_setting_of_7_4_alone_and_off() -> None:
    for release, found in ((R7_3, []), (R7_4, [0, 0])):
        identity = replace(TS1, release=release)
        rows = [each for each in settings_of(identity) if each.name == "AllowTLS13"]
        assert [each.default(identity) for each in rows] == found


async def test_who_is_asked_for_a_certificate_and_who_has_to_have_one(tmp_path: Path) -> None:
    """Of console and API nobody is asked; clients and hubs are, and clients need none; a Tanium Server must."""
    strange = write_pair(tmp_path, authority(1).pair(TS), "strange")
    known = write_pair(tmp_path, pair(TS), "known")
    async with listeners(tmp_path) as (_, ports):
        for name, port in ports.items():
            without = await shake_hands(port, "-tls1_2")
            assert without.asks_for_a_certificate is (name != "console"), name
            assert without.ok is (name != "Module Server"), name
            assert (await shake_hands(port, "-tls1_2", "-cert", known)).ok, name
            assert (await shake_hands(port, "-tls1_2", "-cert", strange)).ok is (name == "console"), name


async def test_each_listener_is_verified_by_what_it_is_trusted_by_under_its_own_name_alone(tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_text(authority().pem)
    async with listeners(tmp_path) as (_, ports):
        names = {"Tanium Server": TS, "zone server": ZS, "console": TS, "Module Server": MS}
        for each, port in ports.items():
            trust = tmp_path / "authority.pem" if each == "console" else root
            for name in {TS, ZS, MS}:
                seen = await shake_hands(port, "-tls1_2", "-CAfile", trust, "-verify_hostname", name)
                assert seen.verified == ("OK" if name == names[each] else "hostname mismatch"), (each, name)


def write_pair(directory: Path, text: str, name: str = "pair") -> Path:
    """Write a pair for openssl."""
    path = directory / f"{name}.pem"
    path.write_text(text)
    return path


@asynccontextmanager
async def hub(to: Target, *, zone: bool) -> AsyncIterator[None]:
    """A hub that connects, to a zone server (9) or to the Tanium Server (8)."""
    nobody = Target(TS, LOOPBACK, 1)
    ways = {"server": str(nobody if zone else to), "ZoneServerList": str(to) if zone else ""}
    settings = {**ways, "server_tls": TlsMode.REQUIRED, "zone_tls": TlsMode.REQUIRED}
    made = Hub(orders(TS, "7.3", settings), cast(Line, Told()))
    try:
        yield
    finally:
        await made.close()


def connects(number: str, to: Listening, name: str) -> AbstractAsyncContextManager[object]:
    """Return who makes a connection of that number."""
    if number in {"8", "9"}:
        return hub(Target(name, LOOPBACK, to.port), zone=number == "9")
    own, release = ({"ReportingTLSMode": 1}, "7.2") if number == "11" else ({"TLSMode": 1}, "7.4")
    return client(Target(name, LOOPBACK, to.port), release=release, own=own)


@pytest.mark.parametrize(
    "number, name, shows", [("8", TS, True), ("9", ZS, True), ("10", ZS, False), ("11", TS, False)]
)
async def test_who_connects_by_the_tanium_protocol_offers_the_ten_suites_and_tls_1_2_alone(
    tmp_path: Path, number: str, name: str, shows: bool
) -> None:
    root = write_pair(tmp_path, authority().pem, "root")
    served = write_pair(tmp_path, authority().pair(name))
    asks = ("-verify", "2", "-CAfile", str(root))
    async with listening(served, *asks) as openssl, connects(number, openssl, name):
        said = await openssl.hello()
        assert (said.suites, said.newest, said.name) == (TEN, "TLS 1.2", name)
        await openssl.told("Content Type = ApplicationData")
        assert openssl.shown == (TS if shows else "")


@pytest.mark.parametrize("number, name", [("9", ZS), ("11", TS)])
@pytest.mark.parametrize("wrong", ["root", "name", "version"])
async def test_who_connects_by_the_tanium_protocol_leaves_where_the_other_end_is_not_who_it_should_be(
    tmp_path: Path, number: str, name: str, wrong: str
) -> None:
    served = authority(1 if wrong == "root" else 0).pair("evil.lab.test" if wrong == "name" else name)
    words = ("-tls1_1", "-cipher", f"ALL:{OLD_TOO}") if wrong == "version" else ()
    async with listening(write_pair(tmp_path, served), *words) as openssl, connects(number, openssl, name):
        await openssl.told(r"^ERROR|alert|shutting down SSL")
        assert "Content Type = ApplicationData" not in openssl.text


async def test_a_tanium_server_shows_its_certificate_to_the_one_module_server_that_it_knows(tmp_path: Path) -> None:
    served = write_pair(tmp_path, pair(MS))
    async with listening(served, "-www", "-Verify", "1") as openssl:
        known = Known.read(order(MS, pair(MS), openssl.port))
        async with session_with(known) as session:
            with contextlib.suppress(ClientError):
                async with session.get(f"https://{known.where}/", ssl=context_for(known, pair(TS))) as answer:
                    assert answer.status == 200
        said = await openssl.hello()
        assert (said.oldest, said.newest) == ("TLS 1.2", "TLS 1.3")
        assert openssl.shown == TS


async def test_a_module_shows_no_certificate_to_the_tanium_server_even_where_it_is_asked_for(tmp_path: Path) -> None:
    async with listening(write_pair(tmp_path, pair(TS)), "-www", "-verify", "1") as openssl:
        told = Supervising([order(TS, pair(TS), openssl.port)])
        headers = {"Tanium-Server": f"{LOOPBACK}:{openssl.port}", "session": "abc"}
        async with sample(told) as url, ClientSession() as session, session.get(url, headers=headers) as answer:
            await answer.read()
        said = await openssl.hello()
        assert (said.oldest, said.newest) == ("TLS 1.2", "TLS 1.3")
        assert "CertificateRequest" in openssl.text
        assert not openssl.shown
