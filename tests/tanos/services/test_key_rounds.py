"""The supervisor's rounds about server TLS keys, on a simulated clock: renewed in time, never ahead of the others."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.message import N_
from tanos.roots.kept import find_root
from tanos.services.catalogue import REPORTING_SERVICES, TANIUM_SERVER
from tanos.subordinate import own
from tanos.subordinate.held import held_keys, roots_in_use
from tanos.subordinate.holders import holders, write_holder
from tanos.supervising.attending import Attending
from tanos.supervising.process import Supervised
from tanos.supervising.server_keys import ServerKeys, orders_of_keys
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.roots.made import ROOT_0, ROOT_1, another_root, server_of_7_4
from tests.tanos.subordinate.servers import roots_held

__all__ = ["clock"]
ZONE = "zs1.lab.test"


class Service:
    """One that is running, as far as the rounds see it."""

    def __init__(self) -> None:
        self.line: object | None = object()
        self.renewals = 0
        self.takes = True

    async def renew(self) -> bool:
        self.renewals += self.takes
        return self.takes


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server with legacy-root and Root 0."""
    return server_of_7_4(tmp_path, clock)


def rounds(server: Appliance, *connected: str) -> tuple[ServerKeys, Service]:
    """Return the rounds of a supervisor whose hub is connected to those zone servers."""
    service = Service()
    services = cast(dict[str, Supervised], {TANIUM_SERVER.name: service})
    return ServerKeys(server, services, lambda: connected), service


def report(server: Appliance, *names: str) -> None:
    """Have the zone server say that it trusts those roots, and has no key."""
    codes = [find_root(server, name).check_code for name in names]
    write_holder(call(server), ZONE, [{"root": code, "check_code": "", "not_after": ""} for code in codes])


def codes(server: Appliance, *names: str) -> list[str]:
    return [find_root(server, name).check_code for name in names]


async def test_the_key_is_there_before_a_service_starts_and_is_renewed_in_its_window(
    server: Appliance, clock: Clock
) -> None:
    keys, service = rounds(server)
    keys.begin()
    assert list(orders_of_keys(server)["by_root"]) == codes(server, ROOT_0)
    assert await keys.look()
    assert service.renewals == 1
    before = held_keys(server, roots_in_use(server))[0].check_code
    clock.go(days=26)
    assert await keys.look()
    assert (held_keys(server, roots_in_use(server))[0].check_code, service.renewals) == (before, 1)
    clock.go(days=1, minutes=1)
    assert await keys.look()
    assert held_keys(server, roots_in_use(server))[0].check_code != before
    assert service.renewals == 2


async def test_nothing_is_signed_below_a_new_root_before_those_who_are_connected_know_it(
    server: Appliance, clock: Clock
) -> None:
    keys, service = rounds(server, ZONE)
    report(server, ROOT_0)
    await keys.look()
    await another_root(server)
    renewals = service.renewals
    assert not await keys.look()
    assert roots_held(server) == codes(server, ROOT_0)
    assert service.renewals > renewals, "what the roots say goes out first"
    report(server, ROOT_0, ROOT_1)
    assert await keys.look()
    assert roots_held(server) == codes(server, ROOT_0, ROOT_1)


async def test_who_never_says_that_he_knows_a_root_is_waited_for_ten_minutes(server: Appliance, clock: Clock) -> None:
    keys, _ = rounds(server, ZONE)
    await keys.look()
    await another_root(server)
    clock.go(minutes=9)
    assert not await keys.look()
    clock.go(minutes=2)
    assert await keys.look()
    assert roots_held(server) == codes(server, ROOT_0, ROOT_1)


async def test_a_service_that_could_not_be_told_is_told_again(server: Appliance) -> None:
    keys, service = rounds(server)
    service.takes = False
    assert not await keys.look()
    service.takes = True
    assert await keys.look()
    service.line = object()
    assert await keys.look()
    assert service.renewals == 2


async def test_what_fails_is_written_down_once_and_tried_again(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, _ = rounds(server)

    def busy(*_: Any) -> None:
        raise NotYet("busy", N_("Busy."), N_("Wait."))

    with monkeypatch.context() as failing:
        failing.setattr(own, "issue", busy)
        for _ in range(3):
            assert not await keys.look()
    assert roots_held(server) == []
    assert await keys.look()
    assert roots_held(server) == codes(server, ROOT_0)
    logs = [path.read_text() for path in (server.home / "log").iterdir()]
    assert sum(text.count("tanos.errors.NotYet: busy") for text in logs) == 1


def test_a_report_is_bounded_and_keeps_since_when(server: Appliance, clock: Clock) -> None:
    report(server, ROOT_0)
    (first,) = holders(server)
    clock.go(hours=1)
    held = [{"root": first.root, "check_code": "AAAA", "not_after": "2030-01-01T00:00:00Z"}]
    assert write_holder(call(server), ZONE, held)
    assert not write_holder(call(server), ZONE, held)
    (later,) = holders(server)
    assert (later.trusted_at, later.held_at > later.trusted_at) == (first.trusted_at, True)
    rubbish: list[object] = [{"root": 7}, "x", {}, {"root": "y" * 300, "check_code": "", "not_after": ""}, *held * 90]
    assert not write_holder(call(server), ZONE, rubbish)
    assert write_holder(call(server), ZONE, None)
    assert holders(server) == []


async def test_of_a_zone_server_to_which_the_hub_goes_no_longer_nothing_is_kept(server: Appliance) -> None:
    report(server, ROOT_0)
    attending = Attending(server)
    mine, away = {"to": "ts4.lab.test", "server": True, "problem": ""}, {"to": ZONE, "problem": "gone"}
    await attending.segments({"segments": [mine, away]})
    assert [each.name for each in holders(server)] == [ZONE]
    await attending.segments({"segments": [mine]})
    assert holders(server) == []


def test_a_release_without_such_keys_has_no_rounds(server: Appliance) -> None:
    old = SimpleNamespace(identity=SimpleNamespace(release=SimpleNamespace(automatic_tls=False)))
    keys = ServerKeys(cast(Appliance, old), cast(dict[str, Supervised], dict.fromkeys(REPORTING_SERVICES)))
    assert not keys.is_needed
    assert orders_of_keys(cast(Appliance, old)) == {}
