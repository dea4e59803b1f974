"""The command face: `ssh HOST VERB`, as text and with `--json`.

Without `--yes` nothing changes, so that the Plan is read first (`--dry-run`), then the change is made.
"""

import json
import subprocess
from typing import Any

from menus.nouns import every_verb
from tests.stories.three_faces.lab import Lab
from tests.stories.three_faces.seen import Seen, bare, split_refusal
from tests.stories.three_faces.step import DECLINED, DONE, Memory, Step

Finished = subprocess.CompletedProcess[str]


class CommandFace:
    """An automaton."""

    name = "verb"

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def do(self, step: Step, memory: Memory) -> Seen:
        """Do one step; hold the exit status and what JSON says against the text."""
        words = f"{step.verb} {step.words}".format(**memory).strip()
        paste = (step.paste or step.stdin).format(**memory)
        if not every_verb()[step.verb].changes:
            return self._read(step, words)
        if step.ends == DECLINED:
            return self._left(step, self._ssh(step, words, paste))
        plan: tuple[str, ...] = ()
        if step.ends == DONE and step.confirm:
            plan = self._planned(step, words, paste)
        flag = _flag(step)
        done = self._ssh(step, f"{words} {flag}", paste)
        if step.ends == DONE:
            assert done.returncode == 0, done.stderr
            return Seen(plan, _lines(done.stdout), kept=done.stdout)
        return self._refused(step, done)

    def anew(self, where: str) -> None:
        """Each step is a sign-in of its own."""

    def close(self) -> None:
        """Nothing stays open."""

    def _read(self, step: Step, words: str) -> Seen:
        done, answer = self._ssh(step, words), _json(self._ssh(step, f"{words} --json"))
        if step.ends == DONE:
            assert done.returncode == 0, done.stderr
            _hold(answer["findings"], done.stdout)
            return Seen(result=_lines(done.stdout), kept=done.stdout)
        assert answer["error"]["id"] == step.ends
        _hold([answer["error"]], done.stderr)
        return self._refused(step, done)

    def _planned(self, step: Step, words: str, paste: str) -> tuple[str, ...]:
        done = self._ssh(step, f"{words} --dry-run", paste)
        assert done.returncode == 0, done.stderr
        plan = _json(self._ssh(step, f"{words} --dry-run --json", paste))["plan"]
        assert bare(plan["title"]) in bare(done.stdout)
        assert plan["confirm"] == step.confirm
        _hold(plan["findings"], done.stdout)
        return _lines(done.stdout)

    def _left(self, step: Step, done: Finished) -> Seen:
        assert done.returncode == 2, done.stderr
        assert "Incomplete: needs-yes" in done.stderr
        assert ("--yes" if step.confirm == "yes" else step.confirm) in done.stderr or "--replace" in done.stderr
        return Seen(_lines(done.stdout))

    def _refused(self, step: Step, done: Finished) -> Seen:
        assert done.returncode in {3, 4, 5}, done.stderr
        _, refusal = split_refusal(_lines(done.stderr))
        return Seen(_lines(done.stdout), refusal=refusal)

    def _ssh(self, step: Step, words: str, paste: str = "") -> Finished:
        return self._lab.ssh(step.where, words, paste)


def _flag(step: Step) -> str:
    """Return what stands for the word; a Plan with nothing to do wants none."""
    if step.confirm in {"", "yes"}:
        return "--yes" if step.confirm else ""
    return f"--confirm {step.confirm}"


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines())


def _json(done: Finished) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["schema"] == 1
    return answer


def _hold(findings: list[dict[str, Any]], said: str) -> None:
    """Hold that what programs are told is what people read."""
    for finding in findings:
        for part in (finding["id"], finding["message"], finding["remedy"]):
            assert bare(part) in bare(said), said
