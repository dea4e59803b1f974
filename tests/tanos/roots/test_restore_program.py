"""`tanos restore`, as somebody at the machine runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tanos.roots.kept import rotating
from tanos.roots.sealing import SEAL_ROOTS
from tests.tanos.exchange.conftest import Clock, clock, do
from tests.tanos.roots.made import ROOT_0, another_root, server_of_7_4
from tests.tanos.roots.test_backup import NONE, PASSWORD, backed_up

__all__ = ["clock"]


@pytest.mark.story
async def test_the_program_restores_a_stopped_server_once_that_is_agreed(tmp_path: Path, clock: Clock) -> None:
    server = server_of_7_4(tmp_path, clock)
    await do(server, SEAL_ROOTS, password=PASSWORD, again=PASSWORD, former=NONE)
    file = await backed_up(server)
    await another_root(server)
    server.store.close()

    def run(*words: str) -> tuple[int, dict[str, object]]:
        done = subprocess.run(
            [sys.executable, "-m", "menus", "restore", str(server.home), str(file), "--json", *words],
            input=PASSWORD.reveal() + b"\n", capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout)

    code, said = run()
    assert (code, said["error"]["id"]) == (2, "needs-yes")  # type: ignore[index]  # an object of JSON
    assert len(rotating(server)) == 2
    server.store.close()
    code, said = run("--yes")
    assert code == 0
    assert [each.server_value for each in rotating(server)] == [ROOT_0]
