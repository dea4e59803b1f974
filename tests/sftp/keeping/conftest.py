"""An appliance with keys to keep."""

import pytest

from sftp.keeping import asking
from tanos.appliance import Appliance
from tanos.keeper import Keeper


@pytest.fixture
def a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have who asks wait for the keeper as long as such a machine takes."""
    monkeypatch.setattr(asking, "CONNECT_SECONDS", 30.0)


@pytest.fixture
def appliance(bare_tanium_server: Appliance) -> Appliance:
    """A Tanium Server with its keys."""
    keeper = Keeper(bare_tanium_server)
    keeper.make_root()
    keeper.make_host_keys()
    return bare_tanium_server
