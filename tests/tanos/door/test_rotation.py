"""A next host key: made while everybody else can go on, recorded once, and looked up
without reading the whole audit."""

import sqlite3
from contextlib import closing

import pytest

from tanos.appliance import Appliance
from tanos.door.rotation_operations import ROTATE_HOST_KEY, who_has_not_asked
from tanos.errors import NotYet
from tanos.keeper import Keeper
from tanos.keys.host_rotation import NextKey, next_keys
from tanos.operation import silent
from tests.conftest import call

KIND = "ed25519"


@pytest.fixture
def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance with host keys."""
    Keeper(bare_zone_server).make_host_keys()
    return bare_zone_server


async def test_nobody_is_kept_from_writing_while_a_key_is_made(
    appliance: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, new = [], Keeper.new_host_key

    def new_while_another_writes(keeper: Keeper, kind: str) -> str:
        with closing(sqlite3.connect(appliance.store.path, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        made.append(kind)
        return new(keeper, kind)

    monkeypatch.setattr(Keeper, "new_host_key", new_while_another_writes)
    asked = call(appliance)
    await ROTATE_HOST_KEY.apply(asked, await ROTATE_HOST_KEY.prepare(asked, kind=KIND), silent)
    assert made == [KIND]
    assert [each.line in Keeper(appliance).host_public_keys() for each in next_keys(appliance)] == [True]


async def test_of_two_at_the_same_time_one_is_told_and_the_key_that_is_announced_is_there(
    appliance: Appliance,
) -> None:
    asked = call(appliance)
    one, other = [await ROTATE_HOST_KEY.prepare(asked, kind=KIND) for _ in range(2)]
    await ROTATE_HOST_KEY.apply(asked, one, silent)
    with pytest.raises(NotYet, match="meantime"):
        await ROTATE_HOST_KEY.apply(asked, other, silent)
    (announced,) = next_keys(appliance)
    assert announced.line in Keeper(appliance).host_public_keys()


def test_a_key_that_this_keeper_did_not_make_is_not_kept(appliance: Appliance) -> None:
    line = Keeper(appliance).new_host_key(KIND)
    with pytest.raises(NotYet) as refused:
        Keeper(appliance).keep_next_host_key(KIND, line)
    assert refused.value.id == "stale"


def test_who_signed_in_since_is_found_without_reading_the_whole_audit(appliance: Appliance) -> None:
    following = NextKey(KIND, "", "tanadmin", "2026-11-22T12:00:00Z", False)
    asked: list[str] = []
    reading = appliance.store.rows

    def rows(sql: str, *values: object) -> list[sqlite3.Row]:
        if "audit" in sql:
            asked.extend(row["detail"] for row in reading(f"EXPLAIN QUERY PLAN {sql}", *values))
        return reading(sql, *values)

    vars(appliance.store)["rows"] = rows
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(NextKey, "fingerprint", "SHA256:x")
        assert who_has_not_asked(appliance, following) == []
    assert any("audit_of_sign_ins" in each for each in asked), asked
    assert not any(each.startswith("SCAN audit") and "USING" not in each for each in asked), asked
