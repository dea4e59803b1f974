"""Who registered is listed as last seen, and who would be kept out is named before a setting does it."""

from dataclasses import replace

import pytest

from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.operation import YES, silent
from tanos.overview.client_status import BY_TLS, LIST_CLIENTS, MOST_SHOWN, UNENCRYPTED
from tanos.platform import R7_4
from tanos.registration.trusted import Trusted, put_trusted
from tanos.report import Say, Table
from tanos.services.hub_ways import write_ways
from tanos.services.registered import Registered, write
from tanos.services.tanium_server.pages import info_page
from tanos.settings.operations import SET_SETTING, SHOW_SETTING, SHUTS_OUT
from tanos.settings.setting import Component
from tanos.supervising.console_answers import ConsoleAnswers
from tests.conftest import call

CLIENTS = (("pc1", True, ""), ("pc2", False, "zs1.lab.test"), ("pc3", False, ""))


def reported(name: str, using_tls: bool, via: str) -> dict[str, object]:
    return {
        "kind": "client", "id": name, "name": name, "release": "7.2", "protocol": 314, "via": via,
        "using_tls": using_tls, "address": "192.0.2.7", "said": "",
    }  # fmt: skip


@pytest.fixture
def crowded(bare_tanium_server: Appliance) -> Appliance:
    write(bare_tanium_server, [reported(*each) for each in CLIENTS])
    return bare_tanium_server


async def test_the_status_says_by_which_server_and_how_each_came(crowded: Appliance) -> None:
    shown = await LIST_CLIENTS.read(call(crowded))
    assert {each["name"]: (each["using_tls"], each["via"]) for each in shown.data["clients"]} == {
        name: (tls, via) for name, tls, via in CLIENTS
    }
    assert (shown.data["using_tls"], shown.data["unencrypted"]) == (1, 2)
    for registration, names in ((BY_TLS, ["pc1"]), (UNENCRYPTED, ["pc2", "pc3"])):
        filtered = await LIST_CLIENTS.read(call(crowded), registration=registration)
        assert sorted(each["name"] for each in filtered.data["clients"]) == names


async def test_who_would_be_refused_by_what_holds_now_is_said_to_be(crowded: Appliance) -> None:
    asked = await SET_SETTING.prepare(call(crowded), name="RequireIncomingEncryption", value="1")
    await SET_SETTING.apply(call(crowded), asked, silent)
    shown = await LIST_CLIENTS.read(call(crowded))
    refused = {each["name"]: each["refused"] for each in shown.data["clients"]}
    assert refused == {"pc1": "", "pc2": "", "pc3": "tls-required"}, "a zone server has a setting of its own"
    (table,) = shown.sections
    assert isinstance(table, Table)
    cells = {str(row[0]): str(row[3]) for row in table.rows}
    assert cells == {"pc1": "yes", "pc2": "no", "pc3": "no, and refused now (tls-required)"}


async def test_of_very_many_those_who_would_be_refused_are_shown_and_the_latest(crowded: Appliance) -> None:
    write(crowded, [reported(f"many{number}", True, "") for number in range(MOST_SHOWN)])
    asked = await SET_SETTING.prepare(call(crowded), name="RequireIncomingEncryption", value="1")
    await SET_SETTING.apply(call(crowded), asked, silent)
    shown = await LIST_CLIENTS.read(call(crowded))
    table, more = shown.sections
    assert isinstance(table, Table)
    assert isinstance(more, Say)
    assert (len(table.rows), table.rows[0][0], more.message.fields["count"]) == (MOST_SHOWN, "pc3", 3)
    assert len(shown.data["clients"]) == MOST_SHOWN + 3


async def test_only_the_latest_registration_counts_and_none_is_audited(crowded: Appliance) -> None:
    before = crowded.store.rows("SELECT id FROM audit")
    write(crowded, [reported("pc2", True, "")])
    shown = await LIST_CLIENTS.read(call(crowded))
    assert (len(shown.data["clients"]), shown.data["using_tls"]) == (3, 2)
    assert len(crowded.store.rows("SELECT id FROM audit")) == len(before)


async def test_demanding_tls_names_who_comes_without_and_wants_a_word(crowded: Appliance) -> None:
    plan = await SET_SETTING.prepare(call(crowded), name="RequireIncomingEncryption", value="1")
    assert plan.confirmation == SHUTS_OUT
    (finding,) = plan.findings
    assert (finding.id, finding.message.fields["count"]) == ("shuts-out", 2)
    assert sorted(plan.data["who"]) == ["pc2", "pc3"], "programs are told of all by name"
    write(crowded, [reported(name, True, via) for name, _, via in CLIENTS])
    plan = await SET_SETTING.prepare(call(crowded), name="RequireIncomingEncryption", value="1")
    assert plan.findings == ()
    assert plan.confirmation.word == "yes"


async def test_what_another_session_changed_meanwhile_is_not_overwritten(crowded: Appliance) -> None:
    first = await SET_SETTING.prepare(call(crowded), name="ServerPort", value="17472", component="server")
    second = await SET_SETTING.prepare(call(crowded), name="ServerPort", value="0x4441", component="server")
    result = await SET_SETTING.apply(call(crowded), first, silent)
    assert result.data["value"] == 17472
    with pytest.raises(NotYet, match="stale"):
        await SET_SETTING.apply(call(crowded), second, silent)


async def test_info_tells_from_7_4_on_what_holds_at_zone_servers_as_well(crowded: Appliance) -> None:
    newer = Appliance(crowded.home, replace(crowded.identity, release=R7_4))
    await SET_SETTING.apply(
        call(newer), await SET_SETTING.prepare(call(newer), name="require_client_tls_314_flag", value="1"), silent
    )
    info = await ConsoleAnswers(newer, list).info({})
    segments = {each["segment"]: (each["tls"], each.get("unencrypted")) for each in info["segments"]}
    assert segments["clients (314) - Tanium Server"] == ("required", 1)
    assert segments["clients (314) - Zone Servers"] == ("required", 1)
    assert segments["clients (315) - Zone Servers"] == ("required", 0)


async def test_a_mode_that_clients_could_never_be_told_to_leave_names_them_and_wants_a_word(
    crowded: Appliance,
) -> None:
    required = await SET_SETTING.prepare(
        call(crowded), name="ReportingTLSMode", value="1", component=Component.CLIENTS
    )
    assert required.confirmation == SHUTS_OUT
    assert required.data["shuts_out"] == 2
    tried = await SET_SETTING.prepare(call(crowded), name="ReportingTLSMode", value="2", component=Component.CLIENTS)
    assert tried.confirmation == YES
    await SET_SETTING.apply(call(crowded), tried, silent)
    write(crowded, [reported(name, True, via) for name, _, via in CLIENTS])
    demanded = await SET_SETTING.prepare(call(crowded), name="RequireIncomingEncryption", value="1")
    await SET_SETTING.apply(call(crowded), demanded, silent)
    off = await SET_SETTING.prepare(call(crowded), name="ReportingTLSMode", value="0", component=Component.CLIENTS)
    assert (off.confirmation, off.data["shuts_out"]) == (SHUTS_OUT, 3)


async def test_another_port_names_who_goes_by_the_present_one_and_wants_a_word(
    crowded: Appliance, bare_zone_server: Appliance
) -> None:
    other = await SET_SETTING.prepare(call(crowded), name="ServerPort", value="17474", component=Component.SERVER)
    assert (other.confirmation, other.data["shuts_out"]) == (SHUTS_OUT, 2), "those of the zone server go by its port"
    console = await SET_SETTING.prepare(call(crowded), name="ServerSOAPPort", value="8444")
    assert (console.confirmation, console.findings) == (YES, ())
    with crowded.store.change(call(crowded)) as change:
        put_trusted(change, crowded, Trusted("ms1.lab.test", "ms1.lab.test", 17477, "PEM", "", ""))
    console = await SET_SETTING.prepare(call(crowded), name="ServerSOAPPort", value="8444")
    assert console.confirmation == SHUTS_OUT
    assert [finding.message.fields["names"] for finding in console.findings] == ["ms1.lab.test"]
    zone = await SET_SETTING.prepare(call(bare_zone_server), name="ServerPort", value="17474")
    assert (zone.confirmation, [finding.id for finding in zone.findings]) == (SHUTS_OUT, ["seen-elsewhere"])


async def test_who_comes_while_the_plan_stands_is_not_kept_out_unnamed(crowded: Appliance) -> None:
    write(crowded, [reported(name, True, via) for name, _, via in CLIENTS])
    plan = await SET_SETTING.prepare(call(crowded), name="RequireIncomingEncryption", value="1")
    assert plan.confirmation == YES
    write(crowded, [reported("late", False, "")])
    with pytest.raises(NotYet, match="stale"):
        await SET_SETTING.apply(call(crowded), plan, silent)
    shown = await SHOW_SETTING.read(call(crowded), name="RequireIncomingEncryption", component="server")
    assert shown.data["value"] == 0


async def test_info_counts_those_who_came_without_reading_what_each_said(
    crowded: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reads_all(*_: object, **__: object) -> None:
        raise AssertionError("one of many was read")

    monkeypatch.setattr(Registered, "__init__", reads_all)
    info = await ConsoleAnswers(crowded, list).info({})
    segments = {each["segment"]: (each.get("using_tls"), each.get("unencrypted")) for each in info["segments"]}
    assert segments["clients - Tanium Server"] == (1, 1)
    assert segments["clients - Zone Servers"] == (0, 1)


async def test_info_tells_whom_it_counts_and_who_is_refused_or_not_connected_now(crowded: Appliance) -> None:
    asked = await SET_SETTING.prepare(call(crowded), name="RequireIncomingEncryption", value="1")
    await SET_SETTING.apply(call(crowded), asked, silent)
    ways = [{"to": to, "connected": False, "problem": "tls-required"} for to in ("zs1", crowded.identity.fqdn)]
    write_ways(crowded, ways)
    info = await ConsoleAnswers(crowded, list).info({})
    segments = {each["segment"]: each.get("refused", each.get("not_connected")) for each in info["segments"]}
    assert segments == {
        "clients - Tanium Server": 1,
        "clients - Zone Servers": 0,
        "Zone Server Hub - Tanium Server": [crowded.identity.fqdn],
        "Zone Server Hub - Zone Servers": ["zs1"],
    }
    shown = info_page(info)
    assert "<td>zs1</td>" in shown
    assert "as each registered last" in shown
    root = {
        "name": "tanium.pub",
        "not_before": "2026-11-22T12:00:00Z",
        "not_after": "9999-12-31T23:59:59Z",
        "days_left": 9,
    }
    assert "<td>no end</td><td>-</td>" in info_page({**info, "certificates": [root]})


async def test_a_hub_that_would_demand_tls_names_the_zone_servers_without(crowded: Appliance) -> None:
    write(crowded, [{**reported("zs1", False, ""), "kind": "zone-server"}])
    plan = await SET_SETTING.prepare(call(crowded), name="ReportingTLSMode", value="1", component=Component.HUB)
    assert plan.confirmation == SHUTS_OUT
    write(crowded, [{**reported("zs1", True, ""), "kind": "zone-server"}])
    plan = await SET_SETTING.prepare(call(crowded), name="ReportingTLSMode", value="1", component=Component.HUB)
    assert plan.confirmation == YES
