"""The one queue of keys."""

import asyncio
import os
import time

import pytest

from menus.screens.keyboard import Key
from menus.screens.typed import QUEUE_LIMIT, SILENCE_SECONDS, HungUp, Typed


async def take(typed: Typed, count: int) -> str:
    return "".join([(key := await typed.key()).text or f"<{key.name}>" for _ in range(count)])


async def test_keys_wait_for_the_page_that_asks() -> None:
    typed = Typed()
    typed.feed(b"12\r")
    typed.feed(b"3")
    assert await take(typed, 4) == "12<enter>3"


async def test_a_lone_escape_becomes_a_key_by_itself() -> None:
    typed = Typed()
    typed.feed(b"\x1b")
    async with asyncio.timeout(60):
        assert await take(typed, 1) == "<escape>"


async def test_keys_typed_ahead_of_a_paste_become_its_bytes() -> None:
    typed = Typed()
    typed.feed(b"1\r-----BEGIN\r\x1b[200~abc")
    assert await take(typed, 2) == "1<enter>"
    with typed.raw():
        assert await typed.read(1) == b"-----BEGIN\r\x1b[200~abc"
        typed.feed(b"\x1b[201~")
        assert await typed.read(1) == b"\x1b[201~"


async def test_what_nobody_read_of_raw_bytes_is_typed_ahead_again() -> None:
    typed = Typed()
    with typed.raw():
        typed.feed(b"R\r")
    assert await take(typed, 2) == "R<enter>"


async def test_silence_is_told_as_nothing() -> None:
    typed = Typed()
    with typed.raw():
        assert await typed.read(0.01) == b""


async def test_a_hangup_is_told_after_the_last_key() -> None:
    typed = Typed()
    typed.feed(b"1")
    typed.hang_up()
    assert await take(typed, 1) == "1"
    with pytest.raises(HungUp):
        await typed.key()
    with pytest.raises(HungUp):
        await typed.read(1)


async def test_a_hangup_wakes_who_waits() -> None:
    typed = Typed()
    waiting = asyncio.create_task(typed.key())
    await asyncio.sleep(0)
    typed.hang_up()
    with pytest.raises(HungUp):
        await waiting


async def test_keys_that_interrupt_are_not_queued() -> None:
    typed = Typed()
    taken: list[str] = []

    def interrupts(key: Key) -> bool:
        taken.append(key.name)
        return key.name == "interrupt"

    typed.interrupts = interrupts
    typed.feed(b"a\x03b")
    assert taken == ["text", "interrupt", "text"]
    assert await take(typed, 2) == "ab"


async def test_swallowing_ends_with_silence() -> None:
    typed = Typed()
    typed.feed(b"rest of a paste\r1\r")
    await typed.swallow(0.02)
    typed.feed(b"2")
    assert await take(typed, 1) == "2"


async def test_what_follows_a_bracketed_paste_is_dropped_until_there_is_silence() -> None:
    typed = Typed()
    typed.feed(b"1\x1b[200~junk\x1b[201~\rRR\r")
    for rest in (b"2-8\r", b"\x1b[200~", b"yes\r\x1b[201~"):
        await asyncio.sleep(0.02)
        typed.feed(rest)
    await typed.calm()
    typed.feed(b"2\r")
    assert await take(typed, 4) == "1<paste>2<enter>"


async def test_a_busy_loop_is_no_silence() -> None:
    typed = Typed()
    reading, writing = os.pipe()
    asyncio.get_running_loop().add_reader(reading, lambda: typed.feed(os.read(reading, 100)))
    typed.feed(b"\x1b[200~junk\x1b[201~")
    os.write(writing, b"yes\r")
    time.sleep(2 * SILENCE_SECONDS)  # noqa: ASYNC251 - the loop is to be busy
    await typed.calm()
    asyncio.get_running_loop().remove_reader(reading)
    os.close(reading)
    os.close(writing)
    typed.feed(b"2")
    assert await take(typed, 2) == "<paste>2"


async def test_control_c_forgets_what_was_typed_ahead_of_it_and_nothing_after_it() -> None:
    typed = Typed()
    typed.feed(b"x\r" * 1000)
    typed.feed(b"1\x032\r")
    assert await take(typed, 3) == "<interrupt>2<enter>"


async def test_a_full_queue_takes_control_c_all_the_same() -> None:
    typed = Typed()
    for _ in range(QUEUE_LIMIT // 4000 + 1):
        typed.feed(b"x" * 4000)
    typed.feed(b"\x03")
    assert await take(typed, 1) == "<interrupt>"
    assert not typed.ahead


async def test_one_who_types_is_not_idle() -> None:
    typed = Typed()
    idle = asyncio.create_task(typed.idle(1))
    for _ in range(6):
        await asyncio.sleep(0.25)
        typed.feed(b"x")
    assert not idle.done()
    async with asyncio.timeout(60):
        await idle
