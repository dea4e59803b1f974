"""The table of subordinate keys: names, defaults, and the one rule about them."""

from datetime import UTC, datetime, timedelta

import pytest

from tanos.errors import AnswerRefused
from tanos.subordinate_keys import (
    CLIENT_TLS,
    KINDS,
    SERVER_TLS,
    Lifetime,
    check_lifetime,
    kind_of_setting,
    lifetime,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_default_of_each_kind_is_sound() -> None:
    for kind in KINDS:
        assert lifetime(kind, {}) == kind.default
        check_lifetime(kind, {})


def test_a_key_of_a_client_is_renewed_four_hours_before_the_end_of_its_seven_days() -> None:
    held = lifetime(CLIENT_TLS, {})
    end = held.end(NOW)
    assert end == NOW + timedelta(days=7)
    assert not held.is_due(end, end - timedelta(hours=4, seconds=1))
    assert held.is_due(end, end - timedelta(hours=4))


def test_what_is_set_holds() -> None:
    set_to = {"PKIServerTLSKeyValidityDays": 10, "PKIServerTLSKeyRenewalWindowHours": 24, "PKIClientTLSKey": 1}
    assert lifetime(SERVER_TLS, set_to) == Lifetime(10, 24)
    assert lifetime(CLIENT_TLS, set_to) == CLIENT_TLS.default


@pytest.mark.parametrize(("days", "hours"), [(1, 24), (1, 25), (30, 0), (0, 1)])
def test_a_window_that_is_not_shorter_than_the_validity_is_refused(days: int, hours: int) -> None:
    names = {SERVER_TLS.validity_setting: days, SERVER_TLS.window_setting: hours}
    with pytest.raises(AnswerRefused, match="window-too-long"):
        check_lifetime(SERVER_TLS, names)


def test_a_window_that_is_an_hour_shorter_is_taken() -> None:
    check_lifetime(SERVER_TLS, {SERVER_TLS.validity_setting: 1, SERVER_TLS.window_setting: 23})


def test_a_setting_leads_to_its_kind_in_any_case() -> None:
    assert kind_of_setting("pkiclienttlskeyrenewalwindowhours") is CLIENT_TLS
    assert kind_of_setting("PKIServerTLSKeyValidityDays") is SERVER_TLS
    assert kind_of_setting("PKIDatabasePassword") is None
