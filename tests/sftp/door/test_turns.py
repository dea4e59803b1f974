"""Files and keys at one door: files give way for as long as keys come, and no longer."""

import asyncio

from sftp.turns import PRESSING_SECONDS, RATE, SLICE, Carrier, Turns


class Line(asyncio.ReadTransport):
    """Stands for a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.read = asyncio.Event()
        self.read.set()
        self.is_closed = False

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        assert not self.is_closed
        self.read.clear()

    def resume_reading(self) -> None:
        assert not self.is_closed
        self.read.set()


async def test_a_file_takes_turns_with_whoever_waits() -> None:
    line = Line()
    carrier = Carrier(Turns(), line)
    carrier.bring(SLICE - 1)
    kept_on = line.read.is_set()
    carrier.bring(1)
    given_way = not line.read.is_set()
    await asyncio.sleep(0)

    assert (kept_on, given_way, line.read.is_set()) == (True, True, True)


async def test_a_file_comes_slowly_while_keys_are_pressed() -> None:
    line, turns, loop = Line(), Turns(), asyncio.get_running_loop()
    carrier = Carrier(turns, line)
    turns.press(began := loop.time())
    carrier.bring(SLICE)
    carrier.bring(9 * SLICE)  # of the same read
    await line.read.wait()

    assert loop.time() - began >= 10 * SLICE / RATE


def test_nobody_waits_for_keys_that_are_not_pressed_any_more() -> None:
    turns = Turns()
    assert turns.wait(SLICE, 5.0) == 0
    turns.press(5.0)
    assert turns.wait(SLICE, 5.1) > 0
    assert turns.wait(SLICE, 5.0 + PRESSING_SECONDS) == 0


async def test_a_line_that_was_lost_meanwhile_is_left_alone() -> None:
    line = Line()
    carrier = Carrier(Turns(), line)
    carrier.bring(SLICE)
    line.is_closed = True
    await asyncio.sleep(0)
    carrier.bring(SLICE)
    assert not line.read.is_set()
