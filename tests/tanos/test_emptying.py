"""The daily emptying: at its hour, once, made up for, announced, never of an open exchange."""

import fcntl
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tanos import emptying
from tanos.appliance import Appliance
from tanos.emptying import announced, empty_now, empty_when_due, next_emptying
from tanos.emptying_operations import EMPTY_BOX, LIST_BOX, emptied_soon
from tanos.emptying_step import Removed
from tanos.errors import NotYet
from tanos.exchange.ledger import Side
from tanos.operation import silent
from tanos.policy.policy import Policy
from tanos.policy.table import INCOMING_EMPTIED, INCOMING_HOUR, OUTGOING_DAYS
from tanos.receipts.recognised import recognise
from tanos.recovery import recover
from tanos.report import Say, Table
from tests.conftest import ZS1, bare_appliance, call

HOUR = timedelta(hours=1)


class Box:
    """An appliance whose clock is turned, counted from the moment of the test: files know when they arrived."""

    def __init__(self, home: Path) -> None:
        self.now = datetime.now(UTC) + timedelta(minutes=1)
        appliance = bare_appliance(home, ZS1)
        self.appliance = Appliance(appliance.home, appliance.identity, clock=lambda: self.now)
        self.decide(INCOMING_HOUR, (self.now + 2 * HOUR).hour)
        self.put("a", "b", "b.receipt", "gone.receipt")
        self.run()

    @property
    def due(self) -> datetime:
        when = next_emptying(self.appliance)
        assert when is not None
        return when

    def decide(self, policy: Policy, value: int) -> None:
        with self.appliance.store.change(call(self.appliance)) as change:
            policy.write(change, value)

    def put(self, *names: str) -> None:
        for name in names:
            (self.appliance.incoming / name).write_text(name)

    def run(self) -> None:
        empty_when_due(self.appliance)

    def incoming(self) -> list[str]:
        return sorted(os.listdir(self.appliance.incoming))  # noqa: PTH208 - names are enough

    def audited(self) -> list[str]:
        rows = self.appliance.store.rows("SELECT before FROM audit WHERE verb = 'drop-box empty' AND result = 'done'")
        return [row["before"] for row in rows]


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "zs1")


def test_incoming_is_emptied_at_its_hour_once_and_the_audit_has_the_names(box: Box) -> None:
    assert box.incoming() == ["a", "b", "b.receipt", "gone.receipt"]
    box.now = box.due - timedelta(seconds=1)
    box.run()
    assert len(box.incoming()) == 4
    box.now = box.due
    box.put(".upload-0-part")
    box.run()
    assert box.incoming() == [".upload-0-part"]
    assert box.audited() == ["/incoming/a, /incoming/b, /incoming/b.receipt, /incoming/gone.receipt"]
    box.run()
    box.now += 20 * HOUR
    box.run()
    assert len(box.audited()) == 1


def test_missed_hours_are_made_up_for_once(box: Box) -> None:
    box.now = box.due + 50 * HOUR
    box.run()
    assert box.incoming() == []
    box.put("new")
    box.now += timedelta(minutes=5)
    box.run()
    assert box.incoming() == ["new"]
    assert len(box.audited()) == 1


def test_what_arrived_after_the_hour_that_is_made_up_for_stays(box: Box) -> None:
    box.decide(INCOMING_HOUR, (datetime.now(UTC) - HOUR).hour)
    box.now = datetime.now(UTC) - 30 * HOUR
    with box.appliance.store.change(call(box.appliance)) as change:
        change.execute("UPDATE policies SET changed_at = ?", change.now)
        change.execute("UPDATE emptyings SET kept = ?", change.now)
    box.now = datetime.now(UTC)
    box.run()
    assert len(box.incoming()) == 4, "they came after the hour"


def test_nothing_goes_where_it_is_switched_off_nor_at_an_hour_that_was_over_when_it_was_chosen(box: Box) -> None:
    box.decide(INCOMING_EMPTIED, 0)
    assert next_emptying(box.appliance) is None
    box.now += 30 * HOUR
    box.run()
    box.decide(INCOMING_EMPTIED, 1)
    box.decide(INCOMING_HOUR, (box.now - HOUR).hour)
    box.run()
    assert len(box.incoming()) == 4
    box.now += 24 * HOUR
    box.run()
    assert box.incoming() == []


def test_it_is_announced_within_the_hour_before_where_something_goes(box: Box) -> None:
    assert not emptied_soon(box.appliance)
    box.now = box.due - timedelta(minutes=59)
    coming = announced(box.appliance)
    assert coming == (box.due, 4)
    (said,) = emptied_soon(box.appliance)
    assert isinstance(said, Say)
    assert f"emptied at {box.due:%H:%M} UTC: 4 files go" in str(said.message)
    empty_now(call(box.appliance))
    assert announced(box.appliance) is None


def test_what_an_open_exchange_stands_on_stays_whatever_its_name(box: Box) -> None:
    key = box.appliance.home / "k"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(key)],
        check=True,
    )
    words = ["openssl", "req", "-new", "-key", str(key), "-subj", "/CN=zs1"]
    request = subprocess.run(words, capture_output=True, check=True).stdout
    code = recognise("r", request).check_code
    for name in ("reporting.csr", "other.txt"):
        (box.appliance.incoming / name).write_bytes(request)
        (box.appliance.outgoing / name).write_bytes(request)
    box.put("reporting.csr.receipt")
    (box.appliance.outgoing / "old").write_text("old")
    with box.appliance.store.change(call(box.appliance)) as change:
        change.execute(
            "INSERT INTO exchanges (side, check_code, subject, state, since) VALUES (?, ?, 'CN=zs1', 'sent', ?)",
            Side.REQUESTER.value,
            code,
            change.now,
        )
    box.now = box.due
    box.run()
    assert box.incoming() == ["other.txt", "reporting.csr", "reporting.csr.receipt"]
    assert len(list(box.appliance.outgoing.iterdir())) == 3
    box.now += 8 * 24 * HOUR
    box.run()
    assert sorted(path.name for path in box.appliance.outgoing.iterdir()) == ["other.txt", "reporting.csr"]


def test_outgoing_keeps_its_files_where_it_is_to_keep_them(box: Box) -> None:
    (box.appliance.outgoing / "old").write_text("old")
    box.decide(OUTGOING_DAYS, 0)
    box.now += 400 * 24 * HOUR
    box.run()
    assert (box.appliance.outgoing / "old").exists()


async def test_the_list_shows_what_each_upload_is_and_an_operator_empties_by_hand(box: Box) -> None:
    os.utime(box.appliance.incoming / "a", (1, 1))
    (box.appliance.incoming / "b.receipt").write_text("recognised as: banner\nverdict: taken\n")
    listed = await LIST_BOX.read(call(box.appliance))
    assert [file["name"] for file in listed.data["incoming"]] == ["b", "a"]
    assert listed.data["incoming"][0]["receipt"]["recognised as"] == "banner"
    assert listed.data["next_emptying"] == box.due.isoformat().replace("+00:00", "Z")

    asked = call(box.appliance, "drop-box empty")
    plan = await EMPTY_BOX.prepare(asked)
    assert len(plan.payload) == 4
    await EMPTY_BOX.apply(asked, plan, silent)
    assert box.incoming() == []
    assert (await EMPTY_BOX.prepare(asked)).nothing_to_do
    assert len(box.audited()) == 1


def test_nothing_gets_a_name_between_the_choice_of_what_goes_and_its_end(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that arrived just then, under the name of one that goes, would go with a receipt that it was taken."""
    choose, waited = emptying.to_remove, []

    def chosen(appliance: Appliance, until: datetime) -> Removed:
        another = os.open(appliance.incoming, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited.append(until)
        finally:
            os.close(another)
        return choose(appliance, until)

    monkeypatch.setattr(emptying, "to_remove", chosen)
    empty_now(call(box.appliance))
    assert len(waited) == 1
    assert box.incoming() == []


def test_one_that_stopped_while_it_gave_a_name_holds_up_nobody_else(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is asked for before the database is, and not for ever."""
    monkeypatch.setattr(emptying, "PATIENCE", 0.1)
    stopped = os.open(box.appliance.incoming, os.O_RDONLY | os.O_DIRECTORY)
    box.now = box.due
    try:
        fcntl.flock(stopped, fcntl.LOCK_EX)
        with monkeypatch.context() as patched:
            patched.setattr(box.appliance.store, "change", None)
            for empty in (lambda: empty_now(call(box.appliance)), box.run):
                with pytest.raises(NotYet) as raised:
                    empty()
                assert raised.value.id == "busy"
    finally:
        os.close(stopped)
    box.run()
    assert box.incoming() == []


def test_no_file_goes_before_a_record_that_names_it_is_durable(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    other, seen, unlink = Appliance.open(box.appliance.home), [], os.unlink

    def unlinked(*words: Any, **names: Any) -> None:
        rows = other.store.rows("SELECT before, result FROM audit WHERE verb = 'drop-box empty'")
        seen.append([tuple(row) for row in rows])
        unlink(*words, **names)

    monkeypatch.setattr(os, "unlink", unlinked)
    empty_now(call(box.appliance, "drop-box empty"))
    names = "/incoming/a, /incoming/b, /incoming/b.receipt, /incoming/gone.receipt"
    assert seen[0] == [(names, "begun")]
    assert box.audited() == [names]
    other.store.close()


def test_an_emptying_that_died_in_the_middle_is_recorded_by_the_next_start_and_made_up_for(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    unlink = os.unlink

    def unlinked(name: str, **names: Any) -> None:
        if name == "b":
            raise Died
        unlink(name, **names)

    box.now = box.due
    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(os, "unlink", unlinked)
        box.run()
    assert box.incoming() == ["b", "b.receipt", "gone.receipt"]
    (said,) = recover(box.appliance)
    assert "drop-box empty" in str(said)
    assert len(box.audited()) == 1
    box.run()
    assert box.incoming() == []
    assert len(box.audited()) == 2


def test_a_clock_that_was_ahead_stops_nothing_once_it_is_right(box: Box) -> None:
    right = box.now
    box.now += 400 * 24 * HOUR
    box.run()
    box.decide(INCOMING_EMPTIED, 1)
    box.now = right
    box.put("later")
    box.run()
    assert box.incoming() == ["later"]
    box.now = box.due
    box.run()
    assert box.incoming() == []


async def test_what_was_refused_is_listed_by_its_receipt_and_receipts_are_no_files(box: Box) -> None:
    incoming, arrived = box.appliance.incoming, "2026-11-22T11:00:00Z"
    said = f"size: 7\nrecognised as: unknown\nverdict: refused (not-wanted): No.\naudit id: R-1\ntime: {arrived}\n"
    (incoming / "bad.exe.receipt").write_text(said)
    (incoming / ("n" * 200)).write_bytes(b"x")
    listed = await LIST_BOX.read(call(box.appliance))
    assert [each["name"] for each in listed.data["refused"]] == ["bad.exe"]
    table = listed.sections[1]
    assert isinstance(table, Table)
    assert ("bad.exe", "7", "unknown", "refused (not-wanted)", arrived, "R-1") in table.rows
    assert max(len(str(row[0])) for row in table.rows) == 48
    plan = await EMPTY_BOX.prepare(call(box.appliance))
    emptied = await EMPTY_BOX.apply(call(box.appliance), plan, silent)
    assert str(emptied.title) == "3 files were removed."
    assert str(emptied.sections[0].message) == "3 receipts went too."  # type: ignore[union-attr]  # it is said
