"""Where a value is asked for, it stands there what it may be, in which unit, and what holds unless it is changed."""

from pathlib import Path

import pytest

from menus.answers import with_help
from menus.plain import run_plain
from menus.policy_lines import SET as SET_POLICY
from menus.settings_menu import SET
from menus.tree import MAIN
from tanos.appliance import Appliance
from tanos.policy.table import POLICIES
from tanos.settings.catalogue import settings_of
from tanos.settings.setting import Setting
from tests.menus.conftest import Typist, call_for
from tests.menus.screens.sitting import sitting


@pytest.mark.parametrize(
    "chain, words",
    [
        ("A-A-X-5", ("10 to 86400 seconds; 0: never", "Default: 900 seconds")),
        ("A-A-P-F", ("wrong passwords", "Default: ")),
        ("A-A-X-9-1", ("Allowed: on or off", "Default: off")),
    ],
)
async def test_the_page_of_a_policy_says_range_unit_and_default(
    tmp_path: Path, chain: str, words: tuple[str, ...]
) -> None:
    async with sitting(tmp_path, MAIN) as operator:
        operator.type(f"{chain}\r")
        await operator.sees("Value: ")
        assert all(word in " ".join(operator.screen.split()) for word in words)


async def test_the_page_of_a_setting_says_what_each_value_means(tmp_path: Path) -> None:
    async with sitting(tmp_path, MAIN) as operator:
        operator.type("2-2-9-2\rReportingTLSMode\r")
        await operator.sees("Value: ")
        said = " ".join(operator.screen.split())
        assert "0 (TLS is not used), 1 (TLS is required), 2 (TLS is tried first)" in said
        assert "TLS of connections that the zone server makes." in said


def test_the_plain_face_says_it_before_it_asks_and_to_a_question_mark(zone_server: Appliance) -> None:
    with Typist(b"A-A-X-5\n?\nR\n2-2-9-2\nServerPort\nR\nZ\n") as typist:
        assert run_plain(call_for(zone_server), MAIN, typist.streams) == 0
        said = typist.out.getvalue()
    assert said.count("Allowed: 10 to 86400 seconds; 0: never.") == 2
    assert said.index("Allowed: 10 to") < said.index("Value [")
    assert "Allowed: 1 to 65535." in said


def test_no_value_is_asked_for_without_its_range(bare_tanium_server: Appliance) -> None:
    for asks, names in (
        (SET_POLICY.asks, [{"name": policy.name} for policy in POLICIES]),
        (SET.asks, [_setting(each) for each in settings_of(bare_tanium_server.identity)]),
    ):
        value = next(ask for ask in asks if ask.name == "value")
        for answers in names:
            assert "Allowed: " in str(with_help(value, bare_tanium_server, answers).help), answers


def _setting(setting: Setting) -> dict[str, str]:
    return {"name": setting.name, "component": setting.component.value}
