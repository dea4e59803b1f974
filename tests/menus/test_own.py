"""Who is no tanadmin is shown himself: no names of other accounts, no changes on trial that are not his to end."""

import pytest

from menus.above import names_on_trial, on_trial
from menus.accounts_menu import ADD
from menus.answers import default_text, options_of
from menus.codes_menu import EXEMPT, FORGET, INCLUDE
from menus.given import own_answers, verb_answers
from menus.keys_menu import GENERATE, LIST, SSH_KEYS
from menus.policy_lines import SET
from menus.streams import own_streams
from menus.walk import Place, choices
from tanos.appliance import Appliance
from tanos.errors import WrongUse
from tanos.platform import UserRole
from tanos.policy_setting.operations import SET_POLICY
from tests.tanos.users.acting import by, do


def test_keys_without_a_name_are_ones_own(zone_server: Appliance) -> None:
    erika = by(zone_server, "erika", UserRole.TANUSER).actor
    for verb in (LIST, GENERATE):
        given = own_answers(verb, erika)
        assert verb_answers(verb, given, zone_server, own_streams({})) == {"user": "erika"}
    assert own_answers(ADD, erika) == {}
    with pytest.raises(WrongUse, match="missing-answer"):
        verb_answers(LIST, own_answers(LIST, by(zone_server).actor), zone_server, own_streams({}))


def test_whose_keys_lists_nobody_else(zone_server: Appliance) -> None:
    place = Place(SSH_KEYS, picking=True)
    assert len(choices(place, by(zone_server))) > 1
    [own] = choices(place, by(zone_server, "tancopy", UserRole.TANUSER))
    assert own.value == "tancopy"


async def test_a_change_on_trial_stands_above_the_menus_of_those_who_may_end_it(zone_server: Appliance) -> None:
    await do(SET_POLICY, by(zone_server), name="post-quantum-only", value="on")
    for asked, told in ((by(zone_server), 1), (by(zone_server, "erika", UserRole.TANUSER), 0)):
        assert len(on_trial(asked)) == len(names_on_trial(asked)) == told


def test_a_new_user_is_no_administrator_unless_that_is_said(zone_server: Appliance) -> None:
    [role] = [ask for ask in ADD.asks if ask.name == "role"]
    assert default_text(role, zone_server, {}) == "tanuser"


def test_a_verb_says_what_is_to_stand_and_does_not_decide_what_stands_already(zone_server: Appliance) -> None:
    with pytest.raises(WrongUse, match="missing-answer"):
        verb_answers(SET, {"name": "menu-timeout"}, zone_server, own_streams({}))
    [value] = [ask for ask in SET.asks if ask.name == "value"]
    assert default_text(value, zone_server, {"name": "menu-timeout"}) == "900"


def test_codes_are_for_people_and_not_for_file_transfer(zone_server: Appliance) -> None:
    for verb in (FORGET, EXEMPT, INCLUDE):
        (whose,) = verb.asks
        assert [option.value for option in options_of(whose, zone_server, {})] == ["tanadmin"]
