"""A Zone Server with its keys, and what a Tanium Server behind a strange drop box says of itself."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncssh

from sftp.pairing.text import PairingText
from tanos.appliance import Appliance
from tanos.keeper import Keeper
from tanos.keys.public_key import SshPublicKey, read_line
from tests.sftp.carrying.pair import make_zone_server
from tests.sftp.carrying.server import StrangeBox


def make_appliance(directory: Path, name: str = "zs1") -> Appliance:
    """Make a Zone Server with host keys and tanadmin's pair."""
    appliance = make_zone_server(directory, name)
    for file, data in _host_keys().items():
        (appliance.ssh / file).write_bytes(data)
        (appliance.ssh / file).chmod(0o600)
    return appliance


@cache
def _host_keys() -> dict[str, bytes]:
    """Make the files of host keys once: RSA takes its time."""
    with TemporaryDirectory() as directory:
        appliance = make_zone_server(Path(directory))
        before = set(appliance.ssh.iterdir())
        Keeper(appliance).make_host_keys()
        return {path.name: path.read_bytes() for path in set(appliance.ssh.iterdir()) - before}


def own_line(appliance: Appliance) -> str:
    """Return the public line of tanadmin's pair."""
    return Keeper(appliance).ssh_public_line("tanadmin")


def new_key(comment: str = "tanadmin@ts1") -> SshPublicKey:
    """Return the public half of a pair that nobody keeps."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    return replace(read_line(key.export_public_key("openssh").decode().strip()), comment=comment)


def text_of(box: StrangeBox, name: str = "ts1") -> PairingText:
    """Return what the appliance behind `box` says of itself."""
    return PairingText(name, "127.0.0.1", box.port, read_line(box.line()), new_key(f"tanadmin@{name}"))
