"""Tanium Servers of release 7.4 that know nothing of each other, and records that go between them."""

from dataclasses import replace
from pathlib import Path

from tanos.appliance import Appliance
from tanos.keeper import Keeper
from tanos.platform import R7_4, Identity, Role
from tanos.roots.create import make_first_root, make_root_key
from tanos.trust.exchange import outgoing, receive
from tanos.trust.kept import Other, others, row_of, write_other
from tanos.trust.machine import Standing, State
from tests.conftest import bare_appliance, call
from tests.tanos.exchange.conftest import Clock


def server(directory: Path, name: str, clock: Clock) -> Appliance:
    """Return one with `legacy-root` and `Root 0`, in a home of its own."""
    home = directory / f"{name}-{len(list(directory.iterdir()))}"
    made = bare_appliance(home, Identity(name, f"{name}.lab.test", Role.TANIUM_SERVER, R7_4))
    made.clock = clock
    Keeper(made).make_root()
    make_first_root(call(made, "init root-key"))
    return made


def another_root(appliance: Appliance, number: int) -> None:
    """Make the root of that number beside the others."""
    make_root_key(call(appliance), f"{appliance.identity.fqdn} Root {number}")


def meet(one: Appliance, other: Appliance) -> None:
    """Have `one` speak to `other`, as one that it does not know, until both have said all."""
    answer = receive(other, outgoing(one), "10.0.0.1")
    exchange(one, other, answer)
    exchange(one, other)


def exchange(one: Appliance, other: Appliance, heard: bytes = b"") -> None:
    """Have `one` say where it stands, and `other` answer."""
    said = receive(one, heard, "10.0.0.2") if heard else outgoing(one, others(one)[0].key)
    receive(one, receive(other, said, "10.0.0.1"), "10.0.0.2")


def known(appliance: Appliance) -> Other:
    """Return the one other server that is known."""
    (other,) = others(appliance)
    return other


def states(*appliances: Appliance) -> list[State]:
    """Return where each stands with the one that it knows."""
    return [known(each).state for each in appliances]


def stand(appliance: Appliance, key: str, standing: Standing) -> None:
    """Write down what an operator decided."""
    with appliance.store.change(call(appliance, "trust")) as change:
        was = row_of(change, key)
        assert was is not None
        write_other(change, was, replace(was, standing=standing), "tanadmin")
