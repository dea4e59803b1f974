"""A hub of one server, turned hostile, at a zone server of two: it is of who signed what it shows, of nobody else."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.revocation import clients
from tanos.revocation.kept import KeptList
from tanos.services.catalogue import TANIUM_SERVER
from tanos.services.frames import BadFrame, Frame
from tanos.services.listener import Connection
from tanos.services.protocol import NEW, Hello, Part
from tanos.services.revoked_clients import CLIENTS, MOST, RevokedClients, parts_of_ids
from tanos.services.zone_server.hubs import MOST_REMEMBERED, Hub, Hubs, signer_of
from tanos.supervising.process import Supervised
from tanos.supervising.revoking import Revoking
from tests.tanos.services.authority import Authority, authority

FIRST, OTHER, OLD = authority(), authority(server="ts2.lab.test"), authority(server="")
FLAG = "require_client_tls_315_flag"
ROOTS = FIRST.pem + OTHER.pem + OLD.pem


def shown(by: Authority) -> bytes:
    return x509.load_pem_x509_certificate(by.pair("hub.lab.test").encode()).public_bytes(Encoding.DER)


def came(hubs: Hubs, by: Authority, name: str) -> Hub:
    connection = cast(Connection, SimpleNamespace(certificate=shown(by)))
    return hubs.come(connection, Hello(Part.HUB, name, name, NEW, "7.4"))


def tell(hub: Hub, *ids: str) -> None:
    for part in parts_of_ids(ids):
        hub._revoked(part)


def test_whose_a_hub_is_says_the_root_that_signed_and_no_name_of_an_authority_below_another() -> None:
    false = OTHER.below(FIRST.name.rfc4514_string().removeprefix("CN="))
    assert [signer_of(shown(each), ROOTS) for each in (FIRST, OTHER, OLD, false)] == [
        "ts1.lab.test", "ts2.lab.test", "", ""
    ]  # fmt: skip
    assert signer_of(None, ROOTS) == ""


@pytest.mark.parametrize("enemy", [OTHER, OLD])
def test_no_hub_of_another_server_takes_back_or_crowds_out_which_clients_are_revoked(enemy: Authority) -> None:
    hubs = Hubs(lambda _: None, roots=lambda: ROOTS)
    mine = came(hubs, FIRST, "ts1")
    tell(mine, "c1")
    hubs.gone(mine)
    for name in ("ts1", "ts1.lab.test", *(f"ts{number}" for number in range(2 * MOST_REMEMBERED))):
        hub = came(hubs, enemy, name)
        tell(hub, "c2")
        hubs.gone(hub)
    assert "c1" in hubs
    tell(came(hubs, FIRST, "ts1"), "c3")
    assert "c1" not in hubs


async def test_by_which_flags_clients_come_says_the_server_that_answers_them_and_no_other() -> None:
    hubs = Hubs(lambda _: None, roots=lambda: ROOTS)
    mine, theirs = came(hubs, FIRST, "hub"), came(hubs, OTHER, "hub")
    for hub, flag in ((mine, 1), (theirs, 0)):
        reads(hub, [{"flags": {FLAG: flag}}, None])
        await hub.run()
        assert hubs.flags == {FLAG: 1}
    hubs.gone(mine)
    assert hubs.flags == {FLAG: 0}, "the other one answers now"
    hubs.gone(theirs)
    came(hubs, FIRST, "hub")
    assert hubs.flags == {FLAG: 0}, "until one says others"


def reads(hub: Hub, frames: list[Frame | None]) -> None:
    async def read(_: float) -> Frame | None:
        return frames.pop(0)

    vars(hub.connection)["read"] = read


def test_there_is_room_for_those_of_both_servers_of_a_pair() -> None:
    assert MOST == 2 * clients.MOST


def test_that_nobody_is_revoked_any_more_is_told_and_nothing_before_it_was_heard() -> None:
    revoked = RevokedClients()
    assert not list(revoked.parts)
    assert [revoked.take_part(part) for ids in (["c1"], [], []) for part in parts_of_ids(ids)] == [True, True, False]
    (part,) = revoked.parts
    later = RevokedClients()
    assert later.take_part(part)
    assert "c1" not in later


async def test_services_are_told_that_nobody_is_revoked_any_more(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, now, ids = RevokedClients(), datetime.now(UTC), ["c1"]
    kept = KeptList(x509.load_pem_x509_certificate(FIRST.pem.encode()), 1, now, now, b"")

    async def ask(what: str, **words: Any) -> None:
        assert what == CLIENTS
        heard.take_part(words)

    service = cast(Supervised, SimpleNamespace(line=SimpleNamespace(ask=ask)))
    revoking = Revoking(bare_tanium_server, {TANIUM_SERVER.name: service})
    monkeypatch.setattr(revoking, "_kept", lambda: ((kept,), list(ids)))
    await revoking.look()
    assert "c1" in heard
    ids.clear()
    await revoking.look()
    assert "c1" not in heard


@pytest.mark.parametrize("ids", [[""], ["c1", ""], [f"c{number}" for number in range(MOST + 1)]])
def test_ids_that_are_nobodys_or_too_many_revoke_nobody(ids: list[str]) -> None:
    revoked = RevokedClients()
    with pytest.raises(BadFrame):
        for part in parts_of_ids(ids):
            revoked.take_part(part)
    assert not any(each in revoked for each in ids)
