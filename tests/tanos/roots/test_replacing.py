"""tanium.pub and tanium.pvk are replaced: what the former root signed is told until it is made anew."""

from collections.abc import Callable

import pytest

from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.overview.status import STATUS
from tanos.renewal.due import due_lines, warnings
from tanos.renewal.held import survey
from tanos.renewal.page import page_state
from tanos.renewal.renew import RENEW
from tanos.roots.glance import former_root_lines
from tanos.roots.kept import State, find_root
from tanos.roots.own import RENEW_OWN_PAIR
from tanos.roots.page import LIST_ROOTS
from tanos.roots.replace import REPLACE_ROOT
from tanos.roots.revoke import REVOKE_ROOT
from tanos.roots.trusted import trusted_pem
from tanos.roots.used import uses
from tests.conftest import call
from tests.tanos.exchange.conftest import clock, do, exchange, plan, server, zone, zone_server
from tests.tanos.exchange.test_import_request import named_request
from tests.tanos.roots.made import verified

__all__ = ["clock", "server", "zone", "zone_server"]


async def ids(appliance: Appliance) -> list[str]:
    return [each.id for each in (await LIST_ROOTS.read(call(appliance))).findings]


async def remedies(appliance: Appliance) -> str:
    return " ".join(str(each.remedy) for each in (await LIST_ROOTS.read(call(appliance))).findings)


def used(appliance: Appliance, code: str) -> list[tuple[str, bool]]:
    return [(each.subject, each.is_own) for each in uses(appliance, find_root(appliance, code))]


async def test_each_certificate_of_the_former_root_is_told_until_it_is_made_anew(
    server: Appliance, zone_server: Callable[[str], Appliance]
) -> None:
    zones = [zone_server("zs1"), zone_server("zs2")]
    for each in zones:
        await exchange(each, server)
    former = find_root(server, "legacy-root")
    told = await plan(server, REPLACE_ROOT)
    assert told.confirmation.word == former.check_code[-4:]
    assert [each["subject"] for each in told.data["used_by"]] == [
        "CN=ts1.lab.test", "CN=zs1.lab.test", "CN=zs2.lab.test"
    ]  # fmt: skip
    result = await do(server, REPLACE_ROOT)
    assert result.data["public_key"].encode() == (server.outgoing / "tanium.pub").read_bytes()
    assert result.data["public_key"].encode() == Keeper(server).root_certificate()
    assert used(server, former.check_code) == [
        ("CN=ts1.lab.test", True), ("CN=zs1.lab.test", False), ("CN=zs2.lab.test", False)
    ]  # fmt: skip
    assert "Signed by the former root" in str(result.sections)
    assert "this server's own first" in await remedies(server)
    await do(server, RENEW_OWN_PAIR)
    assert "this server's own first" not in await remedies(server)
    await do(zones[0], IMPORT_PUBLIC_KEY, source="paste", text=result.data["public_key"].encode())
    await exchange(zones[0], server)
    assert used(server, former.check_code) == [("CN=zs2.lab.test", False)]
    assert used(server, "legacy-root") == [("CN=ts1.lab.test", True), ("CN=zs1.lab.test", False)]
    assert await ids(server) == ["former-root-used"]
    assert "former-root-used" in [each.id for each in (await STATUS.read(call(server))).findings]
    assert "1 issued certificate is signed by a root that was replaced" in str(former_root_lines(server)[0].message)
    assert former_root_lines(zones[1]) == ()
    await do(zones[1], IMPORT_PUBLIC_KEY, source="paste", text=result.data["public_key"].encode())
    await exchange(zones[1], server)
    assert await ids(server) == ["rotation-open"]
    assert former_root_lines(server) == ()
    await do(server, REVOKE_ROOT, name=former.check_code)
    assert await ids(server) == []


async def test_what_the_former_root_signed_is_trusted_until_it_is_revoked(zone: Appliance, server: Appliance) -> None:
    _, issued, _ = await exchange(zone, server)
    certificate, former = issued.data["certificate"], find_root(server, "legacy-root")
    await do(server, REPLACE_ROOT)
    assert verified(certificate, trusted_pem(server))
    assert not verified(certificate, find_root(server, "legacy-root").pem)
    revoked = await plan(server, REVOKE_ROOT, name=former.check_code)
    assert [each.id for each in revoked.findings] == ["stops-working"]
    assert [each["subject"] for each in revoked.data["used_by"]] == ["CN=ts1.lab.test", "CN=zs1.lab.test"]
    await do(server, REVOKE_ROOT, name=former.check_code)
    assert not verified(certificate, trusted_pem(server))
    assert find_root(server, former.check_code).state is State.REVOKED


async def test_it_is_replaced_as_often_as_one_likes_and_each_root_has_its_own_name(server: Appliance) -> None:
    for number in (1, 2):
        result = await do(server, REPLACE_ROOT)
        assert result.data["subject"] == f"CN=legacy-root {number}"
    assert await ids(server) == ["former-root-used", "rotation-open"]
    await do(server, RENEW_OWN_PAIR)
    assert await ids(server) == ["rotation-open", "rotation-open"]
    assert trusted_pem(server).count("BEGIN") == 3


async def test_of_two_sessions_one_replaces(server: Appliance) -> None:
    plans = [await plan(server, REPLACE_ROOT) for _ in range(2)]
    await REPLACE_ROOT.apply(call(server), plans[0], silent)
    present = Keeper(server).root_certificate()
    with pytest.raises(NotYet) as refused:
        await REPLACE_ROOT.apply(call(server), plans[1], silent)
    assert refused.value.id == "stale"
    assert Keeper(server).root_certificate() == present
    assert {path.name for path in server.root.iterdir()} == {"tanium.pub", "tanium.pvk"}


async def test_on_each_server_the_pair_of_another_root_is_told_until_it_is_made_anew(
    zone: Appliance, server: Appliance
) -> None:
    await exchange(zone, server)
    result = await do(server, REPLACE_ROOT)
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=result.data["public_key"].encode())
    for each in (server, zone):
        (held,) = survey(each).due(each.clock())
        assert held.is_of_other_root
        assert [finding.id for finding in warnings(each, survey(each))] == ["other-root"]
        assert "another root" in str(due_lines(each)[0].message)
    await do(server, RENEW_OWN_PAIR)
    await do(zone, RENEW, name="", due=True, alt_names=())
    assert "request waits" in str(page_state(zone))
    issued = await do(server, IMPORT_REQUEST, source="paste", text=(zone.outgoing / "reporting.csr").read_bytes())
    await do(zone, IMPORT_CERTIFICATE, source="paste", text=issued.data["certificate"].encode())
    for each in (server, zone):
        assert survey(each).due(each.clock()) == ()
        assert due_lines(each) == ()
    (zone.root / "tanium.pub").write_text("rubbish")
    assert [each.name for each in survey(zone).held] == ["reporting"]
    assert [each.id for each in survey(zone).damages] == ["damaged-root"]


async def test_the_name_of_a_root_that_was_is_given_to_nobody_as_long_as_it_is_known(server: Appliance) -> None:
    await do(server, REPLACE_ROOT)
    for name in ("legacy-root", "LEGACY-root", "legacy-root 1"):
        refused = await plan(server, IMPORT_REQUEST, source="paste", text=named_request(name, "zs1.lab.test"))
        assert [each.id for each in refused.refusals] == ["own-name"]
    taken = await plan(server, IMPORT_REQUEST, source="paste", text=named_request("legacy-root 2", "zs1.lab.test"))
    assert taken.refusals == ()


async def test_the_one_in_use_is_not_revoked(server: Appliance) -> None:
    refused = await plan(server, REVOKE_ROOT, name="legacy-root")
    assert [each.id for each in refused.refusals] == ["last-root"]
