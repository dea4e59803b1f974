"""Who dies while a root key is made, revoked or replaced: real processes, really gone; the next start ends it."""

from pathlib import Path
from typing import Any

import pytest

import tanos.store.store
from tanos.appliance import Appliance
from tanos.certificates.next_root import NextRoot
from tanos.keeper import Keeper
from tanos.recovery import recover
from tanos.roots.create import CREATE_ROOT
from tanos.roots.kept import State, find_root, roots, rotating
from tanos.roots.replace import REPLACE_ROOT
from tanos.roots.revoke import REVOKE_ROOT
from tests.tanos.exchange.conftest import Clock, clock, do, plan, server
from tests.tanos.exchange.dying import die_at
from tests.tanos.roots.made import ROOT_0, ROOT_1, another_root, server_of_7_4

__all__ = ["clock", "server"]
pytestmark = pytest.mark.crash


@pytest.fixture
def newer(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server of release 7.4."""
    return server_of_7_4(tmp_path, clock)


MADE = [(Keeper, "make_root_key"), (Keeper, "make_root_key+"), (tanos.store.store, "record"),
        (tanos.store.store, "record+")]  # fmt: skip


@pytest.mark.parametrize(("where", "name"), MADE)
async def test_a_root_that_was_being_made_is_known_or_nowhere(newer: Appliance, where: Any, name: str) -> None:
    die_at(newer, CREATE_ROOT, await plan(newer, CREATE_ROOT), where, name)
    recover(newer)
    made = [each.server_value for each in rotating(newer)]
    assert made in ([ROOT_0], [ROOT_0, ROOT_1])
    assert list(Keeper(newer).root_keys()) == made
    if name == "make_root_key+":
        assert find_root(newer, ROOT_1).made_by == "tanadmin"
    assert recover(newer) == []
    assert newer.store.rows("SELECT * FROM begun") == []


REVOKED = [(Keeper, "drop_root_key"), (Keeper, "drop_root_key+"), (tanos.store.store, "record")]


@pytest.mark.parametrize(("where", "name"), REVOKED)
async def test_a_root_that_was_being_revoked_has_its_key_or_is_revoked(
    newer: Appliance, where: Any, name: str
) -> None:
    await another_root(newer)
    die_at(newer, REVOKE_ROOT, await plan(newer, REVOKE_ROOT, name=ROOT_0), where, name)
    recover(newer)
    has_key = ROOT_0 in Keeper(newer).root_keys()
    told = find_root(newer, ROOT_0)
    assert told.state is (State.ACTIVE if has_key else State.REVOKED)
    assert has_key or told.ended_by == "tanadmin"
    assert recover(newer) == []
    if has_key:
        await do(newer, REVOKE_ROOT, name=ROOT_0)
    assert find_root(newer, ROOT_0).state is State.REVOKED


REPLACED = [(Keeper, "make_next_root"), (Keeper, "make_next_root+"), (Keeper, "adopt_next_root"),
            (Path, "rename"), (Path, "rename+"), (NextRoot, "adopt+"), (tanos.store.store, "record"),
            (tanos.store.store, "record+")]  # fmt: skip


@pytest.mark.parametrize(("where", "name"), REPLACED)
async def test_a_root_that_was_being_replaced_is_whole_and_its_certificates_stay_known(
    server: Appliance, where: Any, name: str
) -> None:
    before = find_root(server, "legacy-root")
    die_at(server, REPLACE_ROOT, await plan(server, REPLACE_ROOT), where, name)
    recover(server)
    found = {each.check_code: each.state for each in roots(server)}
    assert found.pop(before.check_code) is (State.REPLACED if found else State.ACTIVE)
    assert list(found.values()) in ([], [State.ACTIVE])
    assert {path.name for path in server.root.iterdir()} == {"tanium.pub", "tanium.pvk"}
    assert recover(server) == []
    await do(server, REPLACE_ROOT)
    assert find_root(server, before.check_code).state is State.REPLACED
