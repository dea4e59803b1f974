"""A page that follows what it shows is read anew while it is looked at; every other one costs nothing."""

import asyncio
from pathlib import Path

import pytest

from menus.item import Item, Menu, Verb
from menus.screens import following
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import Damaged, NotYet
from tanos.message import N_
from tanos.operation import Inquiry, Result
from tanos.report import Say, Section
from tests.menus.screens.sitting import sitting

SECONDS = 0.01
reads: list[None] = []


@pytest.fixture(autouse=True)
def _from_one() -> None:
    reads.clear()


def _counted() -> int:
    reads.append(None)
    return len(reads)


def _said(number: int) -> Say:
    return Say(N_("It was read {number} times.", number=str(number)))


async def _read(call: Call) -> Result:
    return Result(N_("How it stands"), (_said(_counted()),))


def _state(_: Appliance) -> tuple[Section, ...]:
    return (_said(_counted()),)


def tree(inquiry: Inquiry, seconds: float = SECONDS) -> Menu:
    return Menu("", N_("Main menu"), (Item("1", N_("Look"), Verb("it show", N_("."), inquiry, follow=seconds)),))


async def test_a_result_is_read_anew_until_it_is_left(tmp_path: Path) -> None:
    async with sitting(tmp_path, tree(Inquiry(_read))) as operator:
        operator.type("1\r")
        screen = await operator.sees("It was read 3 times.")
        assert "renewed by itself" in screen
        operator.type("x\r")
        await operator.sees("Return goes on to the menu.", "It was read 6 times.")
        operator.type("\r")
        await operator.sees("Select:")
        before = len(reads)
        await asyncio.sleep(5 * SECONDS)
        assert len(reads) <= before + 1, "one may have been under way"


async def test_what_stands_above_a_menu_is_read_anew_and_what_was_typed_stays(tmp_path: Path) -> None:
    lines = tree(Inquiry(_read)).entries
    async with sitting(tmp_path, Menu("", N_("Main menu"), lines, state=_state, follow=SECONDS)) as operator:
        operator.type("abc")
        await operator.sees("It was read 4 times.", "Select: abc")


async def test_no_other_page_is_read_twice(tmp_path: Path) -> None:
    async with sitting(tmp_path, tree(Inquiry(_read), 0.0)) as operator:
        operator.type("1\r")
        await operator.sees("It was read 1 times.", "Return goes on")
        await asyncio.sleep(0.1)
        assert len(reads) == 1


async def test_what_cannot_be_read_now_is_said_and_tried_again(tmp_path: Path) -> None:
    async def read(call: Call) -> Result:
        number = _counted()
        if number in {2, 3}:
            raise NotYet("busy", N_("It is busy."), N_("Wait."))
        return Result(N_("How it stands"), (_said(number),))

    async with sitting(tmp_path, tree(Inquiry(read))) as operator:
        operator.type("1\r")
        screen = await operator.sees("It is busy. Wait.")
        assert "It was read 1 times." in screen
        assert "It is busy" not in await operator.sees("It was read 6 times.")


async def test_a_fault_of_the_program_is_said_once_and_not_repeated(tmp_path: Path) -> None:
    async def read(call: Call) -> Result:
        if _counted() > 1:
            raise Damaged("broken", N_("It broke."), N_("Tell."))
        return Result(N_("How it stands"))

    async with sitting(tmp_path, tree(Inquiry(read))) as operator:
        operator.type("1\r")
        await operator.sees("It broke. Tell.")
        await asyncio.sleep(5 * SECONDS)
        assert len(reads) == 2


async def test_reading_takes_a_small_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SHARE", 1000)
    async with sitting(tmp_path, tree(Inquiry(_read))) as operator:
        operator.type("1\r")
        await operator.sees("It was read 2 times.")
        await asyncio.sleep(10 * SECONDS)
        assert len(reads) == 2
