"""A change on trial holds at once, goes back when nobody confirms it, and is ended once, with a record."""

import sqlite3
import threading
from dataclasses import replace
from importlib import import_module
from itertools import pairwise

import pytest

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.door.rules import SSH_RULES
from tanos.errors import AnswerRefused
from tanos.keys.authorized import authorize, authorized_keys, take_away
from tanos.keys.trial_rows import KEY
from tanos.operation import silent
from tanos.policy.table import CONFIRM_MINUTES, MENU_TIMEOUT
from tanos.policy_setting.on_trial import POLICY
from tanos.report import Say
from tanos.store.store import Change
from tanos.trials import kinds
from tanos.trials.ends import confirm, due, find, revert, within_reach
from tanos.trials.operations import REVERT_TRIAL
from tanos.trials.rows import on_trial
from tanos.trials.tables import whole_on_trial
from tanos.trials.trial import Trial, newest, waiting
from tests.conftest import call
from tests.tanos.trials.conftest import KEY as OWN
from tests.tanos.trials.conftest import OTHER_KEY, CallOf, Clock


def drop(asked: Call, fingerprint: str = OWN.fingerprint) -> Trial:
    """Take a key away on trial."""
    with (
        asked.appliance.store.change(asked, "tanadmin") as change,
        on_trial(change, asked, KEY, user="tanadmin", fingerprint=fingerprint),
    ):
        take_away(change, "tanadmin", fingerprint)
    return waiting(asked.appliance)[0]


def decide(asked: Call, value: int) -> Trial:
    """Decide a policy on trial."""
    with (
        asked.appliance.store.change(asked, MENU_TIMEOUT.name) as change,
        on_trial(change, asked, POLICY, name=MENU_TIMEOUT.name),
    ):
        MENU_TIMEOUT.write(change, value)
    return waiting(asked.appliance)[0]


def fingerprints(appliance: Appliance) -> list[str]:
    """Return the keys of tanadmin, in their order."""
    return [key.fingerprint for key in authorized_keys(appliance, "tanadmin")]


def records(appliance: Appliance) -> list[tuple[str, ...]]:
    """Return verb, user, face, result and after of what was audited last."""
    rows = appliance.store.rows("SELECT verb, user, face, result, after FROM audit ORDER BY id")
    return [tuple(row) for row in rows]


def test_it_holds_at_once_and_its_record_says_that_it_is_on_trial(appliance: Appliance) -> None:
    trial = drop(call(appliance, "authorized-keys remove"))
    assert fingerprints(appliance) == [OTHER_KEY.fingerprint]
    assert (trial.begun_at, trial.deadline) == ("2026-11-22T12:00:00Z", "2026-11-22T12:10:00Z")
    assert records(appliance)[-1][3] == "on-trial"


def test_nothing_is_put_back_before_the_deadline_and_all_of_it_then(appliance: Appliance, clock: Clock) -> None:
    before = [tuple(row) for row in appliance.store.rows("SELECT * FROM authorized_keys ORDER BY id")]
    drop(call(appliance))
    clock.move(minutes=9, seconds=59)
    assert due(appliance) == []
    clock.move(seconds=1)
    assert [str(message) for message in due(appliance)] == [
        f"Nobody confirmed in time. Undone: The key {OWN.fingerprint} no longer signs in as tanadmin."
    ]
    assert [tuple(row) for row in appliance.store.rows("SELECT * FROM authorized_keys ORDER BY id")] == before
    assert records(appliance)[-1] == ("trial revert", "root", "system", "done", "put back")
    assert waiting(appliance) == []
    assert due(appliance) == []


def test_the_time_is_a_policy_and_a_trial_keeps_the_one_it_began_with(appliance: Appliance, clock: Clock) -> None:
    with appliance.store.change(call(appliance), "confirm-minutes") as change:
        CONFIRM_MINUTES.write(change, 1)
    trial = drop(call(appliance))
    with appliance.store.change(call(appliance), "confirm-minutes") as change:
        CONFIRM_MINUTES.write(change, 60)
    assert trial.minutes_left(clock.now) == 1
    clock.move(seconds=60)
    assert trial.minutes_left(clock.now) == 0
    assert len(due(appliance)) == 1


def test_a_new_sign_in_keeps_it_for_good(appliance: Appliance, signed_in: CallOf, clock: Clock) -> None:
    trial = drop(call(appliance))
    confirm(signed_in(newest(appliance)), trial)
    clock.move(days=1)
    assert due(appliance) == []
    assert waiting(appliance) == []
    assert fingerprints(appliance) == [OTHER_KEY.fingerprint]
    assert records(appliance)[-1] == ("trial confirm", "tanadmin", "verb", "done", "kept")


@pytest.mark.parametrize("behind", [1, 2])
def test_a_session_that_began_before_the_change_proves_nothing(
    appliance: Appliance, signed_in: CallOf, behind: int
) -> None:
    trial = decide(call(appliance), 600)
    with pytest.raises(AnswerRefused) as refused:
        confirm(signed_in(trial.number - behind), trial)
    assert refused.value.id == "old-sign-in"
    assert waiting(appliance) == [trial]


def test_who_did_not_come_through_the_front_door_proves_nothing(appliance: Appliance) -> None:
    with pytest.raises(AnswerRefused) as refused:
        confirm(call(appliance), decide(call(appliance), 600))
    assert refused.value.id == "old-sign-in"


def test_coming_by_the_key_that_will_be_gone_proves_nothing(appliance: Appliance, signed_in: CallOf) -> None:
    trial = drop(call(appliance))
    with pytest.raises(AnswerRefused) as refused:
        confirm(signed_in(trial.number, key=OWN.fingerprint), trial)
    assert refused.value.id == "way-taken-away"


def test_it_is_too_late_at_the_deadline_although_nothing_has_put_it_back_yet(
    appliance: Appliance, signed_in: CallOf, clock: Clock
) -> None:
    trial = drop(call(appliance))
    clock.move(minutes=10)
    with pytest.raises(AnswerRefused) as refused:
        confirm(signed_in(trial.number), trial)
    assert refused.value.id == "no-such-trial"
    assert len(due(appliance)) == 1


def test_anybody_may_put_it_back_now_but_other_users_only_their_own(appliance: Appliance, signed_in: CallOf) -> None:
    trial = drop(call(appliance))
    assert within_reach(signed_in(5, user="guest")) == []
    with pytest.raises(AnswerRefused):
        find(signed_in(5, user="guest"), str(trial.number))
    assert revert(signed_in(-1), find(signed_in(-1), f" {trial.number} "))
    assert OWN.fingerprint in fingerprints(appliance)


async def test_who_puts_it_back_is_told_what_was_undone(appliance: Appliance) -> None:
    asked, trial = call(appliance), drop(call(appliance))
    done = await REVERT_TRIAL.apply(asked, await REVERT_TRIAL.prepare(asked, trial=trial.name), silent)
    (said,) = done.sections
    assert isinstance(said, Say)
    assert str(said.message) == f"Undone: The key {OWN.fingerprint} no longer signs in as tanadmin."


def test_changed_again_it_begins_anew_and_goes_back_to_what_was_last_confirmed(
    appliance: Appliance, signed_in: CallOf, clock: Clock
) -> None:
    first = decide(call(appliance), 600)
    clock.move(minutes=9)
    second = decide(call(appliance), 60)
    assert [trial.number for trial in waiting(appliance)] == [second.number]
    with pytest.raises(AnswerRefused):
        confirm(signed_in(first.number), second)
    clock.move(minutes=9)
    assert due(appliance) == []
    clock.move(minutes=1)
    assert len(due(appliance)) == 1
    assert MENU_TIMEOUT.read(appliance) == MENU_TIMEOUT.default


def test_what_somebody_changed_since_is_not_overwritten_and_the_record_says_so(
    appliance: Appliance, clock: Clock
) -> None:
    decide(call(appliance), 600)
    with appliance.store.change(call(appliance), MENU_TIMEOUT.name) as change:
        MENU_TIMEOUT.write(change, 30)
    clock.move(minutes=10)
    assert "changed again meanwhile" in str(due(appliance)[0])
    assert MENU_TIMEOUT.read(appliance) == 30
    assert records(appliance)[-1][3:] == ("done", "overtaken")


def set_columns(change: Change, **values: object) -> None:
    """Write columns of the row of tanadmin's own key."""
    for column, value in values.items():
        change.execute(f"UPDATE authorized_keys SET {column} = ? WHERE fingerprint = ?", value, OWN.fingerprint)


def test_only_columns_that_stand_as_the_trial_left_them_go_back(appliance: Appliance, clock: Clock) -> None:
    asked = call(appliance)
    with (
        appliance.store.change(asked) as change,
        on_trial(change, asked, KEY, user="tanadmin", fingerprint=OWN.fingerprint),
    ):
        set_columns(change, options="no-pty", expires="2026-12-01T00:00:00Z")
    with appliance.store.change(asked) as change:
        set_columns(change, expires="2027-01-01T00:00:00Z", comment="another")
    clock.move(minutes=10)
    due(appliance)
    found = "SELECT options, expires, comment FROM authorized_keys WHERE fingerprint = ?"
    row = appliance.store.row(found, OWN.fingerprint)
    assert row is not None
    assert tuple(row) == ("", "2027-01-01T00:00:00Z", "another")


def test_a_key_whose_user_is_gone_stays_gone(appliance: Appliance, clock: Clock) -> None:
    drop(call(appliance))
    with appliance.store.change(call(appliance)) as change:
        change.execute("DELETE FROM users WHERE name = 'tanadmin'")
    clock.move(minutes=10)
    assert len(due(appliance)) == 1
    assert records(appliance)[-1][3:] == ("done", "overtaken")


def test_a_change_that_fails_leaves_no_trial(appliance: Appliance) -> None:
    asked = call(appliance)
    with (
        pytest.raises(sqlite3.IntegrityError),
        appliance.store.change(asked) as change,
        on_trial(change, asked, KEY, user="tanadmin", fingerprint=OWN.fingerprint),
    ):
        take_away(change, "tanadmin", OWN.fingerprint)
        change.execute("INSERT INTO users (name) VALUES (NULL)")
    assert waiting(appliance) == []
    assert OWN.fingerprint in fingerprints(appliance)


def test_a_block_that_changes_nothing_begins_no_trial(appliance: Appliance) -> None:
    asked = call(appliance)
    with appliance.store.change(asked) as change, on_trial(change, asked, POLICY, name="menu-timeout"):
        pass
    assert waiting(appliance) == []
    assert newest(appliance) == 0


def test_a_clock_that_was_set_back_behind_the_beginning_ends_it(appliance: Appliance, clock: Clock) -> None:
    drop(call(appliance))
    clock.move(seconds=-60)
    assert due(appliance) == []
    clock.move(seconds=-1)
    assert len(due(appliance)) == 1


def test_a_number_is_never_given_twice(appliance: Appliance) -> None:
    numbers = []
    for value in (600, 700, 800):
        trial = decide(call(appliance), value)
        numbers.append(trial.number)
        revert(call(appliance), trial)
        assert newest(appliance) == trial.number
    assert all(one < other for one, other in pairwise(numbers))


def test_of_several_that_come_to_it_at_once_one_puts_it_back(appliance: Appliance, clock: Clock) -> None:
    for value in range(20):
        decide(call(appliance), 600 + value)
        drop(call(appliance))
        clock.move(minutes=10)
        said: list[object] = []
        together = threading.Barrier(3)

        def come(barrier: threading.Barrier = together, said: list[object] = said) -> None:
            barrier.wait(60)
            said.extend(due(appliance))
            appliance.store.close()

        threads = [threading.Thread(target=come) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(said) == 2
        assert OWN.fingerprint in fingerprints(appliance)


def test_a_kind_that_this_version_does_not_know_is_left_alone_and_can_be_confirmed(
    appliance: Appliance, signed_in: CallOf, clock: Clock
) -> None:
    trial = decide(call(appliance), 600)
    with appliance.store.change(call(appliance)) as change:
        change.execute("UPDATE trials SET kind = 'newer'")
    clock.move(minutes=5)
    confirm(signed_in(trial.number), replace(trial, kind="newer"))
    decide(call(appliance), 700)
    with appliance.store.change(call(appliance)) as change:
        change.execute("UPDATE trials SET kind = 'newer'")
    clock.move(minutes=20)
    assert due(appliance) == []


def test_rules_on_trial_go_back_although_a_later_version_added_a_column(appliance: Appliance, clock: Clock) -> None:
    asked = call(appliance)

    def allow(network: str) -> None:
        with appliance.store.change(asked) as change, whole_on_trial(change, asked, SSH_RULES):
            change.execute("INSERT INTO ssh_rules (network, added_by, added_at) VALUES (?, '', '')", network)

    allow("192.0.2.0/24")
    confirm(replace(asked, actor=replace(asked.actor, came_after=1)), waiting(appliance)[0])
    allow("198.51.100.0/24")
    with appliance.store.change(asked) as change:
        change.quiet = True
        change.execute("ALTER TABLE ssh_rules ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    clock.move(minutes=10)
    due(appliance)
    assert [row["network"] for row in appliance.store.rows("SELECT network FROM ssh_rules")] == ["192.0.2.0/24"]


def test_a_key_that_is_added_again_is_on_trial_no_longer(appliance: Appliance, clock: Clock) -> None:
    drop(call(appliance))
    with appliance.store.change(call(appliance), "tanadmin") as change:
        authorize(change, call(appliance), "tanadmin", OWN)
    assert waiting(appliance) == []
    clock.move(minutes=10)
    assert due(appliance) == []
    assert OWN.fingerprint in fingerprints(appliance)


def test_every_kind_is_told_by_the_room_that_it_belongs_to() -> None:
    assert sorted(kinds.MODULES) == ["authorized-key", "host-key", "policy", "revocation", "ssh-rules"]
    assert [kind for kind in kinds.MODULES if kinds.revert_of(kind) is None] == []
    told = {kind for module in kinds.MODULES.values() for kind in import_module(module).REVERTS}
    assert told == set(kinds.MODULES)
    assert kinds.revert_of("of-a-newer-version") is None
