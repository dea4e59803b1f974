"""What stands above the lines of a menu leaves room for them, and tells first what is not in order."""

from dataclasses import replace
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.platform import R7_4
from tanos.report import Say, Table
from tanos.roots.kept import find_root
from tanos.subordinate import page
from tanos.subordinate.holders import Holder
from tests.conftest import ZS1, bare_appliance
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.roots.made import ROOT_0, server_of_7_4
from tests.tanos.subordinate.servers import server_round

__all__ = ["clock"]


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server with its own key below Root 0."""
    made = server_of_7_4(tmp_path, clock)
    server_round(made)
    return made


def test_of_many_zone_servers_those_without_a_key_stand_above_the_lines(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = find_root(server, ROOT_0).check_code
    known = [
        Holder(f"zs{number}.lab.test", root, server.store.now(), *_key(number == 30, server.store.now()))
        for number in range(40)
    ]
    monkeypatch.setattr(page, "holders", lambda _: known)
    grid, more = page.grid(server)
    assert isinstance(grid, Table)
    assert isinstance(more, Say)
    assert len(grid.rows) == page.MOST_ABOVE
    assert grid.rows[0][0] == "zs30.lab.test"
    assert more.message.fields["count"] == 41 - page.MOST_ABOVE
    assert sum(len(each.rows) for each in page.summary(server) if isinstance(each, Table)) == page.MOST_ABOVE


def test_a_key_that_was_revoked_is_not_said_to_be_due(server: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "is_revoked", lambda *_: True)
    (grid,) = page.grid(server)
    assert isinstance(grid, Table)
    assert str(grid.rows[0][-1]) == "revoked"


def test_a_zone_server_that_trusts_nobody_is_told_what_to_do(tmp_path: Path) -> None:
    told = page.summary(bare_appliance(tmp_path / "zs1", replace(ZS1, release=R7_4)))
    assert not any(isinstance(each, Table) for each in told)
    assert isinstance(told[-1], Say)
    assert "tanium-init.dat" in str(told[-1].message)


def _key(has_none: bool, now: str) -> tuple[str, str, str]:
    return ("", "", "") if has_none else ("CODE", now, now)
