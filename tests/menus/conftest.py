"""Whole appliances, made once and copied for each test, and a text face that writes into memory."""

import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from menus.language import choose
from menus.streams import Source, Streams
from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.platform import Identity, UserRole
from tanos.secret import Secret
from tanos.setup import init_appliance
from tests.conftest import TS1, ZS1, without_services

PASSWORD = "Correct-Horse-9-Battery"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with `ts1` and `zs1`, never used."""
    directory = tmp_path_factory.mktemp("made")
    for identity in (TS1, ZS1):
        home, secret = directory / identity.name, Secret(PASSWORD)
        appliance = init_appliance(home, identity, authorized_key=None, password=secret).appliance
        without_services(appliance)
        appliance.store.close()
    return directory


@pytest.fixture
def tanium_server(made: Path, tmp_path: Path) -> Appliance:
    """Return a Tanium Server with hub."""
    return _copy(made, tmp_path, TS1)


@pytest.fixture
def zone_server(made: Path, tmp_path: Path) -> Appliance:
    """Return a Zone Server."""
    return _copy(made, tmp_path, ZS1)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Leave the language of the process as it was."""
    choose({})
    yield
    choose({})


def _copy(made: Path, directory: Path, identity: Identity) -> Appliance:
    home = directory / "homes" / identity.name
    shutil.copytree(made / identity.name, home, symlinks=True)
    return Appliance.open(home)


class Typist:
    """Streams over a pipe that was written before it is read."""

    def __init__(self, typed: bytes = b"") -> None:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        assert os.write(writing, typed) == len(typed)
        os.close(writing)
        self._reading = reading
        self.out, self.err = io.StringIO(), io.StringIO()
        self.streams = Streams(Source(reading), self.out, self.err)

    def __enter__(self) -> "Typist":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._reading)


def call_for(appliance: Appliance, face: str = "plain", role: UserRole = UserRole.TANADMIN) -> Callable[[str], Call]:
    """Return the calls of a signed-in user."""
    actor = Actor(role.value, role, face)
    return lambda path: Call(appliance, actor, "", path)
