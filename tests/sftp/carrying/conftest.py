"""A Zone Server with its own SSH pair, and a drop box that lets that pair in."""

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from tanos.appliance import Appliance
from tanos.peers import Peer, store_peer
from tests.conftest import call
from tests.sftp.carrying.server import StrangeBox, strange_box


@pytest.fixture
def own_key(monkeypatch: pytest.MonkeyPatch) -> asyncssh.SSHKey:
    """The appliance's own pair, without the keeper."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    monkeypatch.setattr("sftp.client._own_key", lambda _: asyncssh.load_keypairs(key)[0])
    return key


@pytest.fixture
def authorized(own_key: asyncssh.SSHKey) -> str:
    """The public line of that pair."""
    return own_key.export_public_key("openssh").decode()


@pytest.fixture
def box(tmp_path: Path, authorized: str) -> Iterator[StrangeBox]:
    """A drop box that lets the appliance in."""
    with strange_box(tmp_path / "box", authorized) as running:
        yield running


def peer_of(box: StrangeBox, name: str = "ts1") -> Peer:
    """Return the record of that box, pinned to its first host key."""
    return Peer(name, "127.0.0.1", box.port, box.line(), box.fingerprint())


def stored(appliance: Appliance, box: StrangeBox, name: str = "ts1") -> Peer:
    """Store that record."""
    with appliance.store.change(call(appliance)) as change:
        return store_peer(change, peer_of(box, name))
