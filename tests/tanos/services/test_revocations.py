"""Who shows a revoked certificate is refused, and let go where he is already; the list travels to who goes by it."""

import asyncio
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.certificates.issue import draft_certificate
from tanos.certificates.issued import keep_certificate, serial_text, take_serial
from tanos.certificates.request import examine_request
from tanos.certificates.signing import HeldRoot
from tanos.errors import AnswerRefused
from tanos.exchange.held_root import needed_root, root_code
from tanos.keeper import Keeper
from tanos.report import Facts
from tanos.revocation.encoding import Revoked, encode_list
from tanos.revocation.kept import kept_list
from tanos.revocation.lists import LASTS, renew_when_due
from tanos.revocation.revoking import REVOKE_CERTIFICATE
from tanos.services.catalogue import ZONE_SERVER, ZONE_SERVER_HUB
from tanos.services.connecting import TlsMode, connect_tls
from tanos.services.frames import BadFrame, Frame
from tanos.services.listener import Connection
from tanos.services.protocol import Hello, Part
from tanos.services.revocations import REVOKED, WHAT, Gathering, Revocations, parts_of
from tanos.services.tls import platform_client
from tanos.supervising.attending import Attending
from tanos.supervising.process import Supervised
from tests.conftest import NOON, call
from tests.tanos.exchange.conftest import do
from tests.tanos.revocation.judges import assert_list_is_good, text_of
from tests.tanos.services.authority import Authority, authority
from tests.tanos.services.conftest import supervising
from tests.tanos.services.segments import LOOPBACK, TS, ZS, Segments, made_hub, orders, segments, until

Pair = str
FILE = "ts1.lab.test-root-0.crl"


def serial_of(pair: Pair) -> int:
    return x509.load_pem_x509_certificate(pair.encode()).serial_number


def signed(number: int, *serials: int, by: Authority | None = None) -> bytes:
    """Return a list of what is revoked."""
    signer = by or authority()
    root = x509.load_pem_x509_certificate(signer.pem.encode())
    entries = [Revoked(serial, "superseded", NOON) for serial in serials]
    tbs = encode_list(root, entries, number=number, this_update=NOON, next_update=NOON + LASTS)
    return HeldRoot(root, signer.key).sign_list(tbs)


async def tell(service: Any, der: bytes) -> None:
    """Give a list to a service, as its supervisor does."""
    for part in parts_of(der):
        await service.answer(WHAT, part)


def segment(running: Segments, name: str) -> Any:
    return next(each for each in running.told.segments if each["to"] == name)


async def as_hub(running: Segments, pair: Pair, *, by_zone: bool) -> tuple[Connection, Frame]:
    """Come as a hub that shows `pair`; return the connection and what is said."""
    target = running.target(by_zone=by_zone)
    there = await connect_tls(target, platform_client(authority().pem, pair))
    await there.send(Hello(Part.HUB, "old", "old", 314, "7.3").as_frame())
    said = await there.read(5)
    assert said is not None
    return there, said


@pytest.mark.parametrize("by_zone", [True, False])
async def test_a_hub_with_a_revoked_certificate_is_let_go_and_comes_in_no_more(by_zone: bool) -> None:
    async with segments() as running:
        pair = authority().pair("old.lab.test")
        there, said = await as_hub(running, pair, by_zone=by_zone)
        assert "welcome" in said
        await tell(running.zone if by_zone else running.server, signed(1, serial_of(pair)))
        async with asyncio.timeout(60):
            with suppress(ConnectionError, ssl.SSLError, BadFrame):
                while await there.read() is not None:
                    pass
        await there.close()
        there, said = await as_hub(running, pair, by_zone=by_zone)
        assert said == {"refused": REVOKED}
        await there.close()
        there, said = await as_hub(running, authority().pair("new.lab.test"), by_zone=by_zone)
        assert "welcome" in said
        await there.close()


@pytest.mark.parametrize("zone_mode", [TlsMode.REQUIRED, TlsMode.OPTIONAL])
async def test_the_hub_leaves_a_zone_server_that_is_revoked_and_does_not_go_there_in_the_clear(
    zone_mode: int,
) -> None:
    async with segments(zone_mode=zone_mode) as running:
        assert running.hub is not None
        serial = serial_of(running.zone._orders.pairs["reporting"])
        await tell(running.hub, signed(1, serial))
        await until(lambda: segment(running, ZS)["problem"] == REVOKED)
        assert not segment(running, ZS)["connected"]
        assert segment(running, TS)["connected"]
        port = running.target(by_zone=True).port
        told = orders(ZS, "7.3", {"AllowedHubs": LOOPBACK}, port=port)
        await running.zone.answer("renew", told.as_frame())
        await until(lambda: segment(running, ZS)["tls"])


async def test_a_list_comes_to_a_zone_server_by_its_hub_and_is_kept_there_once() -> None:
    async with segments() as running:
        assert running.hub is not None
        der = signed(7, 1, 2, 3)
        await tell(running.hub, der)
        await until(lambda: running.zone._revocations.files == {FILE: der})
        assert running.told.lists == list(parts_of(der))
        again = made_hub(running)
        await tell(again, signed(6))
        await until(lambda: len(running.zone._hubs.as_data()) == 1)
        await again.close()
        assert running.zone._revocations.files == {FILE: der}
        assert len(running.told.lists) == 1


async def test_a_zone_server_that_is_connected_later_has_the_list_with_the_welcome() -> None:
    async with segments(has_hub=False) as running:
        hub, der = made_hub(running), signed(1)
        await tell(hub, der)
        await until(lambda: running.zone._revocations.files == {FILE: der})
        await hub.close()


@pytest.mark.parametrize(
    "said", [{"part": 0, "of": 1, "data": "AAAA"}, next(parts_of(signed(1, by=authority(1)))), {}, 7]
)
async def test_what_no_root_signed_changes_nothing_at_a_zone_server(said: Any) -> None:
    async with segments() as running:
        assert running.hub is not None
        running.hub._zones[ZS].post({WHAT: said})
        await until(lambda: segment(running, ZS)["connected"])
        assert running.zone._revocations.files == {}
        assert running.told.lists == []


def test_of_lists_the_one_with_the_highest_number_counts_and_only_of_the_root_that_is_held() -> None:
    mine = Revocations(authority().pem)
    pair = authority().pair("a.lab.test")
    shown = x509.load_pem_x509_certificate(pair.encode()).public_bytes(Encoding.DER)
    assert mine.take(signed(2, serial_of(pair)))
    assert not mine.take(signed(2))
    assert not mine.take(signed(1))
    assert mine.include(shown)
    assert not mine.include(None)
    with pytest.raises(AnswerRefused, match="bad-list"):
        mine.take(signed(3, by=authority(1)))
    assert mine.include(shown)
    mine.trust(authority().pem)
    assert mine.include(shown)
    mine.trust(authority(1).pem)
    assert not mine.include(shown)
    assert mine.take(signed(1, by=authority(1)))
    assert mine.take(signed(3, by=authority(1)))


def test_while_two_roots_are_trusted_the_lists_of_both_count_and_the_first_one_is_handed_out() -> None:
    former, present = authority(0, server=""), authority(1, server="")
    mine, serials = Revocations(present.pem + former.pem), []
    for root in (former, present):
        pair = root.pair("a.lab.test")
        serials.append(x509.load_pem_x509_certificate(pair.encode()).public_bytes(Encoding.DER))
        assert mine.take(signed(1, serial_of(pair), by=root))
    assert all(mine.include(each) for each in serials)
    assert mine.files == {"reporting.crl": mine.all[1]}
    mine.trust(former.pem)
    assert [mine.include(each) for each in serials] == [True, False]


def test_a_list_tells_of_nothing_that_another_root_signed() -> None:
    mine = Revocations(authority(1).pem + authority().pem)
    pair = authority().pair("a.lab.test")
    assert mine.take(signed(1, serial_of(pair), by=authority(1)))
    assert not mine.include(x509.load_pem_x509_certificate(pair.encode()).public_bytes(Encoding.DER))


def test_a_list_that_is_long_comes_in_parts() -> None:
    der, gathering = bytes(range(256)) * 1000, Gathering()
    parts = list(parts_of(der))
    assert len(parts) > 2
    assert [gathering.take(part) for part in parts[:-1]] == [None] * (len(parts) - 1)
    assert gathering.take(parts[-1]) == der
    gathering.take(parts[0])
    wrong: list[Any] = [parts[2], parts[-1], {**parts[1], "data": "%"}, {**parts[1], "of": 10**9}, {"part": True}, []]
    for each in wrong:
        with pytest.raises(BadFrame):
            gathering.take(each)
    assert gathering.take(parts[0]) is None


async def test_every_service_here_goes_by_a_list_as_soon_as_one_is_signed_and_everybody_may_fetch_it(
    server: Appliance, tmp_path: Path
) -> None:
    leaf = issue(server)
    async with supervising(server) as running:
        https = running.services["taniumserver"].ports["https"]
        await until(lambda: len(running._revoking._given) == 2)
        kept = kept_list(server)
        assert kept is not None
        assert await fetched(https) == kept.der
        result = await do(server, REVOKE_CERTIFICATE, serial=leaf, reason="superseded")
        assert isinstance(result.sections[-1], Facts)
        assert "taniumserver, taniumzoneserverhub" in [fact.value for fact in result.sections[-1].rows]
        (tmp_path / "list.crl").write_bytes(await fetched(https))
        assert_list_is_good(tmp_path / "list.crl", server.root / "tanium.pub")
        assert f"Serial Number: {leaf}" in text_of(tmp_path / "list.crl")


async def test_a_service_that_is_started_again_has_the_list_again(server: Appliance) -> None:
    async with supervising(server) as running:
        await until(lambda: len(running._revoking._given) == 2)
        before = running._revoking._given["taniumserver"]
        await running.answer("restart", {"name": "taniumserver"})
        await until(lambda: running._revoking._given["taniumserver"][0] is not before[0])
        assert await fetched(running.services["taniumserver"].ports["https"])


async def test_what_a_zone_server_learned_its_supervisor_keeps(
    bare_tanium_server: Appliance, bare_zone_server: Appliance
) -> None:
    Keeper(bare_tanium_server).make_root()
    renew_when_due(bare_tanium_server)
    kept = kept_list(bare_tanium_server)
    assert kept is not None
    Keeper(bare_zone_server).trust_root((bare_tanium_server.root / "tanium.pub").read_bytes())
    asker = cast(Supervised, SimpleNamespace(service=ZONE_SERVER))
    for part in parts_of(kept.der):
        await Attending(bare_zone_server).answer(asker, WHAT, part)
    assert kept_list(bare_zone_server) == kept
    hub = cast(Supervised, SimpleNamespace(service=ZONE_SERVER_HUB))
    assert await Attending(bare_zone_server).answer(hub, WHAT, {}) is None


def issue(server: Appliance) -> str:
    """Issue a certificate for another server; return its serial."""
    root = needed_root(server)
    request, _ = examine_request(Keeper(server).make_request("reporting", "zs9.lab.test", []))
    draft = draft_certificate(request, root, now=server.clock())
    with server.store.change(call(server)) as change:
        take_serial(change, root_code(root), request, draft)
        keep_certificate(change, draft, "a certificate")
    return serial_text(draft.serial)


async def fetched(port: int) -> bytes:
    """Return what everybody gets."""
    url = f"https://{LOOPBACK}:{port}/pub/reporting.crl"
    done = await asyncio.to_thread(subprocess.run, ["curl", "-sfk", "--max-time", "10", url], capture_output=True)
    assert done.returncode == 0
    return done.stdout
