"""Three faces over one tree: the same work leaves the same state and the same audit records."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from menus.tree import all_verbs
from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.peers import Peer, store_peer
from tests.conftest import TS1, ZS1
from tests.menus.three_faces import OVER_THE_NETWORK, STEPS, Face, Pair, by_lines, by_screens, by_verb, told


def worked_on(made: Path, directory: Path, face: Face) -> dict[str, Any]:
    """Return what is told after one face did all steps on two fresh appliances."""
    homes = {identity.name: directory / face.__name__ / identity.name for identity in (TS1, ZS1)}
    for name, home in homes.items():
        shutil.copytree(made / name, home)
    pair = Pair(Appliance.open(homes["ts1"]), Appliance.open(homes["zs1"]))
    with pair.zs1.store.change(system_call(pair.zs1, "test")) as change:
        store_peer(change, Peer("ts1", "ts1.lab.test", 22, "ssh-ed25519 AAAA", "SHA256:" + "A" * 43))
    for step in STEPS:
        face(pair, pair.ts1 if step.on == "ts1" else pair.zs1, step)
    return told(pair)


@pytest.mark.parametrize("face", [by_lines, by_screens], ids=lambda face: face.__name__)
def test_every_face_leaves_what_verbs_leave(made: Path, tmp_path: Path, face: Face) -> None:
    by_verbs = worked_on(made, tmp_path, by_verb)
    assert sum(len(each["audit"]) for each in by_verbs.values()) > len(STEPS)
    assert worked_on(made, tmp_path, face) == by_verbs


def test_every_change_is_compared() -> None:
    done = {name for name in all_verbs() for step in STEPS if step.words.startswith(name)}
    assert {verb.name for verb in all_verbs().values() if verb.changes} == done | OVER_THE_NETWORK
