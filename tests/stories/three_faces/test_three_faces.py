"""Three faces over one tree: each operation, through each face, with equal words and equal audit records.

Only time, face, session and path may differ, and what is new in every lab.
"""

import re
import subprocess
from collections.abc import Callable, Iterator

import pytest

from menus.nouns import every_verb
from menus.tree import MAIN
from menus.walk import verbs
from tests.stories.lab import open_directory
from tests.stories.three_faces.command import CommandFace
from tests.stories.three_faces.lab import Lab
from tests.stories.three_faces.performance import Face, Performance, perform
from tests.stories.three_faces.plain import PlainFace
from tests.stories.three_faces.screens import ScreensFace
from tests.stories.three_faces.seen import bare
from tests.stories.three_faces.step import DECLINED, DONE, Step
from tests.stories.three_faces.table import STEPS
from tests.stories.three_faces.ways import pointed

FACES: dict[str, Callable[[Lab], Face]] = {"verb": CommandFace, "plain": PlainFace, "screens": ScreensFace}
OPERATIONS = tuple(step for step in STEPS if isinstance(step, Step))


@pytest.fixture(scope="module")
def performances() -> Iterator[dict[str, Performance]]:
    """Return what each face did; every face has a lab of its own."""
    given = {"bad_request": _bad_request()}
    with open_directory() as base:
        yield {name: perform(STEPS, base / name, face, given) for name, face in FACES.items()}


@pytest.mark.story
@pytest.mark.parametrize("face", ["plain", "screens"])
def test_each_face_says_what_verbs_say(performances: dict[str, Performance], face: str) -> None:
    verb, other = performances["verb"], performances[face]
    differing = [
        f"{step.title}: {part}\n  verb: {by_verb}\n  {face}: {by_face}"
        for (step, _), one, two in zip(verb.said, verb.words, other.words, strict=True)
        for part in one
        if (by_verb := _told(step, part, pointed(one[part], "verb")))
        != (by_face := _told(step, part, pointed(two[part], face)))
    ]
    assert not differing, "\n".join(differing)


@pytest.mark.story
@pytest.mark.parametrize("face", ["plain", "screens"])
def test_each_face_is_audited_as_verbs_are(performances: dict[str, Performance], face: str) -> None:
    for name, records in performances["verb"].audit.items():
        assert "\n".join(performances[face].audit[name]) == "\n".join(records)
    results = [record.rpartition(" ")[2] for records in performances[face].audit.values() for record in records]
    for end in {step.ends for step in OPERATIONS if step.confirm and step.ends not in {DONE, DECLINED}}:
        wanted = sum(step.ends == end and bool(step.confirm) for step in OPERATIONS)
        assert results.count(end) == wanted, f"{end} is recorded {results.count(end)} times, not {wanted}"


@pytest.mark.story
@pytest.mark.parametrize("face", list(FACES))
def test_each_refusal_is_the_one_that_was_meant(performances: dict[str, Performance], face: str) -> None:
    for step, seen in performances[face].said:
        refused = step.ends not in {DONE, DECLINED}
        assert bool(seen.refusal) == refused, step.title
        assert not refused or step.ends in "".join(seen.refusal).replace(" ", "-"), step.title


@pytest.mark.story
@pytest.mark.parametrize("face", list(FACES))
def test_a_host_key_that_a_verb_must_be_given_is_compared_by_eye_at_the_menus(
    performances: dict[str, Performance], face: str
) -> None:
    for step, seen in performances[face].said:
        if step.by_eye:
            assert any(step.by_eye in line for line in seen.plan) == (face != "verb")


def test_every_verb_and_every_line_of_the_menus_is_done() -> None:
    done = {step.verb for step in OPERATIONS if step.ends == DONE}
    assert set(every_verb()) == done
    lines = {path: item.verb.name for item, path in verbs(MAIN)}
    assert {_line(step): step.verb for step in OPERATIONS if step.ends == DONE} == lines
    assert all(lines[_line(step)] == step.verb for step in OPERATIONS)


def _told(step: Step, part: str, words: str) -> str:
    """Return what is compared: a menu names its line where a verb names itself, and has its operator look."""
    if part == "refusal" and step.ends == "not-offered":
        return words[words.find("isnotoffered") :].replace("Whattodo", "")
    if part == "plan" and step.by_eye:
        return words.partition("note" + bare(step.by_eye))[0].removesuffix("new").removesuffix("ok")
    if part == "plan" and step.verb == "host-keys retire":
        return re.sub("warnhostkeyunlearned.*?(?=warnontrial)", "", words)  # each verb signs in anew, menus do not
    return words


def _line(step: Step) -> str:
    """Return the path of a menu line; a picked line stands as `#`."""
    return re.sub(r"^(C-[3U]|C-L-2|2-1-2|2-2|2-S-2)-\w", r"\1-#", step.chain)


def _bad_request() -> str:
    """Return a request that openssl makes and nobody should sign."""
    command = (
        "openssl req -new -newkey rsa:1024 -nodes -keyout /dev/null -sha256 -subj /CN=weak.lab.test "
        "-addext subjectAltName=DNS:weak.lab.test -addext basicConstraints=CA:TRUE"
    )
    done = subprocess.run(command.split(), capture_output=True, text=True, check=True)
    return done.stdout.strip()
