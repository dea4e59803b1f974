"""Whatever a trusted server says, it is answered, and what is not what it should be changes nothing."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tanos.settings.values import written
from tests.tanos.exchange.conftest import Clock
from tests.tanos.synchronising.made import ADDRESS, carried, pair_of

WORDS = some.sampled_from(
    ("global", "clients", "after", "lists", "part", "code", "number", "of", "data", "id", "at", "name", "", "\x00")
)
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-(1 << 70), 1 << 70) | WORDS | some.text(max_size=8),
    lambda each: some.lists(each, max_size=7) | some.dictionaries(WORDS, each, max_size=5),
    max_leaves=20,
)
FRAMES = some.dictionaries(some.sampled_from(("settings", "wants", "now", "clients", "list", "revoked")), VALUES)


def test_rubbish_of_a_trusted_server_changes_nothing(tmp_path: Path) -> None:
    one, other = pair_of(tmp_path, Clock())
    shown = other.shown

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(FRAMES)
    def said(frame: dict[str, object]) -> None:
        carried(one.keeps.answer(shown, ADDRESS, frame).say)

    said()
    assert not written(one.appliance)
    assert not one.elsewhere()
    assert not one.appliance.store.rows("SELECT 1 FROM revocation_lists_elsewhere")
    assert not one.appliance.store.rows("SELECT 1 FROM revoked_clients_elsewhere")
