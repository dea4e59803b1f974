"""`pki.db` is sealed by a password that is kept nowhere, and by another one once somebody knows the former."""

import json
from pathlib import Path
from typing import Any

import pytest

import tanos.store.store
from tanos.appliance import Appliance
from tanos.certificates.pki_file import PkiFile
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.keeper import Keeper, ask_by
from tanos.operation import silent
from tanos.recovery import recover
from tanos.roots.kept import rotating
from tanos.roots.page import LIST_ROOTS
from tanos.roots.sealed import is_sealed
from tanos.roots.sealing import SEAL_ROOTS
from tanos.secret import Secret
from tanos.settings.operations import LIST_SETTINGS, SET_SETTING, SHOW_SETTING, UNSET_SETTING
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock, plan
from tests.tanos.exchange.dying import die_at
from tests.tanos.roots.made import ROOT_0, ROOT_1, another_root, cheap_seal, server_of_7_4

__all__ = ["cheap_seal", "clock"]
pytestmark = pytest.mark.usefixtures("cheap_seal")
FIRST, SECOND, NONE = Secret("Correct-Horse-9-Battery"), Secret("Staple+Wrong-8-Donkey"), Secret("")
NAME = "PKIDatabasePassword"


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server of release 7.4."""
    return server_of_7_4(tmp_path, clock)


async def seal(appliance: Appliance, password: Secret, former: Secret = NONE) -> None:
    found = await SEAL_ROOTS.prepare(call(appliance), password=password, again=password, former=former)
    assert found.refusals == ()
    await SEAL_ROOTS.apply(call(appliance, "root-keys seal"), found, silent)


async def test_it_is_sealed_and_goes_on_signing_and_the_password_lies_nowhere(server: Appliance) -> None:
    before = Keeper(server).root_keys()
    assert (await LIST_ROOTS.read(call(server))).data["sealed"] is False
    await seal(server, FIRST)
    assert (await LIST_ROOTS.read(call(server))).data["sealed"] is True
    assert is_sealed(server)
    assert Keeper(server).root_keys() == before
    await another_root(server)
    assert [each.server_value for each in rotating(server)] == [ROOT_0, ROOT_1]
    server.store.close()
    everything = b"".join(path.read_bytes() for path in server.home.rglob("*") if path.is_file())
    assert FIRST.reveal() not in everything
    assert b"BEGIN PRIVATE" not in (server.root / "pki.db").read_bytes()
    assert all(b"BEGIN PRIVATE" not in path.read_bytes() for path in (server.root / "backups").iterdir())


async def test_the_setting_tells_that_it_is_sealed_and_nothing_of_the_password(server: Appliance) -> None:
    shown = await SHOW_SETTING.read(call(server), name=NAME)
    assert shown.data["value"] is None
    await seal(server, FIRST)
    shown, listed = await SHOW_SETTING.read(call(server), name=NAME), await LIST_SETTINGS.read(call(server))
    assert shown.data["value"] == listed.data["all"]["server"][NAME] == "(protected)"
    assert listed.data["settings"][NAME] == "(protected)"
    row = server.store.rows("SELECT object, before, after, result FROM audit ORDER BY id")[-1]
    assert tuple(row) == (NAME, "open", "sealed by another password", "done")


@pytest.mark.parametrize("way", [SET_SETTING, UNSET_SETTING])
async def test_it_is_no_setting_that_is_written_down_or_taken_back(server: Appliance, way: Any) -> None:
    words = {"value": "Correct-Horse-9-Battery"} if way is SET_SETTING else {}
    with pytest.raises(AnswerRefused) as refused:
        await way.prepare(call(server), name=NAME, **words)
    assert refused.value.id == "set-otherwise"


@pytest.mark.parametrize(
    ("password", "again", "refusal"),
    [("short-A1", "short-A1", "weak-password"), ("Correct-Horse-9-Battery", "correct", "passwords-differ")],
)
async def test_a_password_that_is_weak_or_not_typed_twice_is_refused(
    server: Appliance, password: str, again: str, refusal: str
) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await SEAL_ROOTS.prepare(call(server), password=Secret(password), again=Secret(again), former=NONE)
    assert refusal in {refused.value.id, *(each.id for each in refused.value.findings)}


async def test_another_session_seals_it_anew_only_by_the_former_password(server: Appliance) -> None:
    ask_by(lambda appliance: Keeper(appliance, for_others=True))
    try:
        await seal(server, FIRST)
        before = (server.root / "pki.db").read_bytes()
        for wrong in (NONE, SECOND):
            with pytest.raises(TanosError) as refused:
                await seal(server, SECOND, wrong)
            assert refused.value.id == "wrong-password"
        assert (server.root / "pki.db").read_bytes() == before
        await seal(server, SECOND, FIRST)
        seal_now = PkiFile(server.root).seal()
        assert seal_now is not None
        assert seal_now.is_of(SECOND.reveal())
    finally:
        ask_by(Keeper)


async def test_at_the_machine_itself_a_forgotten_password_is_no_end(server: Appliance) -> None:
    await seal(server, FIRST)
    await seal(server, SECOND)
    assert [each.server_value for each in rotating(server)] == [ROOT_0]


async def test_of_two_sessions_one_seals_it(server: Appliance) -> None:
    plans = [
        await SEAL_ROOTS.prepare(call(server), password=each, again=each, former=NONE) for each in (FIRST, SECOND)
    ]
    await SEAL_ROOTS.apply(call(server), plans[0], silent)
    with pytest.raises(NotYet) as refused:
        await SEAL_ROOTS.apply(call(server), plans[1], silent)
    assert refused.value.id == "stale"


@pytest.mark.crash
@pytest.mark.parametrize(
    ("where", "name"), [(Keeper, "seal_roots"), (Keeper, "seal_roots+"), (tanos.store.store, "record")]
)
async def test_whoever_died_has_it_sealed_or_not_and_the_setting_says_so(
    server: Appliance, where: Any, name: str
) -> None:
    die_at(
        server,
        SEAL_ROOTS,
        await plan(server, SEAL_ROOTS, password=FIRST, again=FIRST, former=NONE),
        where,
        name,
    )
    recover(server)
    shown = await SHOW_SETTING.read(call(server), name=NAME)
    assert (shown.data["value"] == "(protected)") is is_sealed(server)
    assert is_sealed(server) is (name == "seal_roots+")
    assert json.loads((server.root / "pki.db").read_bytes())["format"] == f"tanos pki {2 if is_sealed(server) else 1}"
    assert recover(server) == []
    await seal(server, SECOND)
    assert is_sealed(server)
