"""Validity and renewal window of a kind of key: whichever of the two is set, the window stays the shorter."""

from tanos.appliance import Appliance
from tanos.settings.pki_rows import PKI_ROWS
from tanos.settings.setting import Setting, Value
from tanos.settings.values import value_of
from tanos.subordinate_keys import check_lifetime, kind_of_setting

_ROWS = {row.name: row for row in PKI_ROWS}


def refuse_long_window(appliance: Appliance, setting: Setting, after: Value | None) -> None:
    """Refuse a value with which a key would be renewed as soon as it is there.

    Raises AnswerRefused `window-too-long`.
    """
    kind = kind_of_setting(setting.name)
    if kind is None or setting != _ROWS[setting.name]:
        return
    names = (kind.validity_setting, kind.window_setting)
    check_lifetime(kind, {**{name: value_of(appliance, _ROWS[name]) for name in names}, setting.name: after})
