"""Every setting that an appliance has: those of the table, and those that somebody added by hand."""

from tanos.appliance import Appliance
from tanos.errors import NotOffered, WrongUse
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.settings.catalogue import SETTINGS, setting_named, settings_of
from tanos.settings.setting import Component, Kind, Setting
from tanos.settings.values import written


def settings_here(appliance: Appliance, component: str = "") -> list[Setting]:
    """Return them, of one component or all, those of the table first.

    Raises WrongUse `unknown-choice`, NotOffered `not-offered` for a component that is on other appliances.
    """
    if component:
        check_component(appliance, component)
    known = {(each.component.value, each.name) for each in SETTINGS}
    added = [by_hand(name, Component(whose), one.kind) for (whose, name), one in written(appliance).items()
             if (whose, name) not in known]  # fmt: skip
    return [each for each in (*settings_of(appliance.identity), *added) if component in {"", each.component.value}]


def known_setting(appliance: Appliance, name: str, component: str = "") -> Setting:
    """Return one by name, in any case.

    Raises AnswerRefused `no-such-setting`, `which-component`, and as `settings_here`.
    """
    wanted = name.strip().casefold()
    found = [each for each in settings_here(appliance, component) if each.name.casefold() == wanted]
    return found[0] if len(found) == 1 else setting_named(appliance.identity, name, component)


def check_component(appliance: Appliance, component: str) -> None:
    """Raise WrongUse `unknown-choice`, or NotOffered `not-offered` for what is on other appliances."""
    if component not in set(Component):
        raise WrongUse(
            "unknown-choice",
            N_("{component} is nothing that has settings.", component=inert(component)),
            N_("Choose one of: {choices}.", choices=", ".join(Component)),
        )
    whose = Component(component)
    if not whose.offer.holds_for(appliance.identity):
        said = N_("The settings of a {component} are not on this appliance.", component=whose.label)
        raise NotOffered("not-offered", said, whose.offer.where())


def by_hand(name: str, component: Component, kind: Kind) -> Setting:
    """Return what a setting is that is in no table."""
    return Setting(name, component, N_("Added by hand; nothing reads it here."), kind)


def explained(appliance: Appliance, setting: Setting) -> Message:
    """Say what a setting does, may be, and is unless it is changed."""
    default = setting.shown(setting.default(appliance.identity))
    return N_(
        "{told} Allowed: {allowed}. Default: {default}.",
        told=setting.told,
        allowed=setting.allowed,
        default=default,
    )
