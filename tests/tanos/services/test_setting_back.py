"""A setting with which a service does not start: the earlier value holds again, and the service runs."""

import socket

import pytest

from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.operation import silent
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER
from tanos.settings.catalogue import setting_named
from tanos.settings.operations import SET_SETTING
from tanos.settings.values import value_of
from tests.conftest import call
from tests.tanos.services.conftest import supervising


@pytest.mark.crash
async def test_a_port_that_somebody_else_has_goes_back(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        port = supervisor.services[TANIUM_SERVER.name].ports[PLATFORM]
        with socket.create_server(("127.0.0.1", 0)) as taken:
            plan = await SET_SETTING.prepare(
                call(server), name="ServerPort", value=str(taken.getsockname()[1]), component="server"
            )
            with pytest.raises(NotYet, match="setting-went-back"):
                await SET_SETTING.apply(call(server), plan, silent)
        assert value_of(server, setting_named(server.identity, "ServerPort")) is None
        assert supervisor.services[TANIUM_SERVER.name].ports[PLATFORM] == port
