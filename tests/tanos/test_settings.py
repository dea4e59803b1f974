"""Settings: defaults are written once, an operator's choice stays."""

from dataclasses import replace
from typing import cast

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, silent
from tanos.platform import R7_4
from tanos.report import Fact, Facts, Table
from tanos.services.catalogue import ZONE_SERVER
from tanos.settings.catalogue import SETTINGS, setting_named
from tanos.settings.known import settings_here
from tanos.settings.operations import LIST_SETTINGS, SET_SETTING, SHOW_SETTING, SHUTS_OUT, UNSET_SETTING
from tanos.settings.setting import Component
from tanos.settings.values import settings, value_of, write, write_defaults
from tanos.supervising.given import settings_for
from tests.conftest import call


def test_the_defaults_are_those_of_the_guide(bare_zone_server: Appliance) -> None:
    with bare_zone_server.store.change(call(bare_zone_server)) as change:
        written = write_defaults(change, bare_zone_server)
    current = bare_zone_server.certificates / "reporting" / "current"
    assert written == settings(bare_zone_server)
    assert written == {
        "ReportingTLSMode": 2,
        "ReportingTLSCertPath": str(current / "reporting.crt"),
        "ReportingTLSKeyPath": str(current / "reporting.pvk"),
        "RequireIncomingEncryption": 0,
    }


def test_a_choice_stays_and_a_path_follows_the_files(bare_zone_server: Appliance) -> None:
    with bare_zone_server.store.change(call(bare_zone_server)) as change:
        for name, value in (("ReportingTLSMode", 1), ("ReportingTLSCertPath", "/old")):
            write(change, setting_named(bare_zone_server.identity, name), value)
        written = write_defaults(change, bare_zone_server)
    assert written["ReportingTLSMode"] == 1
    assert written["ReportingTLSCertPath"] != "/old"


@pytest.mark.parametrize("component", ["", "hub"])
async def test_the_list_has_the_numbers_by_which_one_is_chosen(bare_tanium_server: Appliance, component: str) -> None:
    (table,) = (await LIST_SETTINGS.read(call(bare_tanium_server), component=component)).sections
    assert isinstance(table, Table)
    numbered = [(str(row[0]), str(row[2])) for row in table.rows if str(row[1]) == str(Component.HUB.label)]
    chosen = settings_here(bare_tanium_server, Component.HUB.value)
    assert numbered == [(str(number), each.name) for number, each in enumerate(chosen, 1)]


async def test_they_are_listed_and_shown_by_name_in_any_case(bare_zone_server: Appliance) -> None:
    with bare_zone_server.store.change(call(bare_zone_server)) as change:
        write_defaults(change, bare_zone_server)
    listed = await LIST_SETTINGS.read(call(bare_zone_server))
    assert listed.data["settings"]["ReportingTLSMode"] == 2
    shown = await SHOW_SETTING.read(call(bare_zone_server), name="reportingtlsmode")
    assert shown.data == {
        "name": "ReportingTLSMode",
        "component": "zone-server",
        "value": 2,
        "allowed": "0 (TLS is not used), 1 (TLS is required), 2 (TLS is tried first)",
        "default": 0,
    }


async def test_a_number_is_shown_with_its_unit(bare_tanium_server: Appliance) -> None:
    first = await SHOW_SETTING.read(call(bare_tanium_server), name="OptionalTLSBackoffIntervalSeconds")
    assert Fact(N_("value"), N_("{count} second", "{count} seconds", count=1)) in cast(Facts, first.sections[0]).rows
    shown = await SHOW_SETTING.read(call(bare_tanium_server), name="OptionalTLSMaxBackoffSeconds")
    said = {str(fact.label): str(fact.value) for each in shown.sections for fact in cast(Facts, each).rows}
    assert said["value"] == said["default"] == "3600 seconds"
    assert said["allowed"] == "1 to 86400 seconds"


async def test_an_unknown_one_is_refused_and_shown_inert(bare_zone_server: Appliance) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await SHOW_SETTING.read(call(bare_zone_server), name="\x1b[2J")
    assert refused.value.id == "no-such-setting"
    assert "\x1b" not in str(refused.value)


async def test_a_zone_server_of_7_4_can_demand_tls_by_itself(bare_zone_server: Appliance) -> None:
    zone = Appliance(bare_zone_server.home, replace(bare_zone_server.identity, release=R7_4))
    for name in ("require_client_tls_314_flag", "require_client_tls_315_flag"):
        assert name not in settings_for(zone, ZONE_SERVER), "what the Tanium Server says holds"
        plan = await SET_SETTING.prepare(call(zone), name=name, value="1")
        assert [finding.id for finding in plan.findings] == ["seen-elsewhere"]
        assert plan.payload.setting.restarts == (ZONE_SERVER.name,)
        with pytest.raises(AnswerRefused):
            await SHOW_SETTING.read(call(bare_zone_server), name=name)


async def test_a_value_goes_back_to_the_default_also_where_that_is_none(bare_tanium_server: Appliance) -> None:
    server = bare_tanium_server
    for name, value in (("ServerPort", "17474"), ("OptionalTLSMaxBackoffSeconds", "60")):
        await SET_SETTING.apply(call(server), await SET_SETTING.prepare(call(server), name=name, value=value), silent)
        plan = await UNSET_SETTING.prepare(call(server), name=name)
        result = await UNSET_SETTING.apply(call(server), plan, silent)
        setting = setting_named(server.identity, name)
        assert result.data["value"] == setting.default(server.identity)
        assert value_of(server, setting) == setting.default(server.identity)
    again = await UNSET_SETTING.prepare(call(server), name="ServerPort")
    assert again.confirmation == NOTHING_TO_DO


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("AllowedHubs", "192.0.2.9, 2001:db8::1", "garbage..x"),
        ("AllowedHubs", "", "192.0.2.9,"+ "ts1"),
        ("ZoneServerList", "zs1=192.0.2.7:17472,zs2", "=zs1"),
        ("ZoneServerList", "zs1", "zs1:0"),
    ],
)  # fmt: skip
def test_a_list_is_of_what_its_reader_takes(name: str, good: str, bad: str) -> None:
    setting = next(each for each in SETTINGS if each.name == name)
    assert setting.understood(good) == good
    with pytest.raises(AnswerRefused, match="out-of-range"):
        setting.understood(bad)


async def test_an_address_that_hubs_come_from_is_taken_away_by_a_typed_word(bare_zone_server: Appliance) -> None:
    zone = bare_zone_server
    first = await SET_SETTING.prepare(call(zone), name="AllowedHubs", value="192.0.2.9,192.0.2.10")
    assert first.confirmation == YES
    await SET_SETTING.apply(call(zone), first, silent)
    less = await SET_SETTING.prepare(call(zone), name="AllowedHubs", value="192.0.2.10")
    assert less.confirmation == SHUTS_OUT
    assert [finding.message.fields["addresses"] for finding in less.findings] == ["192.0.2.9"]
    more = await SET_SETTING.prepare(call(zone), name="AllowedHubs", value="192.0.2.10 192.0.2.9 192.0.2.11")
    assert more.confirmation == YES


async def test_a_window_of_renewal_is_shorter_than_the_validity_whichever_of_the_two_is_set(
    bare_tanium_server: Appliance,
) -> None:
    appliance = Appliance(bare_tanium_server.home, replace(bare_tanium_server.identity, release=R7_4))
    hours, days = "PKIClientTLSKeyRenewalWindowHours", "PKIClientTLSKeyValidityDays"
    assert setting_named(appliance.identity, hours).component is Component.CLIENTS
    assert setting_named(appliance.identity, days).component is Component.GLOBAL
    with pytest.raises(AnswerRefused, match=r"^window-too-long: "):
        await SET_SETTING.prepare(call(appliance), name=hours, value="168")
    for name, value in ((hours, "167"), (days, "8"), (hours, "168")):
        plan = await SET_SETTING.prepare(call(appliance), name=name, value=value)
        await SET_SETTING.apply(call(appliance), plan, silent)
    with pytest.raises(AnswerRefused, match=r"^window-too-long: "):
        await SET_SETTING.prepare(call(appliance), name=days, value="7")
    with pytest.raises(AnswerRefused, match=r"^window-too-long: "):
        await UNSET_SETTING.prepare(call(appliance), name=days)
