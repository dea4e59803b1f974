"""The services of a lab are joined before they start: by settings, in the audit, never against what was decided."""

import json
from pathlib import Path

from menus.lab.layout import Lab, identity, names_in, write_state
from menus.lab.wiring import LOOPBACK, join
from tanos.appliance import Appliance
from tanos.settings.catalogue import setting_named
from tanos.settings.setting import Component
from tanos.settings.values import effective, write
from tests.conftest import MS1, TS1, ZS1, bare_appliance, call


def bare_lab(directory: Path) -> tuple[Lab, Appliance, Appliance]:
    lab = Lab(directory, ("ts1", "zs1"))
    return lab, bare_appliance(lab.home("ts1"), TS1), bare_appliance(lab.home("zs1"), ZS1)


async def test_the_hub_knows_where_a_zone_server_will_listen_and_is_let_in_there(tmp_path: Path) -> None:
    lab, server, zone = bare_lab(tmp_path)
    await join(lab)
    port = json.loads((zone.run / "services.json").read_text())["taniumzoneserver"]["platform"]
    listed = f"zs1.lab.test={LOOPBACK}:{port}"
    assert effective(server, Component.HUB)["ZoneServerList"] == listed
    assert effective(zone, Component.ZONE_SERVER)["AllowedHubs"] == LOOPBACK
    await join(lab)
    assert json.loads((zone.run / "services.json").read_text())["taniumzoneserver"]["platform"] == port
    (record,) = server.store.rows("SELECT verb, object, after FROM audit")
    assert tuple(record) == ("lab", "hub ZoneServerList", listed)


async def test_two_tanium_servers_of_7_4_know_where_the_other_will_listen(tmp_path: Path) -> None:
    lab = Lab(tmp_path, ("ts1", "zs1", "ts2", "ts3"), "7.4")
    made = {
        name: bare_appliance(lab.home(name), identity(name, "7.3" if name == "ts3" else "7.4")) for name in lab.names
    }
    await join(lab)
    ports = {
        name: json.loads((made[name].run / "services.json").read_text())["taniumserver"]["platform"]
        for name in ("ts1", "ts2")
    }
    for name, other in (("ts1", "ts2"), ("ts2", "ts1")):
        listed = effective(made[name], Component.SERVER)["TaniumServerList"]
        assert listed == f"{other}.lab.test={LOOPBACK}:{ports[other]}"
    assert not (made["ts3"].run / "services.json").exists()
    await join(lab)
    assert json.loads((made["ts1"].run / "services.json").read_text())["taniumserver"]["platform"] == ports["ts1"]


async def test_what_was_decided_already_is_left_alone(tmp_path: Path) -> None:
    lab, server, zone = bare_lab(tmp_path)
    decided = (
        (server, Component.HUB, "ZoneServerList", ""),
        (zone, Component.ZONE_SERVER, "AllowedHubs", "10.0.0.1"),
    )
    for appliance, component, name, value in decided:
        with appliance.store.change(call(appliance)) as change:
            write(change, setting_named(appliance.identity, name, component), value)
    await join(lab)
    for appliance, component, name, value in decided:
        assert effective(appliance, component)[name] == value


def test_the_state_of_a_lab_names_the_ports_of_services_that_listen(tmp_path: Path) -> None:
    lab = Lab(tmp_path, ("ts1", "zs1"))
    write_state(lab, {"ts1": 22, "zs1": 23}, {"ts1": {"platform": 17472, "https": 8443}, "zs1": {}})
    appliances = json.loads(lab.state.read_text())["appliances"]
    assert (appliances["ts1"]["tls_port"], appliances["ts1"]["https_port"]) == (17472, 8443)
    assert {"tls_port", "https_port"}.isdisjoint(appliances["zs1"])


def test_a_lab_that_is_resumed_has_whom_it_had_and_whoever_is_asked_for(tmp_path: Path) -> None:
    assert names_in(tmp_path / "new", ("ts2",)) == ("ts1", "zs1", "ts2")
    lab, _, _ = bare_lab(tmp_path)
    bare_appliance(lab.home("ms1"), MS1)
    (tmp_path / "zs7").mkdir()
    bare_appliance(tmp_path / "other", MS1)
    assert names_in(tmp_path, ()) == ("ts1", "zs1", "ms1")
    assert names_in(tmp_path, ("ts2", "ms1")) == ("ts1", "zs1", "ms1", "ts2")
