"""What was served last is known after a restart; that it was put back is told for a week, or until another serves."""

from datetime import timedelta

import pytest

from tanos.appliance import Appliance
from tanos.services.last_served import (
    FILE,
    gone_back_findings,
    gone_back_lines,
    last_served,
    note_gone_back,
    note_served,
)
from tests.conftest import NOON

NAME = "taniumserver"


def test_it_is_told_until_another_certificate_serves_or_a_week_has_gone(bare_tanium_server: Appliance) -> None:
    mine = bare_tanium_server
    note_served(mine, NAME, "AA")
    assert (last_served(mine)[NAME].fingerprint, gone_back_lines(mine)) == ("AA", ())
    note_gone_back(mine, NAME, "BB", "start-failed")
    note_served(mine, NAME, "AA")
    (found,) = gone_back_findings(mine)
    assert found.id == "soap-put-back" and "BB" in str(found.remedy) and len(gone_back_lines(mine)) == 1
    mine.clock = lambda: NOON + timedelta(days=7)  # a week later
    assert gone_back_lines(mine) == ()
    mine.clock = lambda: NOON  # and back
    note_served(mine, NAME, "CC")
    assert gone_back_lines(mine) == ()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"a": 1}', '{"a": {"fingerprint": 1, "other": 2}}',
        '{"a": {"fingerprint": "A", "problem": 5, "at": 5}}',
        '{"a": {"fingerprint": "A", "problem": "x", "at": "2026-01-01"}}',
    ],
)  # fmt: skip
def test_what_is_no_such_list_is_none(text: str, bare_tanium_server: Appliance) -> None:
    (bare_tanium_server.run / FILE).write_text(text)
    assert gone_back_lines(bare_tanium_server) == ()
    note_served(bare_tanium_server, NAME, "AA")
    assert last_served(bare_tanium_server)[NAME].fingerprint == "AA"
