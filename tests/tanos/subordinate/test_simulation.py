"""A root changes under clients, some of whom are away or die: none is refused for it, none keeps a revoked key.

Short in CI; ten thousand clients over fifty zone servers by `make soak`.
"""

from pathlib import Path

import pytest

from tanos.roots.kept import rotating
from tanos.settings.catalogue import setting_named
from tanos.settings.values import write
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.roots.made import server_of_7_4
from tests.tanos.subordinate.simulation import played

__all__ = ["clock"]


@pytest.mark.parametrize(
    "clients, zones, hours, seed",
    [
        (40, 5, 10, 1),
        pytest.param(10_000, 50, 25, 1, marks=pytest.mark.soak),
        pytest.param(400, 20, 25, 7, marks=pytest.mark.soak),
    ],
)
async def test_none_is_refused_for_the_change_of_a_root_and_none_keeps_a_revoked_key(
    tmp_path: Path, clock: Clock, clients: int, zones: int, hours: int, seed: int
) -> None:
    server = server_of_7_4(tmp_path, clock)
    with server.store.change(call(server)) as change:
        write(change, setting_named(server.identity, "PKIClientTLSKeyValidityDays"), 1)
    play = await played(server, clock, clients, zones, seed, hours)
    (root,) = rotating(server)
    assert play.wrong == []
    assert [each.refused for each in play.players if set(each.refused) - {"not-ready"}] == []
    for player in play.players:
        held = player.keyring.key.certified
        assert held is not None
        assert held.intermediate.issuer == root.certificate.subject
        assert not play.ended.intersection(player.keyring.known)
        assert root.check_code in player.keyring.known
