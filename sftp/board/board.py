"""Many hosts are asked at once, a bounded number at a time.

Invariant: rows come in the order of the hosts, whichever answers first; one that does not answer holds up no other.
Who stops waiting stops every ssh that was started.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from sftp.board import AT_ONCE, SECONDS
from sftp.board.asking import Asking, ask, is_drop_box
from sftp.board.hosts import chosen_hosts
from sftp.board.row import Row

Progress = Callable[[int, int], None]
"""Told how many of how many hosts have answered."""


def _nothing(done: int, of: int) -> None:
    """Progress that nobody looks at."""


def read_board(
    config: Path | None,
    asked: Sequence[str] = (),
    *,
    at_once: int = AT_ONCE,
    seconds: float = SECONDS,
    progress: Progress = _nothing,
) -> tuple[Row, ...]:
    """Ask hosts how they stand; drop boxes are left out where they were not named.

    Raises as `chosen_hosts`, and NotYet `program-missing`.
    """
    hosts = chosen_hosts(config, asked)
    stop = os.eventfd(0)
    try:
        asking = Asking(config, seconds, stop)
        with ThreadPoolExecutor(min(at_once, len(hosts)), thread_name_prefix="board") as asked_at_once:
            futures = {asked_at_once.submit(_row, host, asking, named=host in asked): host for host in hosts}
            try:
                rows: dict[str, Row | None] = {}
                for future in as_completed(futures):
                    rows[futures[future]] = future.result()
                    progress(len(rows), len(hosts))
            except BaseException:
                os.eventfd_write(stop, 1)
                asked_at_once.shutdown(wait=True, cancel_futures=True)
                raise
    finally:
        os.close(stop)
    return tuple(row for host in hosts if (row := rows[host]) is not None)


def _row(host: str, asking: Asking, *, named: bool) -> Row | None:
    return None if not named and is_drop_box(host, asking) else ask(host, asking)
