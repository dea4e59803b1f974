"""Two real servers walk at random, and stand at every step where the pure rules say; and who dies while he hears."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

import tanos.store.store
import tanos.trust.exchange
from tanos.appliance import Appliance
from tanos.keeper import Keeper
from tanos.trust.exchange import outgoing, receive
from tanos.trust.machine import Stance, Standing, State
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.exchange.dying import KILLED, dying
from tests.tanos.trust.made import exchange, known, meet, server, stand, states

__all__ = ["clock"]


@dataclass
class Walker:
    """A server, what the rules say of it, and every record that it ever sent with what that says."""

    appliance: Appliance
    standing: Standing = Standing()  # noqa: RUF009 - it is frozen
    sent: list[tuple[bytes, Stance, Stance]] = field(default_factory=list)

    def act(self, chance: Random) -> None:
        """Have an operator do one of what he may."""
        at = self.standing
        may_deny = at.can_deny and chance.random() < 0.05
        deeds: list[tuple[bool, Callable[[], Standing]]] = [
            (at.can_accept, at.accepted), (at.can_revoke, at.revoked), (may_deny, at.denied),
        ]  # fmt: skip
        may = [deed for allowed, deed in deeds if allowed]
        if may:
            self.standing = chance.choice(may)()
            stand(self.appliance, known(self.appliance).key, self.standing)

    def say(self) -> tuple[bytes, Stance, Stance]:
        """Return what it says now, which may arrive at any time from now on."""
        said = (outgoing(self.appliance, known(self.appliance).key), self.standing.mine, self.standing.theirs)
        self.sent.append(said)
        return said

    def hear(self, record: tuple[bytes, Stance, Stance]) -> None:
        """Hear one."""
        data, said, held = record
        receive(self.appliance, data, "10.0.0.9")
        self.standing = self.standing.heard(said, held)


@pytest.mark.parametrize("seed", range(6))
def test_real_servers_stand_where_the_rules_say(tmp_path: Path, clock: Clock, seed: int) -> None:
    chance = Random(seed)
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    meet(one, other)
    both = [Walker(one), Walker(other)]
    for _ in range(60):
        first, second = chance.sample(both, 2)
        step = chance.random()
        if step < 0.4:
            first.act(chance)
        elif step < 0.6:
            second.hear(first.say())
        elif step < 0.8 and first.sent:
            second.hear(chance.choice(first.sent))
        else:
            clock.go(seconds=1)
        for each in both:
            assert known(each.appliance).standing == each.standing
    exchange(one, other)
    assert len(set(states(one, other))) == 1


DEATHS = [
    (tanos.trust.exchange, "write_other"),
    (tanos.trust.exchange, "write_other+"),
    (tanos.store.store, "record"),
    (tanos.store.store, "record+"),
    (Keeper, "sign_statement"),
    (Keeper, "sign_statement+"),
]


@pytest.mark.crash
@pytest.mark.parametrize(("where", "name"), DEATHS)
def test_who_dies_while_he_hears_has_heard_it_or_hears_it_again(
    tmp_path: Path, clock: Clock, where: object, name: str
) -> None:
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    meet(one, other)
    with other.store.change(call(other)) as change:
        change.execute("UPDATE other_servers SET expected = 1")
    stand(one, known(one).key, known(one).standing.accepted())
    said = outgoing(one, known(one).key)
    other.store.close()
    child = os.fork()
    if child == 0:
        try:
            bare = name.rstrip("+")
            setattr(where, bare, dying(getattr(where, bare), after=name.endswith("+")))
            receive(other, said, "10.0.0.1")
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
    history = other.store.rows("SELECT after FROM trust_history ORDER BY id")
    assert [row["after"] for row in history] == ["unknown", "pending"][: len(history)]
    assert known(other).state.value == history[-1]["after"], "state and history are one"
    exchange(one, other)
    assert states(one, other) == [State.PENDING, State.PENDING]
    audited = other.store.rows("SELECT after FROM audit WHERE verb = 'trust heard' AND after = 'pending'")
    assert len(audited) == 1
