"""Who dies while a server TLS key is made, signed, installed or dropped: real processes; the next round ends it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tanos.store.store
import tanos.subordinate.letters
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SERVER_TLS
from tanos.certificates.pairs import PairStore
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.recovery import recover
from tanos.roots.kept import find_root
from tanos.roots.revoke import REVOKE_ROOT
from tanos.subordinate.letters import letters
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.exchange.dying import KILLED, dying
from tests.tanos.roots.made import ROOT_0, ROOT_1, another_root, server_of_7_4
from tests.tanos.subordinate.servers import (
    give_reporting_pair,
    roots_held,
    server_round,
    shown_by,
    zone_of_7_4,
    zone_round,
)

__all__ = ["clock"]
pytestmark = pytest.mark.crash
RECORD = (tanos.store.store, "record")
SERVER_STEPS = [(Keeper, "make_request+"), (Keeper, "sign_certificate+"), (PairStore, "install+"), RECORD]
ZONE_STEPS = [
    (Keeper, "make_request+"), (WaitingKeys, "put"), (PairStore, "install"), (PairStore, "install+"),
    (WaitingKeys, "remove"), (tanos.store.store, "record+"), (tanos.subordinate.letters, "_keep"),
    (PairStore, "keep_only"),
]  # fmt: skip


def dies(appliance: Appliance, where: Any, name: str, do: Callable[[], object]) -> None:
    """Do it in a process that dies at `where.name` (`name` may end in `+`: after its work), or is done before."""
    appliance.store.close()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            bare = name.rstrip("+")
            setattr(where, bare, dying(getattr(where, bare), after=name.endswith("+")))
            do()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in {0, KILLED}


def assert_settled(appliance: Appliance, *names: str, server: Appliance) -> None:
    """Say whether there is one whole key below each of those roots, and nothing else, and all of it is recorded."""
    assert roots_held(appliance) == [find_root(server, name).check_code for name in names]
    assert len(Keeper(appliance).serving_pairs(SERVER_TLS.name)) == len(names)
    assert Keeper(appliance).is_intact(SERVER_TLS.name)
    assert Keeper(appliance).waiting(SERVER_TLS.name) == {}
    assert appliance.store.rows("SELECT * FROM begun") == []


@pytest.mark.parametrize(("where", "name"), SERVER_STEPS)
def test_a_tanium_server_that_died_has_its_key_after_the_next_round(
    tmp_path: Path, clock: Clock, where: Any, name: str
) -> None:
    server = server_of_7_4(tmp_path, clock)
    dies(server, where, name, lambda: server_round(server))
    recover(server)
    server_round(server)
    assert_settled(server, ROOT_0, server=server)


@pytest.mark.parametrize(("where", "name"), ZONE_STEPS)
async def test_a_zone_server_that_died_in_a_rotation_follows_it_in_the_next_round(
    tmp_path: Path, clock: Clock, where: Any, name: str
) -> None:
    server = server_of_7_4(tmp_path, clock)
    server_round(server)
    zone = zone_of_7_4(tmp_path, clock, server)
    zone_round(zone, server, give_reporting_pair(zone, server))
    await another_root(server)
    server_round(server)
    shown = shown_by(zone)
    server.store.close()
    dies(zone, where, name, lambda: zone_round(zone, server, shown))
    for each in (zone, server):
        recover(each)
    zone_round(zone, server, shown)
    assert_settled(zone, ROOT_0, ROOT_1, server=server)
    plan = await REVOKE_ROOT.prepare(call(server), name=ROOT_0)
    await REVOKE_ROOT.apply(call(server), plan, silent)
    server_round(server)
    server.store.close()
    dies(zone, where, name, lambda: zone_round(zone, server, shown_by(zone)))
    recover(zone)
    zone_round(zone, server, shown_by(zone))
    assert_settled(zone, ROOT_1, server=server)
    assert letters(zone) == letters(server)
