"""What is given to a verb as words, where there is a list to choose from."""

from dataclasses import replace

import pytest

from menus.answers import chosen
from menus.given import verb_answers
from menus.item import Ask, Kind, Option, Verb
from menus.streams import own_streams
from menus.zone_server_menu import REQUEST_FILE
from tanos.appliance import Appliance
from tanos.errors import WrongUse
from tanos.message import N_
from tanos.overview.status import ZONE_SERVER_STATUS


def taken(ask: Ask, appliance: Appliance, value: str) -> object:
    """Return what a verb with this one question takes `value` for."""
    verb = Verb("zone-server status", N_("Show where the exchange stands"), ZONE_SERVER_STATUS, (ask,))
    return verb_answers(verb, {ask.name: value}, appliance, own_streams({}))[ask.name]


def test_a_request_that_is_named_is_that_one_whatever_lies_there(bare_tanium_server: Appliance) -> None:
    issued = Option("reporting.csr", N_("{request} issued", request="reporting.csr"))
    asked = replace(REQUEST_FILE, when=lambda _: True, options=lambda _: [issued])
    assert taken(asked, bare_tanium_server, "other.csr") == "other.csr"
    assert taken(asked, bare_tanium_server, "1") == "1"


def test_for_one_that_is_named_no_other_is_read(bare_tanium_server: Appliance) -> None:
    def read(_: Appliance) -> list[Option]:
        raise AssertionError("read")

    asked = replace(REQUEST_FILE, when=lambda _: True, options=read)
    assert taken(asked, bare_tanium_server, "reporting.csr") == "reporting.csr"


def test_a_word_of_the_program_is_one_of_its_words(bare_tanium_server: Appliance) -> None:
    words = Ask("way", N_("Way"), Kind.CHOICE, options=lambda _: [Option("up", N_("Upwards"))])
    assert taken(words, bare_tanium_server, "UP") == "up"
    with pytest.raises(WrongUse, match="none of the choices"):
        taken(words, bare_tanium_server, "down")


def test_where_there_is_nothing_to_choose_from_that_is_said() -> None:
    with pytest.raises(WrongUse) as refused:
        chosen("1", ())
    assert "nothing to choose from" in str(refused.value.remedy)
