"""A server of a pair turned hostile, and writes letters to a zone server of both, under names that no root tells."""

from contextlib import suppress
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.certificates.root_names import numbered_name
from tanos.errors import AnswerRefused
from tanos.roots.create import make_root_key
from tanos.roots.kept import rotating
from tanos.subordinate.letters import MOST_SERVERS, take_letters
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.subordinate.servers import code_of, zone_of_7_4
from tests.tanos.subordinate.test_letters_of_two import forged, tell, trusted
from tests.tanos.trust.made import another_root, exchange, known, meet, server, stand

__all__ = ["clock"]
LONG = "so-long-a-name-that-no-root-of-it-has-room-for-a-number.lab.test"


def pair(directory: Path, clock: Clock, name: str) -> tuple[Appliance, Appliance, Appliance]:
    """Return a server, the enemy of that name that it trusts, and a zone server that was told of both."""
    first, enemy = server(directory, "ts1", clock), server(directory, name, clock)
    meet(first, enemy)
    for each in (first, enemy):
        stand(each, known(each).key, known(each).standing.accepted())
    exchange(first, enemy)
    exchange(first, enemy)
    zone = zone_of_7_4(directory, clock, first)
    another_root(first, 1)
    tell(zone, first, enemy)
    return first, enemy, zone


def test_it_ends_names_and_crowds_out_nothing_of_another(tmp_path: Path, clock: Clock) -> None:
    first, enemy, zone = pair(tmp_path, clock, "ts2")
    before, false = trusted(zone), server(tmp_path, "ts1", clock)
    assert sorted(before) == ["ts1.lab.test Root 0", "ts1.lab.test Root 1", "ts2.lab.test Root 0"]
    ended = frozenset(code_of(each.certificate) for each in rotating(first))
    named = tuple(each.certificate for each in (*rotating(enemy), *rotating(false)))
    for number in range(MOST_SERVERS + 1):
        with pytest.raises(AnswerRefused, match="bad-letter"):
            take_letters(call(zone), forged(enemy, clock, server=f"{number}{LONG}", ended=ended, roots=named))
    assert trusted(zone) == before


@pytest.mark.parametrize("length", [45, 50])
def test_nor_where_its_own_fqdn_has_no_room_in_the_names_of_its_roots(
    tmp_path: Path, clock: Clock, length: int
) -> None:
    first, enemy, zone = pair(tmp_path, clock, "n" * length)
    before = trusted(zone)
    assert len(before) == 3
    ended = frozenset(code_of(each.certificate) for each in rotating(first))
    for stranger in (server(tmp_path, "ts1", clock), server(tmp_path, "m" * 50, clock)):
        own, others = ([each.certificate for each in rotating(by)] for by in (enemy, stranger))
        for named in (*own, *others), (*others, *own), others:
            for name in (enemy.identity.fqdn, LONG, "ü" * 64, *(f"{at}{LONG}" for at in range(MOST_SERVERS))):
                with suppress(AnswerRefused):
                    take_letters(call(zone), forged(enemy, clock, server=name, ended=ended, roots=tuple(named)))
                assert set(trusted(zone)) == set(before)
    clock.go(minutes=5)
    make_root_key(call(enemy), numbered_name(enemy.identity, 1))
    tell(zone, enemy)
    assert len(set(trusted(zone))) == 4
