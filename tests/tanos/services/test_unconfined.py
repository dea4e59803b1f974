"""A supervisor that the kernel does not confine serves all the same, and says so to who asks."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.confinement.told import means
from tanos.errors import NotYet
from tanos.services.control import ask_supervisor

ROOT = Path(__file__).parents[3]
WITHOUT = (sys.executable, "-m", "tests.sftp.confinement.without", "landlock_create_ruleset")


@pytest.mark.door
@pytest.mark.parametrize("before, confined", [((), True), (WITHOUT, False)])
def test_whether_its_supervisor_is_confined_is_told(zone: Appliance, before: tuple[str, ...], confined: bool) -> None:
    if confined and not means().landlock:
        pytest.skip("this kernel has no Landlock")
    command = [*before, sys.executable, "-m", "menus", "serve", str(zone.home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as serving:
        try:
            assert asyncio.run(_answered(zone))["confined"] is confined
        finally:
            serving.terminate()
            serving.communicate(timeout=60)


async def _answered(appliance: Appliance) -> dict[str, object]:
    async with asyncio.timeout(60):
        while True:
            try:
                return await ask_supervisor(appliance, "list")
            except NotYet:
                await asyncio.sleep(0.1)
