"""What a menu does not ask: anything where no answer would do, and what does not hold of this appliance."""

from pathlib import Path

import pytest

from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from menus.plain import run_plain
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.operation import Inquiry, Result
from tanos.secret import Secret
from tests.menus.conftest import Typist, call_for
from tests.menus.screens.sitting import sitting

given: list[str] = []
"""What reached the operation, an answer for each question."""
refuses: list[bool] = []
"""Whether there is something that no answer would do about."""
holds: list[bool] = []
"""Whether what the second question is about holds of the appliance."""


def _check(_: Appliance) -> None:
    if refuses:
        raise AnswerRefused("not-sealed", N_("It lies open."), N_("Seal it first."))


def _holds(_: Appliance) -> bool:
    return bool(holds)


async def _read(call: Call, *, password: Secret, former: str) -> Result:
    given.append(f"{password.reveal().decode()}/{former}")
    return Result(N_("It was taken"))


VERB = Verb(
    "pair back-up",
    N_("Backs it up."),
    Inquiry(_read),
    (
        Ask("password", N_("Password"), Kind.SECRET),
        Ask("former", N_("Former one"), need=Need.OPTIONAL, where=_holds),
    ),
    first=_check,
)
ROOT = Menu("", N_("Main menu"), (Item("1", N_("Back up"), VERB),))


@pytest.fixture(autouse=True)
def _anew() -> None:
    given.clear()
    refuses.clear()
    holds.clear()


async def test_a_screen_asks_nothing_where_no_answer_would_do(tmp_path: Path) -> None:
    refuses.append(True)
    async with sitting(tmp_path, root=ROOT) as operator:
        operator.type("1\r")
        seen = await operator.sees("Refused: not-sealed", "Seal it first.", "Return goes back")
        assert "A asks again" not in seen
        refuses.clear()
        operator.type("\r1\r")
        await operator.sees("Password:")
    assert given == []


async def test_a_screen_asks_what_holds_here_alone(tmp_path: Path) -> None:
    async with sitting(tmp_path, root=ROOT) as operator:
        operator.type("1\rsecret\r")
        await operator.sees("It was taken")
        holds.append(True)
        operator.type("\r1\rsecret\r")
        await operator.sees("Former one:")
        operator.type("old\r")
        await operator.sees("It was taken")
    assert given == ["secret/", "secret/old"]


def test_lines_ask_nothing_where_no_answer_would_do(zone_server: Appliance) -> None:
    refuses.append(True)
    with Typist(b"1\nZ\n") as typist:
        assert run_plain(call_for(zone_server), ROOT, typist.streams) == 0
    said = typist.out.getvalue()
    assert "Refused: not-sealed" in said
    assert "Seal it first." in said
    assert "Password" not in said
    assert given == []


def test_lines_ask_what_holds_here_alone(zone_server: Appliance) -> None:
    with Typist(b"1\nsecret\nZ\n") as typist:
        run_plain(call_for(zone_server), ROOT, typist.streams)
    assert "Former one" not in typist.out.getvalue()
    holds.append(True)
    with Typist(b"1\nsecret\nold\nZ\n") as typist:
        run_plain(call_for(zone_server), ROOT, typist.streams)
    assert "Former one" in typist.out.getvalue()
    assert given == ["secret/", "secret/old"]


EMPTY = Verb(
    "zone approve",
    N_("Approves it."),
    Inquiry(_read),
    (Ask("name", N_("Zone server"), Kind.CHOICE, options=lambda _: list[Option](), none=N_("No zone server asks.")),),
)


async def test_a_list_in_which_nothing_stands_says_so_in_its_own_words(tmp_path: Path) -> None:
    async with sitting(tmp_path, root=Menu("", N_("Main menu"), (Item("1", N_("Approve"), EMPTY),))) as operator:
        operator.type("1\r")
        await operator.sees("No zone server asks.", "R gives up")
        operator.type("r\r")
        await operator.sees("Select:")


def test_lines_leave_a_list_in_which_nothing_stands(zone_server: Appliance) -> None:
    with Typist(b"1\nZ\n") as typist:
        run_plain(
            call_for(zone_server), Menu("", N_("Main menu"), (Item("1", N_("Approve"), EMPTY),)), typist.streams
        )
    assert "No zone server asks." in typist.out.getvalue()
    assert given == []
