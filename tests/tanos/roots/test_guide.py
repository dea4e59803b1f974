"""The guided rotation: the step at which it stands is what is true now, whoever looks, and whenever."""

from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.roots.backup import BACK_UP_ROOTS
from tanos.roots.guide import GUIDE_ROTATION
from tanos.roots.revoke import REVOKE_ROOT
from tanos.roots.sealing import SEAL_ROOTS
from tanos.secret import Secret
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock, do
from tests.tanos.roots.made import ROOT_0, ROOT_1, another_root, cheap_seal, server_of_7_4
from tests.tanos.roots.test_backup import PASSWORD

__all__ = ["cheap_seal", "clock"]
pytestmark = pytest.mark.usefixtures("cheap_seal")


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server of release 7.4."""
    return server_of_7_4(tmp_path, clock)


async def standing(appliance: Appliance) -> tuple[str, str | None]:
    """Return the first letters of the states, and what is next."""
    data = (await GUIDE_ROTATION.read(call(appliance))).data
    return " ".join(each["state"] for each in data["steps"]), data["next"]


async def back_up(appliance: Appliance) -> None:
    plan = await BACK_UP_ROOTS.prepare(call(appliance), password=PASSWORD)
    await BACK_UP_ROOTS.apply(call(appliance, "root-keys backup"), plan, lambda _: None)


async def test_it_leads_from_the_seal_to_the_end_of_the_former_key(server: Appliance, clock: Clock) -> None:
    assert await standing(server) == ("due due later later later", "root-keys seal")
    await do(server, SEAL_ROOTS, password=PASSWORD, again=PASSWORD, former=Secret(""))
    assert await standing(server) == ("done due later later later", "root-keys backup")
    await back_up(server)
    assert await standing(server) == ("done done later later later", None)
    clock.go(days=366)
    assert await standing(server) == ("done done due later later", "root-keys create")
    await another_root(server)
    assert await standing(server) == ("done due done due later", "root-keys backup")
    await back_up(server)
    assert await standing(server) == ("done done done due later", "subordinate-keys list")
    told = str((await GUIDE_ROTATION.read(call(server))).sections)
    assert (clock().date()).isoformat() in told
    assert ROOT_1 in told
    clock.go(days=7)
    assert await standing(server) == ("done done done done due", "root-keys revoke")
    revoked = await do(server, REVOKE_ROOT, name=ROOT_0)
    assert "root-keys backup" in str(revoked.sections)
    assert await standing(server) == ("done due later later later", "root-keys backup")
