"""The door proves itself by signatures that the keeper makes, whichever algorithm a client wants, many at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from sftp.algorithms import SIGNATURES
from sftp.signing import AskingPair, host_key_pairs
from tanos.appliance import Appliance
from tanos.keeper import Keeper

WANTED = ("ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256")


class Nobody(asyncssh.SSHServer):
    """Lets nobody in."""

    def password_auth_supported(self) -> bool:
        return True


@pytest.fixture
def keeper(bare_zone_server: Appliance) -> Keeper:
    """A keeper of new host keys."""
    Keeper(bare_zone_server).make_host_keys()
    return Keeper(bare_zone_server)


@pytest.fixture
def lines(keeper: Keeper) -> list[str]:
    """Their public halves."""
    return keeper.host_public_keys()


@pytest.fixture
def pairs(keeper: Keeper) -> list[AskingPair]:
    """The host keys, as the door takes them."""
    return host_key_pairs(keeper, SIGNATURES)


@pytest.fixture
async def port(pairs: list[AskingPair]) -> AsyncIterator[int]:
    """A server with these host keys and nothing else."""
    server = await asyncssh.create_server(Nobody, "127.0.0.1", 0, server_host_keys=pairs)
    yield server.get_port()
    server.close()
    await server.wait_closed()


def test_each_pair_signs_by_one_algorithm_the_preferred_first(pairs: list[AskingPair]) -> None:
    assert [pair.get_algorithm() for pair in pairs] == list(WANTED)
    assert [list(pair.host_key_algorithms) for pair in pairs] == [[name.encode()] for name in WANTED]


@pytest.fixture
def known(port: int, lines: list[str], tmp_path: Path) -> Path:
    """A known_hosts of that server."""
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"[127.0.0.1]:{port} {line}\n" for line in lines))
    return file


async def ssh(port: int, known: Path, algorithm: str) -> str:
    """Return what a real ssh says that wants one host key algorithm and is let in by nobody."""
    options = {
        "HostKeyAlgorithms": algorithm,
        "UserKnownHostsFile": known,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    asked = await asyncio.create_subprocess_exec(
        "ssh", "-F", "none", *words, "-v", "-p", str(port), "nobody@127.0.0.1", stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(asked.communicate(), 60)
    return said.decode()


@pytest.mark.door
@pytest.mark.parametrize("algorithm", WANTED)
async def test_openssh_accepts_the_key_exchange(port: int, known: Path, algorithm: str) -> None:
    said = await ssh(port, known, algorithm)
    assert f"kex: host key algorithm: {algorithm}" in said
    assert "Permission denied" in said


@pytest.mark.door
async def test_clients_that_want_different_algorithms_at_once_all_get_theirs(port: int, known: Path) -> None:
    said = await asyncio.gather(*(ssh(port, known, algorithm) for _ in range(8) for algorithm in WANTED[1:]))
    assert [one[-200:] for one in said if "Permission denied" not in one] == []
