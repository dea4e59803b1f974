"""Two Tanium Servers find each other, and once both trust each other keep alike what they should, whatever is cut."""

from pathlib import Path

import pytest

from tanos.synchronising.registered import SETTLED
from tanos.trust.kept import others
from tanos.trust.machine import State
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.services.partner.made import standing, two, until
from tests.tanos.synchronising.made import Server
from tests.tanos.trust.made import known, states

__all__ = ["clock"]
FLAG = "enable_protocol_314_flag"
Pair = tuple[Server, Server]


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Pair:
    """Two that know nothing of each other."""
    return two(tmp_path, clock)


async def test_one_that_is_named_on_one_side_is_known_on_both_and_nothing_is_kept_alike_before_trust(
    pair: Pair,
) -> None:
    async with standing(pair[0]) as one, standing(pair[1]) as other:
        pair[0].set(FLAG, "1")
        one.goes_to(other.place)
        await until(lambda: one.visits and one.visits[0]["reached_at"])
        assert states(pair[0].appliance, pair[1].appliance) == [State.UNKNOWN, State.UNKNOWN]
        assert known(pair[0].appliance).code == known(pair[1].appliance).code != ""
        assert (one.visits[0]["trust"], one.visits[0]["synchronised_at"]) == ("unknown", 0)
        assert pair[1].get(FLAG) == 0


async def test_both_accept_and_are_alike_by_mutual_tls_whoever_goes_to_the_other(pair: Pair, clock: Clock) -> None:
    pair[0].sees("pc1")
    clock.now += 2 * SETTLED
    async with standing(pair[0]) as one, standing(pair[1]) as other:
        one.goes_to(other.place)
        await until(lambda: others(pair[0].appliance) and others(pair[1].appliance))
        for each in (other, one):
            each.accepts()
        await until(lambda: one.visits[0]["synchronised_at"])
        pair[0].set(FLAG, "1")
        pair[1].set("ServerNameList", "ts1.lab.test", "clients")
        one.goes_to(other.place, "127.0.0.1:1")
        await until(lambda: pair[1].get(FLAG) == 1 and pair[0].get("ServerNameList", "clients") == "ts1.lab.test")
        assert pair[1].elsewhere() == {"pc1": ""}
        await until(lambda: one.restarted and other.restarted)
        assert one.visits[0]["fqdn"] == "ts2.lab.test"
        assert "ts1.lab.test" in other.service._partner.as_data()["came"]
