"""A power cut at any moment leaves the old pair or the new one, on the strictest disk; and every fsync is needed."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.pairs import PairStore
from tests.tanos.certificates.disk_model import Disk, Step, steps
from tests.tanos.certificates.test_pairs import PAIRS, SAID
from tests.tanos.certificates.traced import need_strace, traced

pytestmark = pytest.mark.crash
PAIR = ("reporting.crt", "reporting.pvk", "manifest.json")


@dataclass
class Story:
    """The steps of one install, and how many had happened when it was acknowledged."""

    store: str
    steps: list[Step]

    def disk(self) -> Disk:
        """Return the disk before: version 1, complete and live."""
        names = {f"{self.store}/v000001/{file}": "" for file in PAIR}
        return Disk({**names, f"{self.store}/v000001": "", f"{self.store}/current": "v000001"})

    def faults(self, left_out: int | None = None) -> list[str]:
        """Return what is wrong in any state that a cut could leave; `left_out` is a step that never happened."""
        disk, wrong = self.disk(), []
        for number, step in enumerate(self.steps):
            if number != left_out:
                disk.do(step)
            wrong += [fault for names, empty in disk.after_a_cut() if (fault := self.fault(names, empty))]
        wrong += [
            "acknowledged, but not there"
            for names, _ in disk.after_a_cut()
            if names.get(f"{self.store}/current") != "v000002"
        ]
        return wrong

    def fault(self, names: dict[str, str], empty: set[str]) -> str:
        """Say what is wrong with the live pair in one state."""
        live = names.get(f"{self.store}/current")
        files = [f"{self.store}/{live}/{file}" for file in PAIR]
        if live not in {"v000001", "v000002"} or f"{self.store}/{live}" not in names:
            return f"current leads to {live}"
        return next((f"{file} is missing or empty" for file in files if file not in names or file in empty), "")


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A real install over an earlier pair, as the kernel saw it."""
    need_strace()
    store = PairStore(tmp_path, REPORTING)
    store.install(*PAIRS[0], SAID)

    def work() -> int:
        store.install(*PAIRS[1], SAID)
        return 0

    run = traced(work, tmp_path / "log")
    assert run.status == 0
    return Story(str(store.directory), steps(run.log))


def test_every_state_that_a_power_cut_could_leave_is_old_or_new(story: Story) -> None:
    assert [step.kind for step in story.steps].count("sync") >= 6
    assert story.faults() == []


def needed(story: Story, number: int) -> bool:
    """Say whether a step is an fsync on which the pair depends (the mark for recovery is none)."""
    step = story.steps[number]
    own = "v000002" in step.path or step.path == story.store
    return step.kind == "sync" and own and not step.path.endswith("installed")


def test_every_fsync_is_needed(story: Story) -> None:
    moment = next(number for number, step in enumerate(story.steps) if step.kind == "rename")
    numbers = [number for number in range(len(story.steps)) if needed(story, number) and number <= moment + 1]
    assert len(numbers) == 6
    for number in numbers:
        assert story.faults(left_out=number), story.steps[number]
