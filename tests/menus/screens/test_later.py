"""What is asked once the Plan was seen and its word typed: who signs in to what was just confirmed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from menus.item import Ask, Item, Kind, Menu, Verb
from menus.plain import run_plain
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.secret import Secret
from tests.menus.conftest import Typist, call_for
from tests.menus.screens.sitting import sitting
from tests.menus.screens.small_tree import done


async def _apply(call: Call, plan: Plan[Any], tell: Tell) -> Result:
    done.append((call.path, plan.payload))
    return Result(N_("Registered"))


def _planned(host: str, user: str, password: Secret) -> Plan[Any]:
    return Plan(N_("What {host} shows", host=host), (host, user, password.reveal()))


async def _prepare_registering(call: Call, *, host: str, user: str, password: Secret) -> Plan[Any]:
    return replace(_planned(host, user, password), then=lambda answers: _planned(**answers))


REGISTER = Verb(
    "host register",
    N_("Registers it."),
    Operation(_prepare_registering, _apply),
    (
        Ask("host", N_("Host")),
        Ask("user", N_("Administrator"), default=lambda _: "tanium", later=True),
        Ask("password", N_("Password"), Kind.SECRET, later=True),
    ),
)
ROOT = Menu("", N_("Main menu"), (Item("1", N_("Register"), REGISTER),))


async def test_who_signs_in_is_asked_once_the_plan_was_seen_and_confirmed(tmp_path: Path) -> None:
    done.clear()
    async with sitting(tmp_path, root=ROOT) as operator:
        operator.type("1\rhost.test\r")
        await operator.sees("Type yes to go on:", "What host.test shows")
        operator.type("yes\r")
        await operator.sees("Administrator: tanium", "host.test")
        operator.type("\r")
        await operator.sees("Password:")
        assert done == []
        operator.type("secret\r")
        await operator.sees("Registered")
        assert done == [("1", ("host.test", "tanium", b"secret"))]
        operator.type("R\r1\rhost.test\ryes\r\x1b")
        await operator.sees("Select:")
        assert len(done) == 1


def test_the_plain_face_asks_it_then_too(tanium_server: Appliance) -> None:
    done.clear()
    with Typist(b"1\nhost.test\nno\n1\nhost.test\nyes\nann\nsecret\n1\nhost.test\nyes\nR\nZ\n") as typist:
        run_plain(call_for(tanium_server), ROOT, typist.streams)
    assert done == [("1", ("host.test", "ann", b"secret"))]
    said = typist.out.getvalue()
    assert said.index("What host.test shows") < said.index("Administrator [tanium]: ")
    assert said.count("Administrator [tanium]: ") == 2
