"""`TaniumReceiver config …`: the words of the documents for the settings of a Tanium Server."""

import sys
import tomllib

import pytest

from menus.entry import receiver
from tanos.appliance import Appliance
from tests.menus.test_command import say
from tests.test_architecture import ROOT


def test_a_setting_is_set_and_listed_in_the_words_of_the_documents(tanium_server: Appliance) -> None:
    asked = say(tanium_server, "TaniumReceiver config set ReportingTLSMode 2 --json")
    assert (asked.status, asked.json["error"]["id"]) == (2, "needs-yes")
    assert say(tanium_server, "TaniumReceiver config set ReportingTLSMode 2 --yes").status == 0
    shown = say(tanium_server, "settings show ReportingTLSMode --component server --json").json
    listed = say(tanium_server, "taniumreceiver config list --json").json
    assert listed == say(tanium_server, "settings list --component server --json").json
    assert shown["value"] == 2


def test_it_is_recorded_as_the_verb_that_it_is(tanium_server: Appliance) -> None:
    say(tanium_server, "TaniumReceiver config set ReportingTLSMode 2 --yes")
    rows = tanium_server.store.rows("SELECT * FROM audit")
    assert "settings set" in tuple(rows[-1])


def test_the_hubs_setting_is_another_and_may_be_named(tanium_server: Appliance) -> None:
    assert say(tanium_server, "TaniumReceiver config set ReportingTLSMode 2 --component=hub --yes").status == 0
    hub = say(tanium_server, "settings show ReportingTLSMode --component hub --json").json
    server = say(tanium_server, "settings show ReportingTLSMode --component server --json").json
    assert hub["value"] == 2 != server["value"]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("TaniumReceiver config --help", 0),
        ("TaniumReceiver config set --help", 0),
        ("TaniumReceiver config nothing", 2),
        ("TaniumReceiver config", 2),
        ("TaniumReceiver", 2),
        ("TaniumReceiver service", 2),
        ("help TaniumReceiver config set", 0),
    ],
)
def test_every_end_has_its_status(tanium_server: Appliance, line: str, status: int) -> None:
    assert say(tanium_server, line).status == status


def test_where_there_is_no_tanium_server_its_settings_are_not_offered(zone_server: Appliance) -> None:
    for line in ("set ReportingTLSMode 1 --yes --json", "list --json"):
        said = say(zone_server, f"TaniumReceiver config {line}")
        assert (said.status, said.json["error"]["id"]) == (5, "not-offered")
        assert "Tanium Server" in said.json["error"]["message"]
    for line in ("list", "add Anything 1 --kind number --yes"):
        said = say(zone_server, f"settings {line} --component desk --json")
        assert (said.status, said.json["error"]["id"]) == (2, "unknown-choice")


def test_it_is_a_program_too(
    tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts["TaniumReceiver"] == "menus.entry:receiver"
    monkeypatch.setenv("TANOS_HOME", str(tanium_server.home))
    monkeypatch.setattr(sys, "argv", ["TaniumReceiver", "config", "list"])
    assert receiver() == 0
    assert "ReportingTLSMode" in capfd.readouterr().out
