"""At which Module Server modules are asked: the one that stands in the settings, of those that registered."""

from tanos.appliance import Appliance
from tanos.registration.orders import tell_trusted
from tanos.registration.trusted import Trusted, put_trusted
from tanos.settings.operations import SET_SETTING
from tanos.settings.setting import Component
from tests.conftest import call
from tests.tanos.exchange.conftest import do


async def test_the_one_that_is_set_is_asked_first_and_the_latest_where_it_never_registered(
    bare_tanium_server: Appliance,
) -> None:
    for name in ("ms1", "ms2"):
        with bare_tanium_server.store.change(call(bare_tanium_server)) as change:
            put_trusted(change, bare_tanium_server, Trusted(name, f"{name}.lab.test", 17477, "PEM", "AA", ""))

    def asked() -> str:
        return str(tell_trusted(bare_tanium_server)["trusted"][0]["name"])

    latest = asked()
    other = {"ms1": "ms2", "ms2": "ms1"}[latest]
    for host, first in ((f"{other}.lab.test", other), (f"{latest}.lab.test", latest), ("ms9.lab.test", latest)):
        await do(bare_tanium_server, SET_SETTING, name="ModuleServer", value=host, component=Component.SERVER.value)
        assert asked() == first
