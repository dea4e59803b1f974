"""However often a hub sends letters about roots, few are verified, and an honest one is heard a minute later."""

from pathlib import Path

import pytest

from tanos.actor import Call
from tanos.errors import AnswerRefused
from tanos.subordinate.letters import letters, take_letters
from tanos.supervising import key_answers
from tanos.supervising.key_answers import KeyAnswers
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.roots.made import server_of_7_4
from tests.tanos.subordinate.servers import server_round, zone_of_7_4

__all__ = ["clock"]
MANY = 100
SERVER = "ts4.lab.test"


async def test_letters_are_verified_a_few_times_a_minute_and_the_same_ones_once(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = server_of_7_4(tmp_path, clock)
    server_round(server)
    zone, verified = zone_of_7_4(tmp_path, clock, server), list[str]()

    def take(call: Call, text: str) -> bool:
        verified.append(text)
        return take_letters(call, text)

    monkeypatch.setattr(key_answers, "take_letters", take)
    answers, good = KeyAnswers(zone), {"letters": letters(server), "sender": SERVER}
    for _ in range(MANY):
        with pytest.raises(AnswerRefused, match="bad-letter"):
            await answers.letters({"letters": "[]", "sender": SERVER})
    assert len(verified) == 1
    for number in range(MANY):
        with pytest.raises(AnswerRefused, match=r"bad-letter|too-many"):
            await answers.letters({"letters": f"[{number}]", "sender": SERVER})
    assert len(verified) == 20
    with pytest.raises(AnswerRefused, match="too-many"):
        await answers.letters(good)
    clock.go(minutes=1)
    for _ in range(MANY):
        await answers.letters(good)
    assert letters(zone) == letters(server)
    assert len(verified) == 22, "once, and once more by the roots that they brought"


async def test_a_hub_that_floods_keeps_the_letters_of_no_other_server_out(tmp_path: Path, clock: Clock) -> None:
    server = server_of_7_4(tmp_path, clock)
    server_round(server)
    zone = zone_of_7_4(tmp_path, clock, server)
    answers, good = KeyAnswers(zone), letters(server)
    take_letters(call(zone), good)
    for number in range(MANY):
        with pytest.raises(AnswerRefused, match=r"bad-letter|too-many"):
            await answers.letters({"letters": f"[{number}]", "sender": f"ts{number}.lab.test" if number % 2 else ""})
    await answers.letters({"letters": good, "sender": SERVER})
    with pytest.raises(AnswerRefused, match="too-many"):
        await answers.letters({"letters": good, "sender": "ts9.lab.test"})
