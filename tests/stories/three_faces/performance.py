"""All steps of the table through one face, in a lab of its own, and what both appliances audited of them."""

import json
import re
import sqlite3
import time
from base64 import b32decode
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from menus.nouns import every_verb
from tests.stories.lab import lab
from tests.stories.three_faces.lab import Lab
from tests.stories.three_faces.masks import Masks
from tests.stories.three_faces.newer import NEWER, make_newer
from tests.stories.three_faces.relying import describe
from tests.stories.three_faces.seen import Seen
from tests.stories.three_faces.step import Anew, Carry, Issue, Kept, Memory, Put, SecondKey, Step, Table, Until
from tests.tanos.https_pairs.made import answer

_COLUMNS = "verb, user, role, object, before, after, result"


class Face(Protocol):
    """One way to operate the appliances of a lab."""

    def do(self, step: Step, memory: Memory) -> Seen:
        """Do one step and return what was said."""

    def anew(self, where: str) -> None:
        """Sign in anew, where a session was kept open."""

    def close(self) -> None:
        """Let go of the lab."""


@dataclass(frozen=True)
class Performance:
    """What one face said of each step, and what was audited."""

    said: list[tuple[Step, Seen]]
    words: list[dict[str, str]]
    """The same, masked and without layout, by part."""
    audit: dict[str, list[str]]


def perform(table: Table, directory: Path, face: Callable[[Lab], Face], given: Memory) -> Performance:
    """Do all of it; the audit is read when both appliances have stopped."""
    said: list[tuple[Step, Seen]] = []
    make_newer(directory)
    describe(directory)
    with lab(directory, "--with", "ms1") as config:
        stage = Lab(config)
        memory = {**given, **_addresses(stage)}
        describe(directory, memory["ts1_https"])
        faced = face(stage)
        try:
            for step in table:
                if isinstance(step, Carry):
                    stage.carry(step, step.file.format(**memory))
                    continue
                if isinstance(step, Put):
                    stage.put(step)
                    continue
                if isinstance(step, Issue):
                    memory[step.answer] = answer(memory[step.request], datetime.now(UTC)).decode()
                    stage.put(Put(step.file, memory[step.answer], step.taker))
                    continue
                if isinstance(step, SecondKey):
                    memory["second_key"] = stage.second_key(step.where)
                    continue
                if isinstance(step, Until):
                    stage.wait_until(step, memory)
                    continue
                if isinstance(step, Anew):
                    faced.anew(step.where)
                    continue
                worded = replace(step, confirm=step.confirm.format(**memory))
                seen = faced.do(worded, memory)
                said.append((worded, seen))
                memory.update(_kept(worded, seen))
        finally:
            faced.close()
    masks = Masks(str(directory))
    words = [seen.words(masks) for _, seen in said]
    return Performance(
        said, words, {name: _audited(directory / name, masks) for name in ("ts1", "zs1", "ms1", NEWER)}
    )


def _addresses(stage: Lab) -> Memory:
    state = json.loads((stage.directory / "lab.json").read_text())
    appliances = state["appliances"].items()
    https = {f"{name}_https": f"127.0.0.1:{one['https_port']}" for name, one in appliances if "https_port" in one}
    return https | {name: f"127.0.0.1:{one['ssh_port']}" for name, one in appliances}


def _kept(step: Step, seen: Seen) -> Memory:
    found = {name: re.findall(pattern.value, seen.kept) for name, pattern in step.keeps.items()}
    assert all(found.values()), f"{step.title} did not show {list(found)}:\n{seen.kept}"
    kept = {name: texts[-1].strip() if name != "host_key" else texts[0] for name, texts in found.items()}
    return {name: _code_now(text) if step.keeps[name] is Kept.DEVICE else text for name, text in kept.items()}


def _code_now(secret: str) -> str:
    """Return what a device with that secret shows."""
    return TOTP(b32decode(secret), 6, SHA1(), 30).generate(int(time.time())).decode()


def _audited(home: Path, masks: Masks) -> list[str]:
    """Return the records of the console's verbs; signing in and the drop boxes' own are no operations of a face."""
    with closing(sqlite3.connect(home / "appliance.db")) as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM audit WHERE face != 'files' ORDER BY id").fetchall()
    return [masks.over(" | ".join(row)) for row in rows if row[0] in every_verb()]
