"""The banner of the console: taken from its file, kept as a setting, shown before signing in and never as it came."""

import pytest

from tanos.appliance import Appliance
from tanos.console_banner.operations import (
    FILE,
    IMPORT_HTML_BANNER,
    READ_HTML_BANNER,
    REMOVE_HTML_BANNER,
    console_banner,
)
from tanos.errors import AnswerRefused
from tanos.operation import silent
from tanos.services.tanium_server.pages import sign_in_page
from tanos.settings.catalogue import BANNER, MOST_CHARACTERS
from tanos.settings.operations import LIST_SETTINGS, SET_SETTING
from tests.conftest import call

EVIL = b"<h1>Staff only</h1><script>alert(1)</script><p onclick=x()>You are <b>watched</b>."


async def test_it_is_taken_from_incoming_written_anew_listed_and_removed(bare_tanium_server: Appliance) -> None:
    asked = call(bare_tanium_server)
    (bare_tanium_server.incoming / FILE).write_bytes(EVIL)
    plan = await IMPORT_HTML_BANNER.prepare(asked)
    assert [finding.id for finding in plan.findings] == ["banner-simplified"]
    await IMPORT_HTML_BANNER.apply(asked, plan, silent)
    written = "<h1>Staff only</h1><p>You are <b>watched</b>.</p>"
    assert console_banner(bare_tanium_server) == written
    assert (await READ_HTML_BANNER.read(asked)).data["banner"] == written
    assert (await LIST_SETTINGS.read(asked)).data["all"]["global"][BANNER] == written
    assert (await IMPORT_HTML_BANNER.prepare(asked)).nothing_to_do
    await REMOVE_HTML_BANNER.apply(asked, await REMOVE_HTML_BANNER.prepare(asked), silent)
    assert console_banner(bare_tanium_server) == ""
    rows = bare_tanium_server.store.rows("SELECT before, after FROM audit WHERE object = ? ORDER BY id", BANNER)
    assert [tuple(row) for row in rows] == [("none", "2 lines"), ("2 lines", "none")]


async def test_what_is_set_by_hand_is_written_anew_by_the_page(bare_tanium_server: Appliance) -> None:
    asked = call(bare_tanium_server)
    await SET_SETTING.apply(asked, await SET_SETTING.prepare(asked, name=BANNER, value=EVIL.decode()), silent)
    page = sign_in_page("ts1.lab.test", banner=console_banner(bare_tanium_server))
    assert "<aside><h1>Staff only</h1><p>You are <b>watched</b>.</p></aside>" in page
    assert "script" not in page
    assert "<aside>" not in sign_in_page("ts1.lab.test")


@pytest.mark.parametrize(
    "data", [b"", b"<p> </p>\n", b"<script>x</script>", b"\xff\xfe", b"x" * (MOST_CHARACTERS + 1), b"<p>" * 6000]
)
async def test_what_holds_no_short_text_is_refused(bare_tanium_server: Appliance, data: bytes) -> None:
    (bare_tanium_server.incoming / FILE).write_bytes(data)
    with pytest.raises(AnswerRefused) as refused:
        await IMPORT_HTML_BANNER.prepare(call(bare_tanium_server))
    assert refused.value.id == "bad-banner"
