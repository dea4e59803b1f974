"""What lies in a lab directory: homes, one operator key, an ssh_config and known hosts.

Invariant: everything in it can be made again from the homes alone, except the operator's key; running again on the
same directory resumes, and never makes an appliance twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.errors import WrongUse
from tanos.files import make_directory, write_whole
from tanos.inert import inert
from tanos.keys.host_keys import host_public_keys
from tanos.keys.operations import ADD_AUTHORIZED
from tanos.message import N_
from tanos.operation import silent
from tanos.platform import DROP_BOX_USER, RELEASES, AddOn, Identity, Role
from tanos.services.catalogue import HTTPS, PLATFORM
from tanos.setup import init_appliance

ROLES = {"ts": Role.TANIUM_SERVER, "zs": Role.ZONE_SERVER, "ms": Role.MODULE_SERVER}
FIRST = ("ts1", "zs1")
USERS = {"": "tanadmin", "-files": DROP_BOX_USER}
STATE_PORTS = {PLATFORM: "tls_port", HTTPS: "https_port"}


@dataclass(frozen=True)
class Lab:
    """A lab directory and the names of its appliances."""

    directory: Path
    names: tuple[str, ...]
    release: str = "7.3"

    def home(self, name: str) -> Path:
        """Return the home of one appliance."""
        return self.directory / name

    def relying(self, name: str) -> Path:
        """Return the file of relying services of one appliance, which is served with it where it is there."""
        return self.directory / f"{name}.relying.toml"

    @property
    def ssh_config(self) -> Path:
        """The configuration that an operator gives to `ssh -F`."""
        return self.directory / "ssh_config"

    @property
    def state(self) -> Path:
        """`lab.json`: there exactly while every appliance accepts sign-ins."""
        return self.directory / "lab.json"

    @property
    def operator_key(self) -> Path:
        """The key that signs in as tanadmin and as tancopy everywhere."""
        return self.directory / "operator_ed25519"


def identity(name: str, release: str) -> Identity:
    """Return who `ts1`, `zs2`, `ms1` … is; raises WrongUse `unknown-name` for other names."""
    role = ROLES.get(name[:2])
    if role is None or not name[2:].isdigit():
        raise WrongUse(
            "unknown-name",
            N_("{name} says no role.", name=inert(name)),
            N_("Name lab appliances ts1, zs2, ms1 and so on."),
        )
    if release not in RELEASES:
        raise WrongUse(
            "unknown-release", N_("There is no release {r}.", r=inert(release)), N_("Use 7.2, 7.3 or 7.4.")
        )
    add_ons = frozenset({AddOn.ZONE_SERVER_HUB}) if role is Role.TANIUM_SERVER else frozenset()
    return Identity(name, f"{name}.lab.test", role, RELEASES[release], add_ons)


def names_in(directory: Path, more: Sequence[str]) -> tuple[str, ...]:
    """Return who belongs to the lab there: the first two, whoever was made there before, and those asked for now."""
    homes = sorted(path.parent.name for path in directory.glob("*/appliance.toml"))
    made = (name for name in homes if name[:2] in ROLES and name[2:].isdigit())
    return tuple(dict.fromkeys((*FIRST, *made, *more)))


async def make(lab: Lab) -> None:
    """Make what is missing: the operator's key and the appliances, each with that key authorised."""
    make_directory(lab.directory)
    if not lab.operator_key.exists():
        _make_operator_key(lab.operator_key)
    for name in lab.names:
        if not (lab.home(name) / "appliance.toml").exists():
            await _make_appliance(lab, name)


def _make_operator_key(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    write_whole(path.with_suffix(".pub"), public + b" operator\n", 0o644)
    write_whole(path, private)


async def _make_appliance(lab: Lab, name: str) -> None:
    public = lab.operator_key.with_suffix(".pub").read_bytes()
    made = init_appliance(lab.home(name), identity(name, lab.release), authorized_key=public, password=None)
    call = system_call(made.appliance, "lab")
    plan = await ADD_AUTHORIZED.prepare(call, user=DROP_BOX_USER, text=public)
    await ADD_AUTHORIZED.apply(call, plan, silent)
    made.appliance.store.close()


def write_ssh_files(lab: Lab, ports: dict[str, int]) -> None:
    """Write `ssh_config` and `known_hosts` for appliances that listen on `ports`."""
    known = "".join(
        f"[127.0.0.1]:{ports[name]} {' '.join(line.split()[:2])}\n"
        for name in lab.names
        for line in _host_lines(lab, name)
    )
    write_whole(lab.directory / "known_hosts", known.encode(), 0o644)
    hosts = "".join(
        _host(lab, name + suffix, ports[name], user) for name in lab.names for suffix, user in USERS.items()
    )
    write_whole(lab.ssh_config, hosts.encode(), 0o644)


def _host_lines(lab: Lab, name: str) -> list[str]:
    return [key.line for key in host_public_keys(Appliance.open(lab.home(name)))]


def _host(lab: Lab, host: str, port: int, user: str) -> str:
    return (
        f"Host {host}\n"
        f"    HostName 127.0.0.1\n"
        f"    Port {port}\n"
        f"    User {user}\n"
        f'    IdentityFile "{lab.operator_key}"\n'
        f"    IdentitiesOnly yes\n"
        f"    IdentityAgent none\n"
        f'    UserKnownHostsFile "{lab.directory / "known_hosts"}"\n'
        f"    GlobalKnownHostsFile none\n"
        f"    StrictHostKeyChecking yes\n"
        f"    ControlPath none\n"
        f"    SendEnv LANG LC_* NO_COLOR\n\n"
    )


def write_state(lab: Lab, ports: dict[str, int], served: Mapping[str, Mapping[str, int]]) -> None:
    """Say to programs that every appliance accepts sign-ins, and where; and where its services listen."""
    appliances = {
        name: {
            "home": str(lab.home(name)),
            "ssh_port": ports[name],
            "role": identity(name, lab.release).role.value,
            **{STATE_PORTS[port]: number for port, number in served[name].items() if port in STATE_PORTS},
        }
        for name in lab.names
    }
    write_whole(lab.state, json.dumps({"schema": 1, "appliances": appliances}, indent=2).encode() + b"\n", 0o644)
