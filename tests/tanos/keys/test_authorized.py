"""Who may sign in, and that nobody locks himself out."""

from dataclasses import replace

import pytest

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotOffered, TanosError
from tanos.keys.authorized import Admission, admit, authorized_keys
from tanos.keys.operations import ADD_AUTHORIZED, LIST_AUTHORIZED, REMOVE_AUTHORIZED
from tanos.keys.public_key import SshPublicKey, read_line
from tanos.operation import Result, silent
from tanos.platform import UserRole
from tanos.trials.trial import waiting
from tests.conftest import NOON, call
from tests.tanos.keys.forms import LINE, OTHER, RSA
from tests.tanos.keys.made import with_users

KEY, OTHER_KEY = read_line(LINE), read_line(OTHER)


@pytest.fixture
def by_key(bare_zone_server: Appliance) -> Call:
    """A call on an appliance whose tanadmin has no password."""
    return call(with_users(bare_zone_server))


def is_authorized(appliance: Appliance, user: str, word: str, blob: bytes) -> str | None:
    """Return the fingerprint of a key that may sign in from anywhere now."""
    found = admit(appliance, user, word, blob, "192.0.2.1", NOON)
    return found.fingerprint if isinstance(found, Admission) else None


async def add(asked: Call, text: str, user: str = "tanadmin") -> Result:
    """Add a key through both beats."""
    plan = await ADD_AUTHORIZED.prepare(asked, user=user, text=text.encode())
    return await ADD_AUTHORIZED.apply(asked, plan, silent)


async def remove(asked: Call, key: SshPublicKey, user: str = "tanadmin") -> Result:
    """Remove a key through both beats."""
    plan = await REMOVE_AUTHORIZED.prepare(asked, user=user, fingerprint=key.fingerprint)
    return await REMOVE_AUTHORIZED.apply(asked, plan, silent)


def audited(asked: Call) -> list[tuple[str, ...]]:
    """Return object, before and after of what was audited by this verb's calls."""
    rows = asked.appliance.store.rows("SELECT object, before, after FROM audit WHERE result = 'done' ORDER BY id")
    return [tuple(row) for row in rows][1:]


async def test_the_plan_shows_the_fingerprint_and_changes_nothing(by_key: Call) -> None:
    plan = await ADD_AUTHORIZED.prepare(by_key, user="tancopy", text=f"> {LINE}\r\n".encode())
    assert plan.data["fingerprint"] == KEY.fingerprint
    assert plan.data["repairs"]
    assert authorized_keys(by_key.appliance, "tancopy") == []


async def test_an_added_key_is_listed_with_its_promised_fields_and_may_sign_in(by_key: Call) -> None:
    result = await add(by_key, LINE, "tancopy")
    assert result.data["fingerprint"] == KEY.fingerprint
    listed = await LIST_AUTHORIZED.read(by_key, user="tancopy")
    assert listed.data["keys"] == [
        {
            "fingerprint": KEY.fingerprint,
            "type": "ssh-ed25519",
            "bits": 256,
            "comment": "ed25519@lab.test",
            "added_by": "tanadmin",
            "added_at": "2026-11-22T12:00:00Z",
            "added_from": "verb",
            "options": "",
            "expires": "",
            "last_used": "",
            "last_from": "",
            "state": "",
        }
    ]
    assert is_authorized(by_key.appliance, "tancopy", KEY.type, KEY.blob) == KEY.fingerprint
    assert [key.line for key in authorized_keys(by_key.appliance, "tancopy")] == [LINE]
    assert audited(by_key) == [("tancopy", "", f'{KEY.fingerprint} ssh-ed25519 256 "ed25519@lab.test"')]


async def test_only_exactly_that_key_and_user_and_type_may_sign_in(by_key: Call) -> None:
    await add(by_key, LINE, "tancopy")
    appliance = by_key.appliance
    assert is_authorized(appliance, "tanadmin", KEY.type, KEY.blob) is None
    assert is_authorized(appliance, "nobody", KEY.type, KEY.blob) is None
    assert is_authorized(appliance, "tancopy", "ssh-rsa", KEY.blob) is None
    assert is_authorized(appliance, "tancopy", KEY.type, KEY.blob + b"\0") is None
    assert is_authorized(appliance, "tancopy", OTHER_KEY.type, OTHER_KEY.blob) is None


async def test_a_disabled_user_has_no_key(by_key: Call) -> None:
    await add(by_key, LINE, "tancopy")
    with by_key.appliance.store.change(by_key) as change:
        change.execute("UPDATE users SET disabled = 1 WHERE name = 'tancopy'")
    assert is_authorized(by_key.appliance, "tancopy", KEY.type, KEY.blob) is None


def test_asking_for_a_key_reads_two_indexes_and_scans_nothing(by_key: Call) -> None:
    rows = by_key.appliance.store.rows(
        "EXPLAIN QUERY PLAN SELECT authorized_keys.type, blob FROM authorized_keys"
        " JOIN users ON users.name = authorized_keys.user WHERE user = ? AND fingerprint = ? AND disabled = 0",
        "tancopy",
        KEY.fingerprint,
    )
    assert all(row["detail"].startswith("SEARCH") for row in rows)


async def test_the_same_key_twice_is_a_duplicate_but_not_for_another_user(by_key: Call) -> None:
    await add(by_key, LINE)
    with pytest.raises(AnswerRefused, match="duplicate"):
        await add(by_key, f"{LINE} other comment")
    await add(by_key, LINE, "tancopy")


async def test_a_faster_session_makes_the_second_addition_a_duplicate(by_key: Call) -> None:
    plan = await ADD_AUTHORIZED.prepare(by_key, user="tanadmin", text=LINE.encode())
    await add(by_key, LINE)
    with pytest.raises(AnswerRefused, match="duplicate"):
        await ADD_AUTHORIZED.apply(by_key, plan, silent)
    assert len(authorized_keys(by_key.appliance, "tanadmin")) == 1


async def test_a_key_is_removed_by_its_fingerprint_with_or_without_its_prefix(by_key: Call) -> None:
    await add(by_key, LINE, "tancopy")
    await add(by_key, RSA, "tancopy")
    plan = await REMOVE_AUTHORIZED.prepare(
        by_key, user="tancopy", fingerprint=KEY.fingerprint.removeprefix("SHA256:")
    )
    await REMOVE_AUTHORIZED.apply(by_key, plan, silent)
    await remove(by_key, read_line(RSA), "tancopy")
    assert authorized_keys(by_key.appliance, "tancopy") == []
    assert audited(by_key)[2] == ("tancopy", f'{KEY.fingerprint} ssh-ed25519 256 "ed25519@lab.test"', "")


async def test_an_unknown_key_or_user_is_refused(by_key: Call) -> None:
    with pytest.raises(AnswerRefused, match="no-such-key"):
        await remove(by_key, KEY)
    for name in ("root", "", "../tanadmin", "tanadmin\0"):
        with pytest.raises(AnswerRefused, match="no-such-user"):
            await add(by_key, LINE, name)


async def test_the_key_of_this_session_is_removed_on_trial_and_others_for_good(by_key: Call) -> None:
    await add(by_key, LINE)
    await add(by_key, OTHER)
    here = replace(by_key, actor=replace(by_key.actor, key=KEY.fingerprint))
    await add(here, LINE, "tancopy")
    await remove(here, KEY, "tancopy")
    assert waiting(by_key.appliance) == []
    plan = await REMOVE_AUTHORIZED.prepare(here, user="tanadmin", fingerprint=KEY.fingerprint)
    assert [finding.id for finding in plan.findings] == ["on-trial"]
    await REMOVE_AUTHORIZED.apply(here, plan, silent)
    assert [trial.place for trial in waiting(by_key.appliance)] == [f"tanadmin {KEY.fingerprint}"]
    assert [key.fingerprint for key in authorized_keys(by_key.appliance, "tanadmin")] == [OTHER_KEY.fingerprint]


async def test_the_last_way_in_is_not_taken_away_on_trial_either(by_key: Call) -> None:
    await add(by_key, LINE)
    here = replace(by_key, actor=replace(by_key.actor, key=KEY.fingerprint))
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await remove(here, KEY)
    assert waiting(by_key.appliance) == []


async def test_the_last_way_in_stays_even_if_two_sessions_remove_at_once(by_key: Call) -> None:
    await add(by_key, LINE)
    await add(by_key, OTHER)
    slow = await REMOVE_AUTHORIZED.prepare(by_key, user="tanadmin", fingerprint=OTHER_KEY.fingerprint)
    await remove(by_key, KEY)
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await REMOVE_AUTHORIZED.apply(by_key, slow, silent)
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await remove(by_key, OTHER_KEY)
    assert len(authorized_keys(by_key.appliance, "tanadmin")) == 1


async def test_a_password_is_a_way_in(bare_zone_server: Appliance) -> None:
    asked = call(with_users(bare_zone_server, "a hash"))
    await add(asked, LINE)
    await remove(asked, KEY)
    assert authorized_keys(asked.appliance, "tanadmin") == []


async def test_a_tanuser_reaches_only_his_own_keys(by_key: Call) -> None:
    tanuser = replace(by_key, actor=replace(by_key.actor, user="tanuser", role=UserRole.TANUSER))
    for attempt in (add(tanuser, LINE), LIST_AUTHORIZED.read(tanuser, user="tancopy"), remove(tanuser, KEY)):
        with pytest.raises(NotOffered, match="not-offered"):
            await attempt


async def test_a_refused_key_leaves_nothing(by_key: Call) -> None:
    with pytest.raises(TanosError):
        await add(by_key, f'command="/bin/sh" {LINE}')
    assert authorized_keys(by_key.appliance, "tanadmin") == []
    assert audited(by_key) == []
