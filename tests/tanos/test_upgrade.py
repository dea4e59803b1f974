"""A home of 7.3 becomes one of 7.4: another root beside the first, no pair replaced, and no way back."""

import os

import pytest

from menus.__main__ import main
from tanos.appliance import Appliance
from tanos.certificates.root_names import LEGACY
from tanos.errors import AnswerRefused, NotYet
from tanos.exchange.create_csr import CREATE_CSR
from tanos.keeper import Keeper
from tanos.platform import R7_3, R7_4
from tanos.roots.kept import roots
from tanos.services.catalogue import ZONE_SERVER_HUB
from tanos.services.connecting import TlsMode
from tanos.serving_alone import only_one
from tanos.settings.operations import SET_SETTING
from tanos.settings.setting import Component
from tanos.settings.values import written
from tanos.supervising.given import settings_for
from tanos.upgrade import apply_upgrade, plan_upgrade
from tests.tanos.exchange.conftest import clock, do, exchange, server, tree, zone, zone_server
from tests.tanos.exchange.dying import KILLED, dying

__all__ = ["clock", "server", "zone", "zone_server"]
ROOT_0 = "ts1.lab.test Root 0"


def opened(appliance: Appliance) -> Appliance:
    return Appliance.open(appliance.home, appliance.clock)


async def test_a_server_gets_root_0_and_keeps_its_pairs_and_loses_the_settings_that_are_no_more(
    zone: Appliance, server: Appliance
) -> None:
    await exchange(zone, server)
    await do(server, SET_SETTING, name="ReportingTLSMode", value="0", component=Component.HUB.value)
    await do(server, SET_SETTING, name="ServerPort", value="17499", component=Component.SERVER.value)
    pairs, root = tree(server.certificates), Keeper(server).root_certificate()
    plan = plan_upgrade(server, "7.4")
    assert (plan.refusals, plan.confirmation.word) == ((), "yes")
    apply_upgrade(plan.payload)
    then = opened(server)
    assert then.identity.release is R7_4
    assert [each.server_value for each in roots(then)] == [ROOT_0, LEGACY]
    assert (tree(then.certificates), Keeper(then).root_certificate()) == (pairs, root)
    assert list(written(then)) == [("server", "ServerPort")]
    assert settings_for(then, ZONE_SERVER_HUB)["zone_tls"] == TlsMode.REQUIRED
    row = then.store.rows("SELECT verb, before, after FROM audit ORDER BY id")[-1]
    assert tuple(row) == ("upgrade", "7.3", "7.4")
    assert plan_upgrade(then, "7.4").nothing_to_do
    with pytest.raises(AnswerRefused) as refused:
        plan_upgrade(then, "7.3")
    assert refused.value.id == "earlier-release"


@pytest.mark.crash
@pytest.mark.parametrize("after", [False, True])
def test_who_died_is_followed_by_the_same_again(
    server: Appliance, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    plan = plan_upgrade(server, "7.4")
    server.store.close()
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(Keeper, "make_root_key", dying(Keeper.make_root_key, after=after))
        apply_upgrade(plan.payload)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
    assert opened(server).identity.release is R7_3
    apply_upgrade(plan_upgrade(server, "7.4").payload)
    assert [each.server_value for each in roots(opened(server))] == [ROOT_0, LEGACY]


async def test_an_appliance_that_is_served_is_left_alone(server: Appliance) -> None:
    before = tree(server.home)
    with only_one(server), pytest.raises(NotYet) as refused:
        apply_upgrade(plan_upgrade(server, "7.4").payload)
    assert refused.value.id == "already-serving"
    with only_one(server):
        assert apply_upgrade(plan_upgrade(server, "7.3").payload).data["after"] == "7.3"
    assert {name: each for name, each in tree(server.home).items() if "db" not in name} == {
        name: each for name, each in before.items() if "db" not in name
    }


async def test_a_zone_server_changes_its_release_alone_and_tells_of_what_is_open(zone: Appliance) -> None:
    await do(zone, CREATE_CSR)
    plan = plan_upgrade(zone, "7.4")
    assert [each.id for each in plan.findings] == ["exchange-open"]
    apply_upgrade(plan.payload)
    assert opened(zone).identity.release is R7_4
    assert not (zone.root / "pki.db").exists()


@pytest.mark.parametrize("said, status", [([], 2), (["--dry-run"], 0), (["--yes"], 0)])
def test_the_program_shows_its_plan_and_wants_a_yes(
    server: Appliance, said: list[str], status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["upgrade", str(server.home), "--release", "7.4", *said]) == status
    assert "7.3, then 7.4" in capfd.readouterr().out or said == ["--yes"]
    assert (opened(server).identity.release is R7_4) == (said == ["--yes"])
