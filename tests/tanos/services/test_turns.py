"""Who waits to be looked at: a few networks never take all the places from everybody else."""

import asyncio
from collections import Counter

import pytest

from tanos.appliance import Appliance
from tanos.console_users.accounts import ConsoleRole
from tanos.errors import NotYet
from tanos.secret import Secret
from tanos.services.frames import Frame
from tanos.services.turns import Turns
from tanos.supervising import console_answers
from tanos.supervising.console_answers import ConsoleAnswers

PATIENCE_SECONDS = 60.0


class Crowd:
    """Many who come, and who of them was served."""

    def __init__(self, most: int) -> None:
        self.turns, self.served, self.busy = Turns(most), list[str](), Counter[str]()
        self.goes_on = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, *networks: str, is_known: bool = False) -> None:
        """Have each come, in this order."""
        for network in networks:
            self.tasks.append(asyncio.create_task(self._one(network, is_known)))
            await asyncio.sleep(0)

    async def end(self) -> None:
        """Have all be served that still are there."""
        self.goes_on.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _one(self, network: str, is_known: bool) -> None:
        try:
            async with self.turns.turn(network, is_known=is_known):
                await self.goes_on.wait()
                self.served.append(network)
        except NotYet as error:
            assert error.id == "busy"
            self.busy[network] += 1


async def test_a_network_without_a_place_gets_that_of_one_with_several() -> None:
    crowd = Crowd(4)
    await crowd.come("a", "a", "a", "b", "b")
    await crowd.come("c", "d", "c", "a")
    await crowd.end()
    assert crowd.served == ["a", "a", "b", "c", "d"], "as they came"
    assert crowd.busy == {"a": 2, "b": 1, "c": 1}


async def test_who_is_known_has_a_place_before_every_stranger_and_keeps_it() -> None:
    crowd = Crowd(3)
    await crowd.come("first", "a", "b", "c")
    await crowd.come("home", is_known=True)
    await crowd.come("d", "e", "f")
    await crowd.come("home", "home", "home", is_known=True)
    await crowd.end()
    assert crowd.served == ["first", "home", "home", "home"]
    assert crowd.busy["home"] == 1, "there is no stranger left who could give a place up"


async def test_who_goes_away_leaves_his_place_and_hands_the_turn_on() -> None:
    crowd = Crowd(4)
    await crowd.come("a", "b", "c", "d")
    crowd.tasks[1].cancel()
    await asyncio.sleep(0)
    crowd.goes_on.set()
    await asyncio.sleep(0)
    crowd.tasks[2].cancel("called already, and not there yet")
    await crowd.end()
    assert crowd.served == ["a", "d"]
    await crowd.come("e")
    await crowd.end()
    assert crowd.served[-1] == "e"


async def test_a_turn_that_fails_is_handed_on() -> None:
    turns = Turns(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with turns.turn("a", is_known=False):
                raise ZeroDivisionError


async def test_strangers_of_a_few_networks_never_leave_the_administrator_out(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, goes_on = list[str](), asyncio.Event()

    async def checked(appliance: Appliance, name: str, password: Secret, address: str) -> ConsoleRole | None:
        await goes_on.wait()
        served.append(name)
        return ConsoleRole.ADMINISTRATOR if name == "tanium" else None

    monkeypatch.setattr(console_answers, "check", checked)
    answers = ConsoleAnswers(bare_tanium_server, list)

    def signs_in(name: str, address: str) -> asyncio.Task[Frame]:
        return asyncio.create_task(answers.sign_in({"user": name, "password": "x", "address": address}))

    strangers = [signs_in("guess", f"192.0.2.{number // 4}") for number in range(24)]
    await asyncio.sleep(0)
    administrator = signs_in("tanium", "198.51.100.1")
    await asyncio.sleep(0)
    goes_on.set()
    assert await administrator == {"role": "Administrator"}
    told = await asyncio.gather(*strangers, return_exceptions=True)
    assert sum(isinstance(each, NotYet) for each in told) == 24 + 1 - (console_answers.MOST_WAITING + 1)
    assert len(served) == console_answers.MOST_WAITING + 1
