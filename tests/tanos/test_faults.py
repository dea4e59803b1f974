"""The log of the program's own faults."""

from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.errors import Damaged, NotYet
from tanos.faults import LIMIT, broken, in_words, write_fault
from tanos.message import N_


def fail() -> ZeroDivisionError:
    """Return an error with a traceback, and a value beside it that nobody should read."""
    secret = "hunter2"
    try:
        len(secret) / 0
    except ZeroDivisionError as error:
        return error
    raise AssertionError


def log(appliance: Appliance) -> Path:
    """Return the log."""
    return appliance.home / "log" / "faults.log"


def test_a_fault_is_found_by_the_reference_that_was_said(bare_zone_server: Appliance) -> None:
    said = broken(bare_zone_server.home, "status 4-1", fail())
    assert (said.id, said.exit_code) == ("internal", 1)
    text = log(bare_zone_server).read_text()
    assert f"{said.reference} status 4-1\n" in text
    assert "ZeroDivisionError" in text
    assert "hunter2" not in text.replace('secret = "hunter2"', "")


def test_what_somebody_sent_moves_no_cursor_in_the_log_and_is_no_line_of_it(bare_zone_server: Appliance) -> None:
    sent = "x\n2026-01-01T00:00:00Z F-00000000 all is well\x1b[2J" + "y" * 5000
    try:
        try:
            raise ValueError(sent)
        except ValueError as error:
            raise ExceptionGroup(sent, [KeyError(sent), fail()]) from error
    except ExceptionGroup as error:
        error.add_note(sent)
        write_fault(bare_zone_server.home, "x", error)
    text = log(bare_zone_server).read_text()
    assert "\x1b" not in text
    assert "\n2026-01-01" not in text
    assert "y" * 300 not in text
    for name in ("ValueError", "ExceptionGroup", "KeyError", "ZeroDivisionError"):
        assert name in text


def test_an_error_that_cannot_say_what_it_is_is_written_down_all_the_same(bare_zone_server: Appliance) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert write_fault(bare_zone_server.home, "x", Mute())
    assert "Mute" in log(bare_zone_server).read_text()


@pytest.mark.parametrize("home", [None, Path("/nonexistent")])
def test_no_log_is_named_where_none_was_written(home: Path | None) -> None:
    said = broken(home, "x", fail())
    assert said.reference == ""
    assert "details are in" not in str(said.remedy)


def test_the_log_has_an_end(bare_zone_server: Appliance) -> None:
    log(bare_zone_server).write_text("old\n" + "x" * (LIMIT - 100))
    reference = write_fault(bare_zone_server.home, "x", fail())
    assert reference in log(bare_zone_server).read_text()
    assert sum(path.stat().st_size for path in log(bare_zone_server).parent.iterdir()) < 2 * LIMIT
    log(bare_zone_server).write_text("y" * LIMIT)
    write_fault(bare_zone_server.home, "x", fail())
    assert len(list(log(bare_zone_server).parent.iterdir())) == 2


def test_only_errors_of_ours_come_out(bare_zone_server: Appliance) -> None:
    with pytest.raises(Damaged) as raised, in_words(bare_zone_server.home, "x"):
        raise ValueError
    assert raised.value.reference in log(bare_zone_server).read_text()
    with pytest.raises(NotYet), in_words(bare_zone_server.home, "x"):
        raise NotYet("busy", N_("Busy."), N_("Wait."))


def test_what_another_process_writes_down_is_not_said_to_stand_nowhere() -> None:
    said = broken(None, "files", fail(), "F-12345678")
    assert (said.reference, "the reference" in str(said.remedy)) == ("F-12345678", True)
    assert "the reference" not in str(broken(None, "files", fail()).remedy)
