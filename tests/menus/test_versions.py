"""Kept versions to choose from say what they are, as people read it."""

import re

from menus.answers import options_of
from menus.language import speak
from menus.soap_menu import RESTORE
from tanos.appliance import Appliance
from tanos.keeper import Keeper
from tests.tanos.https_pairs.made import authority, key_pem, pem, rsa_key


def test_a_kept_version_says_when_it_came_and_how_long_it_lasts(bare_tanium_server: Appliance) -> None:
    keeper = Keeper(bare_tanium_server)
    for _ in range(2):
        keeper.install_pair("soap", key_pem(rsa_key()), pem(authority().issue()), "tanadmin")
    (one,) = options_of(RESTORE.asks[0], bare_tanium_server, {})
    assert one.value == "v1"
    said = r"v1, installed \d{4}-\d\d-\d\d, valid until \d{4}-\d\d-\d\d, check code \w{4}-\w{4}"
    assert re.fullmatch(said, speak(one.label))
    assert len(speak(one.label)) < 72
