"""The plain face: `ssh -T HOST`, everything typed ahead, as a script or a screen reader has it."""

import re
from itertools import takewhile

from tests.stories.three_faces.lab import Lab
from tests.stories.three_faces.seen import Seen, split_refusal
from tests.stories.three_faces.step import DECLINED, DONE, Memory, Step

SELECT = "Select: "
_CONFIRM = re.compile(r"Type (\S+) to go on: |Create a backup .* \(y/n\): ")


class PlainFace:
    """An operator without a terminal."""

    name = "plain"

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def do(self, step: Step, memory: Memory) -> Seen:
        """Do one step in a session of its own."""
        done = self._lab.ssh(step.where, typed=_script(step, memory))
        assert done.returncode == 0, done.stderr
        lines = _answered(_answer(step, done.stdout))
        if step.ends not in {DONE, DECLINED}:
            beside, refusal = split_refusal(lines)
            return Seen(tuple(takewhile(lambda line: not _CONFIRM.fullmatch(line), beside)), refusal=refusal)
        return _planned(step, lines)

    def anew(self, where: str) -> None:
        """Each step is a sign-in of its own."""

    def close(self) -> None:
        """Nothing stays open."""


def _script(step: Step, memory: Memory) -> str:
    lines = [step.chain, *step.typed]
    typed = "".join(line.format(**memory) + "\n" for line in lines)
    paste = step.paste.format(**memory)
    left = "R" if step.decides else "no"
    word = left if step.ends == DECLINED else step.decides or step.confirm
    later = "".join(line.format(**memory) + "\n" for line in step.later if step.ends != DECLINED)
    return typed + (paste + "\n" if paste else "") + (word + "\n" if word else "") + later


def _answer(step: Step, said: str) -> list[str]:
    """Return what was said between the first choice and the next menu."""
    lines = said.split(SELECT, 2)[1].splitlines()[1:]
    menu = f"{step.where} ({step.where}.lab.test), "
    return lines[: next((number for number, line in enumerate(lines) if line.startswith(menu)), len(lines))]


def _answered(lines: list[str]) -> list[str]:
    """Return what follows the questions, which end at a free line; what is not offered asks none."""
    return lines[lines.index("", 1) + 1 :] if lines[0] == "" else lines


def _planned(step: Step, lines: list[str]) -> Seen:
    """Split at the question for the word; what is told while it works is progress and no result."""
    for number, line in enumerate(lines):
        found = _CONFIRM.fullmatch(line)
        if found:
            assert found[1] in {step.confirm, None}
            plan, rest = tuple(lines[:number]), lines[number + 1 :]
            if step.ends == DECLINED:
                assert rest[:1] == ["Given up. Nothing was changed."]
                return Seen(plan)
            result = rest[rest.index("") :]
            return Seen(plan, tuple(result), kept="\n".join(result))
    assert not step.confirm, "\n".join(lines)
    return Seen(result=tuple(lines), kept="\n".join(lines))
