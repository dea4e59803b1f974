"""What was done can be found and handed out, and goes from the database only once it lies elsewhere, whole."""

import hashlib
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance, lay_out
from tanos.audit import archive as archive_module
from tanos.audit.archive import old, put_away
from tanos.audit.operations import ARCHIVE_RECORDS, EXPORT_RECORDS, LIST_RECORDS, SHOW_RECORD
from tanos.errors import AnswerRefused, Damaged
from tanos.operation import silent
from tanos.policy.table import AUDIT_DAYS
from tests.conftest import NOON, ZS1, call

YEARS = timedelta(days=800)


class Clock:
    """Noon, until it is moved."""

    now = NOON

    def __call__(self) -> Any:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the appliance."""
    return Clock()


@pytest.fixture
def appliance(tmp_path: Path, clock: Clock) -> Appliance:
    """An appliance on which five things were done."""
    lay_out(tmp_path / "zs1", ZS1)
    made = Appliance(tmp_path / "zs1", ZS1, clock=clock)
    for number in range(5):
        do(made, f"peer-{number}")
    return made


def do(appliance: Appliance, about: str, verb: str = "peer add") -> None:
    """Leave a record."""
    with appliance.store.change(call(appliance, verb), about) as change:
        change.after = "\x1b[2J\u202e"


def numbers(appliance: Appliance) -> list[int]:
    """Return the numbers of the records."""
    return [row["id"] for row in appliance.store.rows("SELECT id FROM audit ORDER BY id")]


def chain_of(data: bytes, before: str = "") -> list[dict[str, Any]]:
    """Return the records of a file whose chain is whole."""
    records = []
    for line in data.splitlines():
        each = json.loads(line)
        said = each.pop("chain")
        text = f"{before}\n{json.dumps(each, sort_keys=True)}"
        before = hashlib.sha256(text.encode()).hexdigest()
        assert said == before
        records.append(each)
    return records


async def test_records_are_found_by_what_they_are_about_their_verb_and_their_time(
    appliance: Appliance, clock: Clock
) -> None:
    clock.now += timedelta(hours=1)
    do(appliance, "peer-1", "peer remove")

    async def listed(**words: str) -> list[str]:
        result = await LIST_RECORDS.read(call(appliance), **words)
        return [each["reference"] for each in result.data["records"]]

    assert await listed() == ["A-6", "A-5", "A-4", "A-3", "A-2", "A-1"]
    assert await listed(about="eer-1") == ["A-6", "A-2"]
    assert await listed(verb="peer") == ["A-6", "A-5", "A-4", "A-3", "A-2", "A-1"]
    assert await listed(verb="peer remove", about="peer-1") == ["A-6"]
    assert await listed(verb="pee") == []
    assert await listed(since="2026-11-22T12:30:00") == ["A-6"]
    assert await listed(since="2026-11-22T13:30:00+01:00", about="%") == []
    with pytest.raises(AnswerRefused, match="bad-time"):
        await listed(since="yesterday")


async def test_one_record_is_shown_by_the_reference_that_was_said(appliance: Appliance) -> None:
    for reference in ("A-2", "a-2", " 2 "):
        shown = await SHOW_RECORD.read(call(appliance), reference=reference)
        assert (shown.data["object"], shown.data["verb"]) == ("peer-1", "peer add")
        assert "\x1b" not in str(shown.sections)
    for reference in ("A-99", "A-0", "x", "", "9" * 400, "²"):
        with pytest.raises(AnswerRefused, match="no-such-record"):
            await SHOW_RECORD.read(call(appliance), reference=reference)


async def test_records_are_handed_out_as_lines_of_which_none_can_be_changed_unseen(appliance: Appliance) -> None:
    asked = call(appliance, "audit export")
    plan = await EXPORT_RECORDS.prepare(asked, about="peer")
    assert plan.data["records"] == 5
    assert (await EXPORT_RECORDS.apply(asked, plan, silent)).data["records"] == 5
    data = (appliance.outgoing / "audit.jsonl").read_bytes()
    assert data.isascii()
    assert [each["object"] for each in chain_of(data)] == [f"peer-{number}" for number in range(5)]
    (row,) = appliance.store.rows("SELECT object, after FROM audit WHERE verb = 'audit export'")
    assert tuple(row) == ("/outgoing/audit.jsonl", "records: 5")
    lost = b"".join(data.splitlines(keepends=True)[1:])
    with pytest.raises(AssertionError):
        chain_of(lost)


async def test_old_records_go_once_they_lie_in_a_file_and_numbers_are_never_given_again(
    appliance: Appliance, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "MOST_OF_A_FILE", 2)
    asked = call(appliance, "audit archive")
    assert (await ARCHIVE_RECORDS.prepare(asked)).nothing_to_do
    clock.now += YEARS
    plan = await ARCHIVE_RECORDS.prepare(asked)
    assert plan.payload == 4, "the newest stays"
    result = await ARCHIVE_RECORDS.apply(asked, plan, silent)
    assert numbers(appliance) == [5, 6, 7]

    before, kept = "", []
    for each in result.data["archives"]:
        data = (appliance.home / "backups" / each["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == each["sha256"]
        kept += chain_of(data, before)
        before = each["chain"]
    assert [each["object"] for each in kept] == [f"peer-{number}" for number in range(4)]
    rows = appliance.store.rows("SELECT object, before, after FROM audit WHERE verb = 'audit archive' ORDER BY id")
    assert [row["before"] for row in rows] == ["A-1 to A-2", "A-3 to A-4"]
    with pytest.raises(AnswerRefused, match="put away into"):
        await SHOW_RECORD.read(asked, reference="A-3")
    assert old(appliance) == range(5, 6), "it is not the newest any more"


def test_nothing_else_cuts_the_audit(appliance: Appliance, clock: Clock) -> None:
    clock.now += YEARS
    list(put_away(call(appliance)))
    do(appliance, "new")
    archived = "INSERT INTO audit_archives VALUES ({first}, {last}, 'x', '', '', '')"
    for sql in (
        "DELETE FROM audit",
        "UPDATE audit SET result = ''",
        "DELETE FROM audit_archives",
        "UPDATE audit_archives SET last = 1000",
        archived.format(first=1, last=2),
        archived.format(first=5, last=7),
        archived.format(first=5, last=1000),
    ):
        with pytest.raises(sqlite3.IntegrityError), appliance.store.change(call(appliance)) as change:
            change.execute(sql)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-2] + b"\n", lambda data: data + b"{}\n", lambda _: b"x\n" * 4]
)
def test_what_does_not_read_as_it_was_written_costs_no_record(
    appliance: Appliance, clock: Clock, monkeypatch: pytest.MonkeyPatch, damage: Any
) -> None:
    clock.now += YEARS
    with monkeypatch.context() as patched:
        patched.setattr(archive_module, "write_whole", lambda path, data: path.write_bytes(damage(data)))
        with pytest.raises(Damaged, match="disk-failed"):
            list(put_away(call(appliance)))
    assert numbers(appliance) == [1, 2, 3, 4, 5]
    assert appliance.store.rows("SELECT * FROM audit_archives") == []
    assert [each.last for each in put_away(call(appliance))] == [4]


def test_what_is_kept_for_ever_or_still_waits_for_its_end_stays(appliance: Appliance, clock: Clock) -> None:
    with appliance.store.change(call(appliance), "half") as change:
        change.begin("restore", "x", "y")
    for number in range(3):
        do(appliance, f"later-{number}")
    clock.now += YEARS
    assert old(appliance) == range(1, 6)
    with appliance.store.change(call(appliance)) as change:
        change.quiet = True
        AUDIT_DAYS.write(change, 0)
    assert old(appliance) == range(0)


def test_a_record_of_a_clock_that_was_ahead_keeps_none_from_being_put_away(
    appliance: Appliance, clock: Clock
) -> None:
    clock.now += 10 * YEARS
    do(appliance, "ahead")
    clock.now = NOON + YEARS
    do(appliance, "now")
    assert old(appliance) == range(1, 7)
