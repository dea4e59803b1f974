"""Every written attack against the real child of a connection, over a socket, in raw packets.

After each: nothing outside `/incoming` changed, no secret was answered, what lies in `/incoming` is what the table
says, the child serves on or ended well, and neither its memory nor its open files grew.
"""

from functools import partial
from pathlib import Path

import pytest

from tests.sftp.attacks.acted import Stage
from tests.sftp.attacks.guarded import Guarded, make_guarded
from tests.sftp.attacks.script import Attack, read_attacks
from tests.sftp.attacks.served import Served

TABLES = sorted(Path(__file__).parent.glob("tables/*.attacks"))
ATTACKS = [
    pytest.param(attack, id=f"{table.stem}: {attack.title}"[:120])
    for table in TABLES
    for attack in read_attacks(table)
]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """A home that all attacks of this file are made on."""
    return make_guarded(tmp_path_factory.mktemp("attacked"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_comes_to_nothing(guarded: Guarded, attack: Attack) -> None:
    guarded.clear()

    Stage(guarded, partial(Served, guarded.appliance.home, protected=guarded.protected)).act(attack)


def test_there_are_at_least_two_hundred() -> None:
    assert len(ATTACKS) >= 200
    assert len({attack.id for attack in ATTACKS}) == len(ATTACKS)
