"""Root keys of release 7.4: made beside each other, two at most, and revoked once there is a successor."""

from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.roots.create import CREATE_ROOT
from tanos.roots.kept import State, find_root, roots, rotating
from tanos.roots.page import LIST_ROOTS, SHOW_ROOT, page_state
from tanos.roots.revoke import REVOKE_ROOT
from tanos.roots.trusted import trusted_pem
from tanos.roots.used import uses
from tanos.secret import Secret
from tanos.setup import init_appliance
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock, do
from tests.tanos.roots.made import ROOT_0, ROOT_1, ROOT_2, TS4, another_root, judged, server_of_7_4

__all__ = ["clock"]


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server of release 7.4."""
    return server_of_7_4(tmp_path, clock)


async def ids(appliance: Appliance) -> list[str]:
    return [each.id for each in (await LIST_ROOTS.read(call(appliance))).findings]


async def revoke(appliance: Appliance, name: str) -> None:
    plan = await REVOKE_ROOT.prepare(call(appliance), name=name)
    assert [each.id for each in plan.refusals] == []
    await REVOKE_ROOT.apply(call(appliance), plan, silent)


async def test_it_starts_with_the_two_that_the_documents_name(server: Appliance) -> None:
    data = (await LIST_ROOTS.read(call(server))).data["roots"]
    assert [(each["server_value"], each["state"]) for each in data] == [(ROOT_0, "active"), ("legacy-root", "active")]
    assert Keeper(server).root_certificate() == find_root(server, "legacy-root").pem.encode()
    assert set(Keeper(server).root_keys()) == {ROOT_0}
    assert await ids(server) == []


async def test_a_root_is_one_by_the_judge_and_shown_without_its_private_half(server: Appliance) -> None:
    shown = await SHOW_ROOT.read(call(server), name=ROOT_0)
    assert "PRIVATE" not in str(shown)
    pem = shown.data["public_key"]
    told = judged(pem, "-noout -subject -fingerprint -sha256 -ext basicConstraints,keyUsage")
    assert f"CN = {ROOT_0}" in told
    assert shown.data["fingerprint"] in told
    assert "CA:TRUE, pathlen:1" in told
    assert "Certificate Sign, CRL Sign" in told


async def test_two_are_active_at_most_and_a_number_never_comes_again(server: Appliance, clock: Clock) -> None:
    clock.go(days=30)
    made = await do(server, CREATE_ROOT)
    assert made.data["server_value"] == ROOT_1
    assert "root-keys backup" in str(made.sections)
    third = await CREATE_ROOT.prepare(call(server))
    assert [each.id for each in third.refusals] == ["two-roots"]
    assert await ids(server) == ["rotation-open"]
    await revoke(server, ROOT_0)
    assert set(Keeper(server).root_keys()) == {ROOT_1}
    assert (await another_root(server)).server_value == ROOT_2
    await revoke(server, ROOT_2)
    assert [each.server_value for each in rotating(server)] == [ROOT_1]
    assert [each.server_value for each in roots(server) if each.state is State.REVOKED] == [ROOT_0, ROOT_2]


async def test_a_revoked_root_is_trusted_no_more_and_told_with_time_and_user(server: Appliance) -> None:
    former = find_root(server, ROOT_0)
    await another_root(server)
    assert former.pem in trusted_pem(server)
    await revoke(server, former.check_code.lower())
    assert former.pem not in trusted_pem(server)
    assert trusted_pem(server).count("BEGIN") == 2
    told = find_root(server, former.fingerprint)
    assert (told.state, told.ended_by, told.ended_at) == (State.REVOKED, "tanadmin", server.store.now())
    row = server.store.rows("SELECT object, before, after FROM audit WHERE result = 'done' ORDER BY id")[-1]
    assert tuple(row) == (ROOT_0, former.check_code, "revoked")


@pytest.mark.parametrize("name, refusal", [(ROOT_0, "last-root"), ("legacy-root", "legacy-root")])
async def test_the_last_one_and_that_of_old_clients_are_not_revoked(
    server: Appliance, name: str, refusal: str
) -> None:
    plan = await REVOKE_ROOT.prepare(call(server), name=name)
    assert [each.id for each in plan.refusals] == [refusal]
    with pytest.raises(NotYet):
        await REVOKE_ROOT.apply(call(server), plan, silent)
    assert set(Keeper(server).root_keys()) == {ROOT_0}


async def test_what_is_typed_is_the_last_group_of_its_check_code(server: Appliance) -> None:
    await another_root(server)
    plan = await REVOKE_ROOT.prepare(call(server), name=ROOT_0)
    assert plan.confirmation.word == find_root(server, ROOT_0).check_code[-4:]
    with pytest.raises(AnswerRefused) as refused:
        await REVOKE_ROOT.prepare(call(server), name="ts4.lab.test Root 7")
    assert refused.value.id == "no-such-root"


async def test_of_two_sessions_one_makes_and_one_revokes(server: Appliance) -> None:
    plans = [await CREATE_ROOT.prepare(call(server)) for _ in range(2)]
    await CREATE_ROOT.apply(call(server), plans[0], silent)
    with pytest.raises(NotYet) as refused:
        await CREATE_ROOT.apply(call(server), plans[1], silent)
    assert refused.value.id == "stale"
    each = [await REVOKE_ROOT.prepare(call(server), name=name) for name in (ROOT_0, ROOT_1)]
    await REVOKE_ROOT.apply(call(server), each[0], silent)
    with pytest.raises(NotYet):
        await REVOKE_ROOT.apply(call(server), each[1], silent)
    assert [each.server_value for each in rotating(server)] == [ROOT_1]


async def test_a_root_older_than_a_year_is_told(server: Appliance, clock: Clock) -> None:
    clock.go(days=364)
    assert await ids(server) == []
    clock.go(days=2)
    assert await ids(server) == ["root-old"]
    assert any("older than a year" in str(each) for each in page_state(server))
    await another_root(server)
    assert await ids(server) == ["rotation-open"]


def test_an_installation_of_7_4_makes_both_and_its_own_pair_is_known_to_clients_of_7_2(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = init_appliance(home, TS4, authorized_key=None, password=Secret("Correct-Horse-9-Battery")).appliance
    assert [each.server_value for each in roots(made)] == [ROOT_0, "legacy-root"]
    assert [(each.subject, each.is_own) for each in uses(made, find_root(made, "legacy-root"))] == [
        ("CN=ts4.lab.test", True)
    ]
    assert find_root(made, ROOT_0).made_by == "root"
    assert made.store.rows("SELECT * FROM begun") == []
