"""Who proves nothing waits until an operator compared a check code: what is shown, and what is refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tanos.appliance import Appliance
from tanos.certificates.issued import serial_text
from tanos.certificates.root import self_signed_root
from tanos.errors import AnswerRefused, NotYet
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.overview.state import main_menu_state
from tanos.overview.status import STATUS
from tanos.roots.kept import Root, State, find_root, write_root
from tanos.services.catalogue import ZONE_SERVER
from tanos.services.line import LineLost
from tanos.settings.catalogue import setting_named
from tanos.settings.values import write
from tanos.subordinate.held import held_keys, roots_in_use
from tanos.subordinate.letters import MOST_TOLD_ENDED, letters, take_letters, write_letters
from tanos.subordinate.operations import APPROVE_KEY, LIST_SUBORDINATE, REFUSE_KEY
from tanos.subordinate.own import Wanted, ask_for, take, wanted_roots
from tanos.subordinate.pending import pending
from tanos.supervising.process import Supervised
from tanos.supervising.server_keys import ServerKeys
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock, do
from tests.tanos.roots.made import ROOT_0, another_root, server_of_7_4
from tests.tanos.subordinate.servers import asked, roots_held, server_round, shown_by, zone_of_7_4

__all__ = ["clock"]
ZONE = "zs1.lab.test"


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server with its own key below Root 0."""
    made = server_of_7_4(tmp_path, clock)
    server_round(made)
    return made


@pytest.fixture
def zone(tmp_path: Path, clock: Clock, server: Appliance) -> Appliance:
    """A zone server that has nothing but the roots."""
    made = zone_of_7_4(tmp_path, clock, server)
    take_letters(call(made), letters(server))
    return made


def wanted_by(zone: Appliance) -> Wanted:
    (root,) = wanted_roots(zone)
    return ask_for(zone, root)


async def test_both_servers_show_the_check_code_and_the_certificate_comes_once_it_was_approved(
    server: Appliance, zone: Appliance
) -> None:
    wanted = wanted_by(zone)
    assert asked(wanted, zone, server, b"") == ""
    at_server, at_zone = [(await LIST_SUBORDINATE.read(call(each))).data for each in (server, zone)]
    assert at_zone["waiting"] == [at_server["requests"][0]["check_code"]] == [wanted.request.check_code]
    assert wanted.request.check_code in str(main_menu_state(server))
    assert wanted.request.check_code in str(main_menu_state(zone))
    assert "key-awaited" in [each.id for each in (await STATUS.read(call(zone))).findings]
    plan = await APPROVE_KEY.prepare(call(server), name=ZONE)
    assert plan.confirmation.word == wanted.request.check_code[-4:]
    await APPROVE_KEY.apply(call(server), plan, silent)
    with pytest.raises(NotYet):
        await APPROVE_KEY.apply(call(server), plan, silent)
    with pytest.raises(AnswerRefused, match="no-such-request"):
        await APPROVE_KEY.prepare(call(server), name=ZONE)
    pem = asked(wanted, zone, server, b"")
    assert asked(wanted, zone, server, b"") == pem
    take(call(zone), wanted, pem)
    assert roots_held(zone) == [find_root(server, ROOT_0).check_code]
    row = server.store.rows("SELECT user, after FROM audit WHERE object = ? ORDER BY id", ZONE)[-1]
    assert tuple(row) == ("tanadmin", f"approved: {wanted.request.check_code}")


async def test_a_new_zone_server_says_that_it_trusts_nobody_yet(
    tmp_path: Path, server: Appliance, clock: Clock
) -> None:
    zone = zone_of_7_4(tmp_path / "new", clock, server)
    assert "root-awaited" not in [each.id for each in (await STATUS.read(call(zone))).findings]
    Keeper(zone).trust_root(None)
    assert "tanium-init.dat" in str(main_menu_state(zone))
    assert "root-awaited" in [each.id for each in (await STATUS.read(call(zone))).findings]


async def test_one_that_trusts_a_server_and_has_no_key_says_that_its_hub_has_to_come(
    tmp_path: Path, server: Appliance, clock: Clock
) -> None:
    zone = zone_of_7_4(tmp_path / "new", clock, server)
    assert "AllowedHubs is not set" in str(main_menu_state(zone))
    with zone.store.change(call(zone)) as change:
        write(change, setting_named(zone.identity, "AllowedHubs"), "192.0.2.7")
    assert "192.0.2.7" in str((await STATUS.read(call(zone))).findings)
    take_letters(call(zone), letters(server))
    assert "ZoneServerList" in str((await LIST_SUBORDINATE.read(call(zone))).findings)
    wanted_by(zone)
    assert "hub-awaited" not in [each.id for each in (await STATUS.read(call(zone))).findings]


async def test_what_was_approved_is_one_key_and_another_waits_anew(
    tmp_path: Path, clock: Clock, server: Appliance, zone: Appliance
) -> None:
    asked(wanted_by(zone), zone, server, b"")
    await do(server, APPROVE_KEY, name=ZONE)
    clock.go(minutes=2)
    other = zone_of_7_4(tmp_path / "false", clock, server)
    take_letters(call(other), letters(server))
    assert asked(wanted_by(other), other, server, b"") == ""
    (found,) = pending(server)
    assert (found.check_code, found.approved_at) == (wanted_by(other).request.check_code, "")
    assert asked(wanted_by(zone), zone, server, b"") == ""
    assert pending(server) == [found], "a minute goes by before it is another one's turn"
    await do(server, REFUSE_KEY, name=ZONE)
    assert pending(server) == []
    with pytest.raises(AnswerRefused, match="no-such-request"):
        await REFUSE_KEY.prepare(call(server), name=ZONE)


async def test_whose_certificate_was_revoked_proves_nothing_with_an_older_one(
    server: Appliance, zone: Appliance, clock: Clock
) -> None:
    first = wanted_by(zone)
    asked(first, zone, server, b"")
    await do(server, APPROVE_KEY, name=ZONE)
    take(call(zone), first, asked(first, zone, server, b""))
    clock.go(days=28)
    older, second = shown_by(zone), wanted_by(zone)
    take(call(zone), second, asked(second, zone, server, older))
    clock.go(days=28)
    third, present = wanted_by(zone), shown_by(zone)
    serial = held_keys(zone, roots_in_use(zone))[0].certificate.serial_number
    with server.store.change(call(server)) as change:
        change.execute(
            "INSERT INTO revoked_certificates (serial, reason, revoked_by, revoked_at) VALUES (?, ?, '', ?)",
            serial_text(serial), "privilege-withdrawn", change.now,
        )  # fmt: skip
    for shown in (older, present):
        assert asked(third, zone, server, shown) == ""
    await do(server, APPROVE_KEY, name=ZONE)
    clock.go(seconds=1)
    take(call(zone), third, asked(third, zone, server, present))
    clock.go(days=28)
    assert asked(wanted_by(zone), zone, server, shown_by(zone)).startswith("-----BEGIN")


async def test_a_letter_has_room_however_many_roots_ended(server: Appliance, zone: Appliance, clock: Clock) -> None:
    with server.store.change(call(server)) as change:
        for number in range(MOST_TOLD_ENDED + 9):
            gone = self_signed_root(ec.generate_private_key(ec.SECP256R1()), f"gone {number}", server.clock())
            write_root(change, Root(f"gone {number}", gone, "", change.now, State.REVOKED, "", change.now))
    clock.go(hours=1)
    await another_root(server)
    assert write_letters(call(server))
    assert take_letters(call(zone), letters(server))
    assert len(roots_in_use(zone)) == 2


async def test_no_key_is_made_before_a_hub_came_that_takes_its_request_along(
    tmp_path: Path, server: Appliance, clock: Clock
) -> None:
    zone = zone_of_7_4(tmp_path / "new", clock, server)
    take_letters(call(zone), letters(server))
    running = {ZONE_SERVER.name: cast(Supervised, SimpleNamespace(line=_NobodyThere(), renew=_renewed))}
    await ServerKeys(zone, running).look()
    assert not Keeper(zone).waiting("server-tls")
    assert "hub-awaited" in [each.id for each in (await STATUS.read(call(zone))).findings]


class _NobodyThere:
    """A line to a service that no hub came to."""

    async def ask(self, *_: object, **__: object) -> object:
        """Answer as where no hub is."""
        raise LineLost


async def _renewed() -> bool:
    return True
