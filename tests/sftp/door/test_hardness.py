"""Rules, banner, algorithms, and what is asked for in vain: as real clients meet them."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import asyncssh
import pytest
from asyncssh.constants import MSG_REQUEST_FAILURE, MSG_REQUEST_SUCCESS
from asyncssh.packet import String

from sftp.algorithms import CURVES, OLD, offered
from sftp.refusing import MOST_REFUSALS
from sftp.terms import Terms
from sftp.tuning import MOST_PROOFS
from tanos.actor import system_call
from tanos.policy.door import OLD_CLIENTS, POST_QUANTUM_ONLY
from tanos.store.connection import connect
from tanos.store.schema import MIGRATIONS
from tests.data.schemas.make import dump_of
from tests.sftp.door.conftest import OpenDoor, a_door, decide, make_home
from tests.sftp.door.processes import soon

pytestmark = pytest.mark.door


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door whose rules may be changed."""
    directory = tmp_path_factory.mktemp("own")
    with a_door(directory, make_home(directory)) as opened:
        yield opened


def change(door: OpenDoor, *statements: str) -> None:
    """Change the store and wait until the door has heard."""
    with door.appliance.store.change(system_call(door.appliance, "test")) as changed:
        for statement in statements:
            changed.execute(statement)
    door.hears()


def settle(door: OpenDoor, *values: int) -> None:
    """Decide post-quantum only and old clients."""
    for policy, value in zip((POST_QUANTUM_ONLY, OLD_CLIENTS), values, strict=True):
        decide(door.appliance, policy, value)
    door.hears()


def results(door: OpenDoor, verb: str) -> list[tuple[str, str]]:
    """Return object and result of the records of a verb."""
    rows = door.appliance.store.rows("SELECT object, result FROM audit WHERE verb = ? ORDER BY id", verb)
    return [(row["object"], row["result"]) for row in rows]


def test_users_come_from_where_a_rule_lets_them_and_tancopy_from_everywhere(own: OpenDoor) -> None:
    change(own, "INSERT INTO ssh_rules VALUES ('198.51.100.0/24', 'x', 'now')")
    try:
        for _ in range(3):
            refused = own.ssh("exit", "5")
            assert refused.returncode == 255
            assert b"Users do not sign in from this network." in refused.stderr
        assert own.sftp("ls /\n").returncode == 0
        assert soon(lambda: ("", "not-from-here") in results(own, "sign-in"))
        assert results(own, "sign-in").count(("", "not-from-here")) == 1
        change(own, "INSERT INTO ssh_rules VALUES ('127.0.0.0/8', 'x', 'now')")
        assert own.ssh("exit", "5").returncode == 5
    finally:
        change(own, "DELETE FROM ssh_rules")
    assert own.ssh("exit", "5").returncode == 5


def test_the_banner_is_shown_once_before_signing_in(own: OpenDoor) -> None:
    change(own, "INSERT INTO banner VALUES (1, 'For staff only.\nBye.\n', 'now')")
    try:
        shown = subprocess.run(
            ["ssh", "-F", own.config, "-o", "LogLevel=INFO", "box", "exit", "5"], capture_output=True, check=False
        )
        assert (shown.returncode, shown.stderr) == (5, b"For staff only.\nBye.\n")
    finally:
        change(own, "DELETE FROM banner")
    assert own.ssh("exit", "5").stderr == b""


def audit(door: OpenDoor) -> dict[str, set[str]]:
    """Return what ssh-audit fails and warns of, by name."""
    program = Path(sys.executable).with_name("ssh-audit")
    said = subprocess.run(
        [program, "--skip-rate-test", "-jj", "-p", str(door.port), "127.0.0.1"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    report = json.loads(said.stdout)
    entries = [entry for kind in ("kex", "key", "enc", "mac") for entry in report[kind]]
    assert entries
    return {
        grade: {entry["algorithm"] for entry in entries if grade in entry.get("notes", {})}
        for grade in ("fail", "warn")
    }


def test_post_quantum_only_leaves_ssh_audit_nothing_to_say(own: OpenDoor) -> None:
    settle(own, 1, 0)
    try:
        assert audit(own) == {"fail": set(), "warn": set()}
        assert own.ssh("exit", "5").returncode == 255
    finally:
        settle(own, 0, 0)
    assert audit(own) == {"fail": set(), "warn": set(CURVES)}


@pytest.mark.parametrize(
    "option",
    [
        "KexAlgorithms=ecdh-sha2-nistp256",
        "Ciphers=chacha20-poly1305@openssh.com",
        "MACs=hmac-sha2-512",
    ],
)
def test_an_old_algorithm_is_offered_by_decision_and_written_down_when_used(own: OpenDoor, option: str) -> None:
    words = ["ssh", "-o", option, "-F", own.config, "box", "exit", "5"]
    if option.startswith("MACs"):
        words[1:1] = ["-o", "Ciphers=aes128-ctr"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 255
    settle(own, 0, 1)
    try:
        assert subprocess.run(words, capture_output=True, check=False).returncode == 5
        name = option.partition("=")[2]
        assert soon(lambda: (name, "done") in results(own, "old-algorithm"))
    finally:
        settle(own, 0, 0)


def test_neither_sha_1_nor_finite_fields_are_ever_offered() -> None:
    for pq in (False, True):
        for old in (False, True):
            names = [name for some in offered(Terms(post_quantum_only=pq, old_clients=old)).values() for name in some]
            assert not [
                name for name in names if "sha1" in name or "diffie" in name or "cbc" in name or "md5" in name
            ]
            assert bool(OLD.intersection(names)) is old


def test_the_setting_of_before_becomes_a_policy(tmp_path: Path) -> None:
    before = next(version for version, script in enumerate(MIGRATIONS) if "PostQuantumOnly" in script)
    with closing(sqlite3.connect(tmp_path / "appliance.db")) as old:
        old.executescript(dump_of(before).read_text())
    with closing(connect(tmp_path / "appliance.db", 1.0)) as connection:
        row = connection.execute("SELECT value FROM policies WHERE name = ?", (POST_QUANTUM_ONLY.name,)).fetchone()
        assert row["value"] == 1


def test_forwarding_is_refused_and_written_down(own: OpenDoor) -> None:
    words = ["ssh", "-F", own.config, "-W", "127.0.0.1:1", "box"]
    assert subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 255
    assert soon(lambda: results(own, "forwarding") == [("", "not-offered")])
    words = ["ssh", "-F", own.config, "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1", "box", "exit", "5"]
    assert subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 255
    assert soon(lambda: results(own, "remote forwarding") == [("", "not-offered")])
    words = ["ssh-agent", "ssh", "-o", "IdentityAgent=SSH_AUTH_SOCK", "-F", own.config, "-A", "box", "exit", "5"]
    agent = subprocess.run(words, capture_output=True, check=False)
    assert agent.returncode == 5
    assert soon(lambda: results(own, "agent") == [("", "not-offered")])


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"])
def test_openssh_learns_every_host_key_whichever_it_came_by(own: OpenDoor, tmp_path: Path, algorithm: str) -> None:
    lines = [(own.appliance.ssh / f"ssh_host_{kind}_key.pub").read_text().split()[:2] for kind in ("ed25519", "rsa")]
    came_by = lines[0 if algorithm == "ssh-ed25519" else 1]
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{own.port} {' '.join(came_by)}\n")
    wanted = ",".join(dict.fromkeys((algorithm, "ssh-ed25519", "rsa-sha2-512")))
    options = {"UserKnownHostsFile": known, "UpdateHostKeys": "yes", "HostKeyAlgorithms": wanted}
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]

    def pinned() -> list[list[str]]:
        return sorted(line.split()[1:] for line in known.read_text().splitlines())

    with subprocess.Popen(["ssh", *words, "-F", own.config, "box", "cat"], stdin=subprocess.PIPE) as client:
        assert soon(lambda: pinned() == sorted(lines))
        client.communicate(timeout=60)
    assert client.returncode == 0


async def test_who_asks_for_proofs_on_and_on_gets_a_few_and_none_of_a_key_that_is_not_here(own: OpenDoor) -> None:
    async with asyncssh.connect(
        "127.0.0.1", own.port, username="tanadmin", client_keys=[str(own.directory / "id")], known_hosts=None,
        config=None, agent_path=None,
    ) as connection:  # fmt: skip
        key = asyncssh.read_public_key(own.appliance.ssh / "ssh_host_ed25519_key.pub").public_data
        other = asyncssh.generate_private_key("ssh-ed25519").public_data
        ask = connection._make_global_request
        kinds = [(await ask(b"hostkeys-prove-00@openssh.com", String(one)))[0] for one in (other, *[key] * 5)]
        assert kinds == [MSG_REQUEST_FAILURE, *[MSG_REQUEST_SUCCESS] * (MOST_PROOFS - 1), *[MSG_REQUEST_FAILURE] * 2]


async def test_a_flood_of_what_is_refused_fills_no_audit(own: OpenDoor) -> None:
    async with asyncssh.connect(
        "127.0.0.1", own.port, username="tanadmin", client_keys=[str(own.directory / "id")], known_hosts=None,
        config=None, agent_path=None,
    ) as connection:  # fmt: skip
        before = len(results(own, "forwarding"))
        for _ in range(MOST_REFUSALS + 20):
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_connection("127.0.0.1", 1)
        environment = {f"LC_{'A' * 200}{number}": "x" * 1000 for number in range(300)}
        told = json.loads(str((await connection.run("show", env=environment, check=True)).stdout))
        assert len(json.dumps(told["environ"])) < 1000
    assert soon(lambda: len(results(own, "forwarding")) == before + MOST_REFUSALS)
    last = "SELECT after FROM audit WHERE verb = 'sign-out' ORDER BY id DESC"
    assert soon(lambda: "refusals not written" in str(own.appliance.store.rows(last)[0]["after"]))
