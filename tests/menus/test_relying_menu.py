"""2 → S: what can be chosen is what the hand tells of, and nothing where there is none."""

import re
from pathlib import Path

from menus.answers import options_of
from menus.language import speak
from menus.relying_menu import NAME, PUT_BACK
from tanos.appliance import Appliance
from tanos.relying.asking import ask
from tanos.relying.content import read_content
from tests.tanos.relying.conftest import Site, pair
from tests.tanos.relying.test_operations import hand, have


def test_names_and_kept_versions_are_those_of_the_hand(bare_tanium_server: Appliance, tmp_path: Path) -> None:
    have(bare_tanium_server, read_content(pair()))
    version = PUT_BACK.asks[1]
    assert options_of(NAME, bare_tanium_server, {}) == ()
    assert options_of(version, bare_tanium_server, {"name": "site"}) == ()
    site = Site(tmp_path)
    site.start()
    try:
        with hand(bare_tanium_server, site):
            assert [each.value for each in options_of(NAME, bare_tanium_server, {})] == ["site"]
            ask(bare_tanium_server, "install", name="site", fingerprint="")
            assert options_of(version, bare_tanium_server, {"name": "site"}) == (), "the one in use is not earlier"
            have(bare_tanium_server, read_content(pair()))
            ask(bare_tanium_server, "install", name="site", fingerprint="")
            (one,) = options_of(version, bare_tanium_server, {"name": "site"})
            assert one.value == "v1"
            said = r"v1, installed [\d-]{10}, valid until [\d-]{10}, check code \w{4}-\w{4}"
            assert re.fullmatch(said, speak(one.label))
            assert options_of(version, bare_tanium_server, {"name": "other"}) == ()
    finally:
        site.stop()
