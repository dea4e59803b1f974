"""The banner: taken from a file, inert and short."""

import pytest

from tanos.appliance import Appliance
from tanos.door.banner import FILE, MOST_BYTES, MOST_COLUMNS, banner, read_banner
from tanos.door.banner_operations import IMPORT_BANNER, READ_BANNER, REMOVE_BANNER
from tanos.errors import AnswerRefused, NotYet
from tanos.operation import silent
from tests.conftest import call


async def test_it_is_taken_from_incoming_and_removed(bare_zone_server: Appliance) -> None:
    asked = call(bare_zone_server)
    with pytest.raises(AnswerRefused) as refused:
        await IMPORT_BANNER.prepare(asked)
    assert refused.value.id == "missing-file"
    (bare_zone_server.incoming / FILE).write_bytes("\ufeffFor staff only.\r\n\r\nSee you.\n\n".encode())
    await IMPORT_BANNER.apply(asked, await IMPORT_BANNER.prepare(asked), silent)
    assert banner(bare_zone_server) == "For staff only.\n\nSee you.\n"
    assert (await READ_BANNER.read(asked)).data["banner"] == banner(bare_zone_server)
    assert (await IMPORT_BANNER.prepare(asked)).nothing_to_do
    await REMOVE_BANNER.apply(asked, await REMOVE_BANNER.prepare(asked), silent)
    assert banner(bare_zone_server) == ""
    rows = bare_zone_server.store.rows("SELECT before, after FROM audit ORDER BY id")
    assert [tuple(row) for row in rows] == [("none", "3 lines"), ("3 lines", "none")]


async def test_a_banner_that_another_session_set_meanwhile_is_not_put_away_unseen(
    bare_zone_server: Appliance,
) -> None:
    asked = call(bare_zone_server)
    (bare_zone_server.incoming / FILE).write_bytes(b"One.\n")
    one, removal = await IMPORT_BANNER.prepare(asked), await REMOVE_BANNER.prepare(asked)
    await IMPORT_BANNER.apply(asked, one, silent)
    for plan, operation in ((one, IMPORT_BANNER), (removal, REMOVE_BANNER)):
        with pytest.raises(NotYet) as refused:
            await operation.apply(asked, plan, silent)
        assert refused.value.id == "stale"
    assert banner(bare_zone_server) == "One.\n"


def test_tabs_are_blanks() -> None:
    assert read_banner(b"a\tc\n") == "a    c\n"


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\r", "\x07", "\u202e", "\u009b1A", "\x00"])
def test_what_could_move_a_cursor_or_turn_text_round_is_refused_and_its_line_named(hidden: str) -> None:
    with pytest.raises(AnswerRefused, match="Line 2 ") as refused:
        read_banner(f"fine\na{hidden}b\n".encode())
    assert refused.value.id == "bad-banner"


def test_a_line_that_no_terminal_shows_in_one_is_refused_and_named() -> None:
    assert read_banner(b"x" * MOST_COLUMNS + b"\n")
    with pytest.raises(AnswerRefused, match=f"Line 1 has {MOST_COLUMNS + 1} characters"):
        read_banner(b"x" * (MOST_COLUMNS + 1))


async def test_a_file_that_is_missing_is_told_with_its_place(bare_zone_server: Appliance) -> None:
    with pytest.raises(AnswerRefused, match=f"There is no file /incoming/{FILE}"):
        await IMPORT_BANNER.prepare(call(bare_zone_server))


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xff\xfe", b"x\n" * 61, b"x" * (MOST_BYTES + 1)])
def test_what_is_no_short_text_is_refused(data: bytes) -> None:
    with pytest.raises(AnswerRefused) as refused:
        read_banner(data)
    assert refused.value.id == "bad-banner"
