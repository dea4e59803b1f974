"""A Tanium Server's own pair is renewed while it serves: seen at its listener, by the same process."""

import pytest

from tanos.appliance import Appliance
from tanos.keeper import Keeper
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER, ZONE_SERVER_HUB
from tanos.setup import init_appliance
from tests.conftest import TS1
from tests.tanos.keys.forms import LINE
from tests.tanos.renewal.test_renew import renew
from tests.tanos.services.conftest import supervising


@pytest.mark.crash
async def test_what_is_issued_is_served_at_once_by_the_process_that_ran(
    tmp_path_factory: pytest.TempPathFactory, same_rsa_keys: None
) -> None:
    home = tmp_path_factory.mktemp("renewed") / "ts1"
    server: Appliance = init_appliance(home, TS1, authorized_key=LINE.encode(), password=None).appliance
    async with supervising(server) as supervisor:
        here = [supervisor.services[each.name] for each in (TANIUM_SERVER, ZONE_SERVER_HUB)]
        before = [(each.since, each.restarts) for each in here]
        done = await renew(server, "reporting")
        (told,) = done.data["certificates"]
        assert told["served"]["check_code"] == told["check_code"] == here[0].served[PLATFORM].check_code
        assert [(each.since, each.restarts) for each in here] == before
    assert Keeper(server).current("reporting") == 2
