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
