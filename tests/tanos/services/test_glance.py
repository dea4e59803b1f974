"""How the services stand, above the lines of 2-1: said at once, or that nobody says it."""

import asyncio
import socket
import time
from functools import partial

import pytest

from tanos.appliance import Appliance
from tanos.report import Facts, Mark, Say, Section
from tanos.services import glance
from tanos.services.control import SOCKET
from tanos.services.glance import SECONDS, services_at_a_glance
from tanos.services.operations import LIST_SERVICES, SERVICE_STATUS
from tanos.supervising.supervisor import Supervisor
from tests.conftest import call
from tests.tanos.services import conftest
from tests.tanos.services.conftest import supervising


def _marks(sections: tuple[Section, ...]) -> dict[str, Mark | None]:
    (facts,) = sections
    assert isinstance(facts, Facts)
    return {str(fact.label): fact.mark for fact in facts.rows}


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance, "SECONDS", 60.0)


@pytest.mark.usefixtures("_patient")
async def test_what_runs_is_right_and_what_was_stopped_is_not(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        running = _marks(await asyncio.to_thread(services_at_a_glance, server))
        assert running == {"taniumserver": Mark.OK, "taniumzoneserverhub": Mark.OK}
        await supervisor.answer("stop", {"name": "taniumzoneserverhub"})
        stopped = _marks(await asyncio.to_thread(services_at_a_glance, server))
    assert stopped == {"taniumserver": Mark.OK, "taniumzoneserverhub": Mark.FAIL}


def test_nobody_there_is_said_and_nobody_is_waited_for(zone: Appliance) -> None:
    assert _is_unknown(services_at_a_glance(zone))
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(zone.run / SOCKET))
        silent.listen()
        began = time.monotonic()
        assert _is_unknown(services_at_a_glance(zone))
        assert time.monotonic() - began >= SECONDS
    (zone.run / SOCKET).unlink()


def _is_unknown(sections: tuple[Section, ...]) -> bool:
    (say,) = sections
    return isinstance(say, Say) and say.mark is Mark.WARN


@pytest.mark.usefixtures("_patient")
async def test_that_nothing_confines_the_supervisor_is_said_first(
    zone: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conftest, "Supervisor", partial(Supervisor, confined=False))
    async with supervising(zone):
        warning, facts = await asyncio.to_thread(services_at_a_glance, zone)
        listed = await LIST_SERVICES.read(call(zone))
        shown = await SERVICE_STATUS.read(call(zone), name="taniumzoneserver")
    assert isinstance(warning, Say)
    assert warning.mark is Mark.WARN
    assert isinstance(facts, Facts)
    for each in (listed, shown):
        assert [finding.id for finding in each.findings] == ["services-not-confined"]
