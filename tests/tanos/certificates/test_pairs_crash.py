"""Killed at every system call, or failed at every one: the pair that serves is old or new, never mixed."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.pairs import PairStore
from tanos.errors import Damaged
from tests.tanos.certificates.test_pairs import PAIRS, SAID
from tests.tanos.certificates.traced import Run, need_strace, places, traced

pytestmark = pytest.mark.crash
OLD, NEW = PAIRS[0], PAIRS[1]
DONE, REFUSED = 0, 3


class Bench:
    """A store with one pair, put back before every run."""

    def __init__(self, directory: Path) -> None:
        self.store = PairStore(directory, REPORTING)
        self._fresh, self._log = directory / "fresh", directory / "log"
        self.store.install(*OLD, SAID)
        copytree(self.store.directory, self._fresh, symlinks=True)

    def install(self, inject: str = "") -> Run:
        """Install the new pair in a child under strace."""
        rmtree(self.store.directory)
        copytree(self._fresh, self.store.directory, symlinks=True)
        return traced(self._work, self._log, inject)

    def _work(self) -> int:
        try:
            self.store.install(*NEW, SAID)
        except Damaged:
            return REFUSED
        return DONE


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A store to be crashed."""
    need_strace()
    yield Bench(tmp_path)


def assert_sound(bench: Bench, run: Run, where: str) -> None:
    """The live pair is one of the two, the new one if that was reported; recovery keeps it and heals the rest."""
    live = bench.store.read_current()
    assert live in {OLD, NEW}, where
    if run.status == DONE:
        assert live == NEW, where
    if run.status == REFUSED:
        assert live == OLD, where
    bench.store.recover()
    assert bench.store.read_current() == live, where
    assert bench.store.recover() == [], where
    assert all(version.intact for version in bench.store.versions()), where
    assert bench.store.install(*PAIRS[2], SAID) in {2, 3}, where
    assert bench.store.read_current() == PAIRS[2], where


def test_an_install_makes_the_calls_that_the_kills_aim_at(bench: Bench) -> None:
    run = bench.install()
    names = [name for name, _ in places(run.log)]
    assert run.status == DONE
    assert names.count("fsync") >= 6
    assert names.count("rename") + names.count("renameat") == 1


def test_killed_at_every_system_call_the_pair_is_old_or_new(bench: Bench) -> None:
    killed = 0
    for name, ordinal in places(bench.install().log):
        for way in ("", "error=EIO:"):
            where = f"{name}:{way}signal=KILL:when={ordinal}"
            run = bench.install(where)
            killed += run.status == -9
            assert_sound(bench, run, where)
    assert killed > 50


@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EROFS"])
def test_failed_at_every_system_call_the_pair_is_old_or_new(bench: Bench, error: str) -> None:
    refused = 0
    for name, ordinal in places(bench.install().log):
        where = f"{name}:error={error}:when={ordinal}"
        run = bench.install(where)
        assert run.status in {DONE, REFUSED}, where
        refused += run.status == REFUSED
        assert_sound(bench, run, where)
    assert refused > 20
