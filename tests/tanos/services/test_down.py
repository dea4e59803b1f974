"""What should run and does not is told where an operator looks first: main menu, status, board."""

import json

import pytest

from sftp.board.row import row_of
from tanos.appliance import Appliance
from tanos.overview.state import main_menu_state
from tanos.overview.status import STATUS
from tanos.report import Mark, Say
from tanos.services.catalogue import ZONE_SERVER_HUB
from tanos.services.down import FILE, Down, services_down
from tanos.services.enabled import set_enabled
from tests.conftest import call
from tests.tanos.services.conftest import supervising, until

HUB = ZONE_SERVER_HUB.name


@pytest.mark.crash
async def test_what_is_stopped_or_does_not_start_is_told_and_nothing_once_it_runs(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        assert services_down(server) == ()
        await supervisor.answer("stop", {"name": HUB})
        assert services_down(server) == (Down(HUB, ""),)
        (said,) = [each for each in main_menu_state(server) if isinstance(each, Say) and each.mark is Mark.FAIL]
        assert HUB in str(said.message)
        told = await STATUS.read(call(server))
        assert [each.id for each in told.findings] == ["service-down"]
        findings = [{"id": each.id, "severity": each.severity.value} for each in told.findings]
        row = row_of("ts1", json.dumps({"schema": 1, **told.data, "findings": findings}).encode())
        assert row.state == "due"
        await supervisor.answer("start", {"name": HUB})
        await until(lambda: services_down(server) == ())
    assert not (server.run / FILE).exists()


@pytest.mark.crash
async def test_what_is_not_to_start_with_the_appliance_is_not_missed(server: Appliance) -> None:
    with server.store.change(call(server)) as change:
        set_enabled(change, HUB, enabled=False)
    try:
        async with supervising(server) as supervisor:
            await supervisor.answer("stop", {"name": HUB})
            assert services_down(server) == ()
    finally:
        with server.store.change(call(server)) as change:
            set_enabled(change, HUB, enabled=True)


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[1]", b'[{"name": 1}]', b"\xff"])
def test_rubbish_says_nothing(zone: Appliance, rubbish: bytes) -> None:
    (zone.run / FILE).write_bytes(rubbish)
    assert services_down(zone) == ()
    (zone.run / FILE).unlink()
