"""2 → 2, Configuration Settings: components, the settings of each by line number, `A` adds one."""

from menus.item import Answers, Ask, Item, Kind, Menu, Need, Option, Pick, Verb
from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.settings.catalogue import settings_of
from tanos.settings.known import explained, known_setting, settings_here
from tanos.settings.operations import ADD_SETTING, LIST_SETTINGS, SET_SETTING, SHOW_SETTING, UNSET_SETTING
from tanos.settings.setting import Component
from tanos.settings.setting import Kind as Held
from tanos.settings.values import value_of

_KEYS = {
    "1": Component.SERVER,
    "2": Component.MODULE_SERVER,
    "8": Component.HUB,
    "9": Component.ZONE_SERVER,
    "G": Component.GLOBAL,
    "C": Component.CLIENTS,
}
"""As on the original where that is known (1, 9); the others are ours."""


def _names(appliance: Appliance, answers: Answers) -> list[Option]:
    component = str(answers.get("component") or "")
    return [
        Option(each.name, N_("{name}  {value}", name=each.name, value=each.shortened(value_of(appliance, each))))
        for each in settings_here(appliance, component)
    ]


def _present(appliance: Appliance, answers: Answers) -> str:
    setting = known_setting(appliance, str(answers["name"]), str(answers.get("component") or ""))
    value = value_of(appliance, setting)
    return "" if value is None or setting.kind is Held.PROTECTED else str(value)


def _explained(appliance: Appliance, answers: Answers) -> Message:
    name, component = str(answers["name"]), str(answers.get("component") or "")
    return explained(appliance, known_setting(appliance, name, component))


def _components(appliance: Appliance) -> list[Option]:
    return [
        Option(each.value, each.label, key)
        for key, each in _KEYS.items()
        if any(settings_of(appliance.identity, each))
    ]


COMPONENT = Ask("component", N_("Whose setting"), Kind.CHOICE, Need.OPTIONAL, options=_components, any_value=True)
NAME = Ask("name", N_("Setting"), Kind.CHOICE, options_after=_names, any_value=True, argument=True)
VALUE = Ask("value", N_("Value"), default_after=_present, is_present=True, argument=True, help_after=_explained)
KINDS = tuple(Option(each.value, each.value) for each in Held)
LIST = Verb("settings list", N_("List the settings"), LIST_SETTINGS, (COMPONENT,))
SHOW = Verb(
    "settings show", N_("Show one setting: what it does, may be, and who reads it"), SHOW_SETTING, (COMPONENT, NAME)
)
SET = Verb("settings set", N_("Give a setting a value"), SET_SETTING, (COMPONENT, NAME, VALUE))
ADD = Verb(
    "settings add",
    N_("Add a setting that is not listed"),
    ADD_SETTING,
    (
        COMPONENT,
        Ask("name", N_("Name"), argument=True),
        Ask("kind", N_("Kind"), Kind.CHOICE, choices=KINDS),
        Ask("value", N_("Value"), argument=True),
    ),
)
UNSET = Verb("settings unset", N_("Have a setting's default hold again"), UNSET_SETTING, (COMPONENT, NAME))
VERBS = (LIST, SHOW, SET, UNSET, ADD)


MENU = Menu(
    "2",
    N_("Configuration Settings"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Change one, by its line number"), SET),
        Item("3", N_("Show one"), SHOW),
        Item("4", N_("Back to the default"), UNSET),
        Item("A", N_("Add a setting"), ADD),
    ),
    pick=Pick("component", N_("Whose settings"), _components, N_("No service runs on this role.")),
    help=N_("What the services of this appliance read when they start; on Windows it stands in the registry."),
)
