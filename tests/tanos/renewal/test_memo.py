"""That nothing is due is noted once, and asked anew after whatever changes it: an install, a new root, the time."""

from datetime import timedelta

import pytest

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import REPORTING
from tanos.renewal import due
from tanos.renewal.due import due_lines
from tanos.renewal.held import Survey, survey
from tanos.renewal.memo import FILE, nothing_is_due


def test_it_is_looked_at_once_and_again_when_a_link_is_another(
    console: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Survey] = []

    def looked(appliance: Appliance) -> Survey:
        looks.append(survey(appliance))
        return looks[-1]

    monkeypatch.setattr(due, "survey", looked)
    for _ in range(3):
        assert due_lines(console) == ()
    assert len(looks) == 1
    link = REPORTING.current(console.certificates)
    target = link.readlink()
    link.unlink()
    link.symlink_to(target)
    assert not nothing_is_due(console)
    assert due_lines(console) == ()
    assert len(looks) == 2


def test_the_time_is_seen_to_have_come(console: Appliance) -> None:
    assert due_lines(console) == ()
    moment = console.clock() + timedelta(days=3640)
    later = Appliance(console.home, console.identity, clock=lambda: moment)
    assert due_lines(later)
    assert nothing_is_due(console), "what was noted is as true as it was"


@pytest.mark.parametrize("rubbish", [b"", b"[]", b"{}", b'{"looked_at": 1, "until": "x"}', b"\xff"])
def test_rubbish_is_no_note(console: Appliance, rubbish: bytes) -> None:
    (console.run / FILE).write_bytes(rubbish)
    assert not nothing_is_due(console)
