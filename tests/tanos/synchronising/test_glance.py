"""A trusted Tanium Server with which nothing is kept alike is told on each of the two, whoever goes to the other."""

from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.operation import silent
from tanos.overview.state import main_menu_state
from tanos.overview.status import STATUS
from tanos.report import Say
from tanos.services.partner_ways import write_ways
from tanos.trust.deciding import ACCEPT_SERVER, REVOKE_TRUST
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.trust.made import exchange, known, meet, server
from tests.tanos.trust.test_deciding import do

__all__ = ["clock"]
WAY = {"to": "192.0.2.7:17472", "fqdn": "", "trust": "", "problem": "Connection refused"}


@pytest.fixture
async def pair(tmp_path: Path, clock: Clock) -> tuple[Appliance, Appliance]:
    """Two that trust each other."""
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    meet(one, other)
    for each in (one, other):
        await do(each, ACCEPT_SERVER, name="", code=known(each).code)
    exchange(one, other)
    return one, other


async def told(appliance: Appliance) -> list[str]:
    """Return what `status` says of it; the main menu says it, too."""
    found = [each for each in (await STATUS.read(call(appliance))).findings if each.id == "partner-unreached"]
    above = {str(each.message) for each in main_menu_state(appliance) if isinstance(each, Say)}
    assert above >= {str(each.message) for each in found}
    return [f"{each.message} {each.remedy}" for each in found]


async def test_one_that_comes_here_and_came_no_more_is_told_until_it_comes_again_or_trust_is_revoked(
    pair: tuple[Appliance, Appliance], clock: Clock
) -> None:
    one, other = pair
    assert await told(other) == []
    clock.go(minutes=4)
    (said,) = await told(other)
    assert "ts1.lab.test" in said
    exchange(one, other)
    assert await told(other) == []
    clock.go(minutes=4)
    plan = await REVOKE_TRUST.prepare(call(other), name="ts1")
    await REVOKE_TRUST.apply(call(other), plan, silent)
    assert await told(other) == []


async def test_one_that_was_not_reached_since_this_server_started_is_told_at_once(
    pair: tuple[Appliance, Appliance],
) -> None:
    one, _ = pair
    write_ways(one, [WAY])
    (said,) = await told(one)
    assert "192.0.2.7:17472" in said


async def test_a_root_key_that_came_back_with_a_backup_is_told_with_what_ends_it(
    pair: tuple[Appliance, Appliance],
) -> None:
    one, _ = pair
    write_ways(one, [{**WAY, "problem": "root-ended"}])
    (said,) = await told(one)
    assert "root-ended" not in said
    assert "root-keys revoke" in said
