"""The line between supervisor and service, where the other end was broken into: it ends, or it waits."""

import asyncio
import socket
from typing import Any

import pytest

from tanos.services import line
from tanos.services.frames import Frame, frame_bytes
from tanos.services.line import Line


@pytest.mark.parametrize("rubbish", [{"answer": {}}, {"answer": {}, "number": []}, {"number": 1, "refused": {}}])
async def test_what_answers_no_question_ends_nothing_but_the_line(rubbish: dict[str, Any]) -> None:
    async def answer(what: str, words: Frame) -> Frame:
        return {"heard": what}

    ours, theirs = socket.socketpair()
    mine = await Line.over(ours, answer)
    reading = asyncio.create_task(mine.run())
    reader, writer = await asyncio.open_connection(sock=theirs)
    writer.write(frame_bytes(rubbish) + frame_bytes({"ask": "x", "number": 1, "words": {}}))
    async with asyncio.timeout(60):
        await reader.read(1)
        writer.close()
        await reading


async def test_so_many_questions_are_at_work_and_the_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "MOST_AT_WORK", 4)
    go, begun = asyncio.Event(), []

    async def answer(what: str, words: Frame) -> Frame:
        begun.append(what)
        await go.wait()
        return {}

    ours, theirs = socket.socketpair()
    mine, other = await Line.over(ours, answer), await Line.over(theirs, answer)
    reading = [asyncio.create_task(each.run()) for each in (mine, other)]
    asked = [asyncio.create_task(other.ask("x")) for _ in range(20)]
    await asyncio.sleep(0.1)
    assert len(begun) == 4
    go.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*asked)
    assert len(begun) == 20
    mine.close()
    other.close()
    await asyncio.gather(*reading)
