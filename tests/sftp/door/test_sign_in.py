"""Who comes in and who does not, and that both are written down."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from sftp.channel import Channel
from sftp.clerk import Clerk
from sftp.guest import Guest
from sftp.house import MOST_SESSIONS, House
from sftp.sign_in import SignIn
from sftp.warm import WarmParent
from tanos.actor import system_call
from tanos.platform import UserRole
from tanos.users.accounts import add_user, remove_user
from tests.conftest import ZS1, bare_appliance
from tests.sftp.door.conftest import PASSWORD, OpenDoor
from tests.sftp.door.processes import soon

pytestmark = pytest.mark.door


class Typist(asyncssh.SSHClient):
    """Answers keyboard-interactive questions with one password after the other."""

    def __init__(self, *passwords: str) -> None:
        self.passwords = list(passwords)
        self.prompts: list[Sequence[tuple[str, bool]]] = []

    def kbdint_auth_requested(self) -> str | None:
        return "" if self.passwords else None

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str]:
        self.prompts.append(prompts)
        return [self.passwords.pop(0)] if prompts else []


async def sign_in(door: OpenDoor, user: str, typist: asyncssh.SSHClient | None = None, **options: Any) -> str:
    """Sign in, run a verb, and return what it printed."""
    connection = await asyncssh.connect(
        "127.0.0.1",
        door.port,
        username=user,
        client_factory=(lambda: typist) if typist else None,
        known_hosts=str(door.directory / "known_hosts"),
        config=None,
        **{"client_keys": None, "agent_path": None, **options},
    )
    async with connection:
        result = await connection.run("show", check=True)
    return str(result.stdout)


def last_records(door: OpenDoor, count: int) -> list[tuple[str, str, str, str]]:
    """Return user, verb, after and result of the newest audit records, oldest first."""
    rows = door.appliance.store.rows("SELECT * FROM audit ORDER BY id DESC LIMIT ?", count)
    return [(row["user"], row["verb"], row["after"], row["result"]) for row in reversed(rows)]


async def test_a_password_is_asked_for_unseen_and_lets_in(door: OpenDoor) -> None:
    typist = Typist(PASSWORD)

    told = json.loads(await sign_in(door, "tanadmin", typist))

    assert typist.prompts == [[("Password: ", False)]]
    assert (told["user"], told["key"]) == ("tanadmin", "")
    assert soon(lambda: ("tanadmin", "sign-in", "password", "done") in last_records(door, 4))


async def test_a_wrong_password_is_asked_for_again_and_written_down(door: OpenDoor) -> None:
    typist = Typist("wrong", "wrong again", PASSWORD)

    await sign_in(door, "tanadmin", typist)

    assert len(typist.prompts) == 3
    assert soon(lambda: ("tanadmin", "sign-in", "", "wrong-password") in last_records(door, 8))


@pytest.mark.parametrize("user", ["tancopy", "nobody", "root", "tanadmin' OR '1'='1"])
async def test_a_password_does_not_let_in_those_who_have_none(door: OpenDoor, user: str) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        await sign_in(door, user, Typist(PASSWORD))


async def test_tancopy_is_offered_keys_only_and_nobody_the_password_method(door: OpenDoor) -> None:
    assert await _methods(door, "tancopy") == ["publickey"]
    assert await _methods(door, "tanadmin") == ["publickey", "keyboard-interactive"]
    assert await _methods(door, "nobody") == ["publickey", "keyboard-interactive"]


async def test_users_with_keys_only_cannot_be_told_from_others(door: OpenDoor) -> None:
    appliance = door.appliance
    with appliance.store.change(system_call(appliance, "test")) as change:
        kept = change.execute("SELECT password_hash FROM users WHERE name = 'tanadmin'").fetchone()[0]
        change.execute("UPDATE users SET password_hash = NULL WHERE name = 'tanadmin'")
    try:
        assert await _methods(door, "tanadmin") == await _methods(door, "nobody") == ["publickey"], "there is none"
        with appliance.store.change(system_call(appliance, "test")) as change:
            add_user(change, "other", UserRole.TANUSER, kept)
        for name in ("tanadmin", "other", "nobody"):
            assert await _methods(door, name) == ["publickey", "keyboard-interactive"]
    finally:
        with appliance.store.change(system_call(appliance, "test")) as change:
            change.execute("UPDATE users SET password_hash = ? WHERE name = 'tanadmin'", kept)
            remove_user(change, "other")


async def test_fifty_guesses_at_once_are_no_faster_and_keep_nobody_else_out(door: OpenDoor) -> None:
    async def guess() -> None:
        with suppress(asyncssh.Error):
            await sign_in(door, "tanadmin", Typist("wrong"))

    def said(result: str) -> int:
        count = "SELECT count(*) FROM audit WHERE verb = 'sign-in' AND result = ?"
        return int(door.appliance.store.rows(count, result)[0][0])

    before = said("too-many-guesses")
    guesses = [asyncio.create_task(guess()) for _ in range(50)]
    await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED)

    assert await asyncio.wait_for(sign_in(door, "tanadmin", Typist(PASSWORD), local_addr=("127.0.0.2", 0)), 60)
    await asyncio.wait(guesses)
    assert await asyncio.to_thread(soon, lambda: said("too-many-guesses") > before)


async def test_a_guess_counts_although_its_connection_is_given_up(door: OpenDoor) -> None:
    def wrong() -> int:
        count = "SELECT count(*) FROM audit WHERE result = 'wrong-password' AND user = 'given-up'"
        return int(door.appliance.store.rows(count)[0][0])

    class Leaving(Typist):
        def kbdint_challenge_received(self, *arguments: Any) -> list[str]:
            asyncio.get_running_loop().call_soon(self.connection.abort)
            return super().kbdint_challenge_received(*arguments)

        def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
            self.connection = conn

    with pytest.raises((asyncssh.Error, OSError)):
        await sign_in(door, "given-up", Leaving("wrong"))

    assert await asyncio.to_thread(soon, lambda: wrong() == 1)


async def test_too_many_wrong_passwords_end_the_connection(door: OpenDoor) -> None:
    typist = Typist(*[f"wrong {number}" for number in range(20)])

    with pytest.raises(asyncssh.DisconnectError):
        await asyncio.wait_for(sign_in(door, "nobody", typist), 60)

    assert len(typist.prompts) == 6


async def test_an_unknown_key_does_not_let_in_not_even_certified_by_a_known_one(door: OpenDoor) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    known = asyncssh.read_private_key(door.directory / "id")
    certificate = known.generate_user_certificate(stranger, "id", principals=["tanadmin"])

    for offered in (stranger, (stranger, certificate)):
        with pytest.raises(asyncssh.PermissionDenied):
            await sign_in(door, "tanadmin", client_keys=[offered])


async def test_a_disabled_user_does_not_come_in(door: OpenDoor) -> None:
    appliance = door.appliance
    with appliance.store.change(system_call(appliance, "test")) as change:
        change.execute("UPDATE users SET disabled = 1 WHERE name = 'tanadmin'")
    try:
        assert door.ssh("exit", "5").returncode == 255
        with pytest.raises(asyncssh.PermissionDenied):
            await sign_in(door, "tanadmin", Typist(PASSWORD))
    finally:
        with appliance.store.change(system_call(appliance, "test")) as change:
            change.execute("UPDATE users SET disabled = 0 WHERE name = 'tanadmin'")
    assert door.ssh("exit", "5").returncode == 5


async def test_an_rsa_key_signs_with_sha2_only(door: OpenDoor) -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    authorise(door, key)

    assert await sign_in(door, "tanadmin", client_keys=[key])
    with pytest.raises((asyncssh.PermissionDenied, asyncssh.DisconnectError)):
        await sign_in(door, "tanadmin", client_keys=[key], signature_algs=["ssh-rsa", "ssh-ed25519"])


def test_signing_in_by_key_and_leaving_are_written_down(door: OpenDoor) -> None:
    door.ssh("exit", "0")

    wanted = [("tanadmin", "sign-in", "key", "done"), ("tanadmin", "sign-out", "", "done")]
    assert soon(lambda: last_records(door, 2) == wanted)
    row = door.appliance.store.rows("SELECT * FROM audit ORDER BY id DESC LIMIT 1")[0]
    assert (row["address"], row["key"][:7], row["face"]) == ("127.0.0.1", "SHA256:", "door")


def test_what_was_done_to_files_is_written_down_with_their_sizes(door: OpenDoor) -> None:
    (door.directory / "audited").write_bytes(b"x" * 77)
    source = door.directory / "audited"
    batch = f"put {source} /incoming/a\nrename /incoming/a /incoming/b\nget /incoming/b {source}\nrm /incoming/b\n"

    door.sftp(batch + "-put /etc/hostname /outgoing/x\n-mkdir /incoming/d\n")

    def records() -> list[tuple[str, str, str, str]]:
        rows = door.appliance.store.rows("SELECT * FROM audit WHERE face = 'files' ORDER BY id DESC LIMIT 5")
        return [(row["verb"], row["object"], row["after"], row["result"]) for row in reversed(rows)]

    assert soon(lambda: len(records()) == 5 and records()[-1][0] == "files refused")
    put, *done = records()[:4]
    refused = records()[4]
    assert re.fullmatch(r"77 bytes, unknown, sha256 [0-9a-f]{64}, R-[0-9a-f]{12}", put[2])
    assert (*put[:2], put[3]) == ("files put", "/incoming/a", "done")
    assert done == [
        ("files rename", "/incoming/a", "/incoming/b", "done"),
        ("files get", "/incoming/b", "77 bytes", "done"),
        ("files remove", "/incoming/b", "", "done"),
    ]
    assert (refused[1], refused[3]) == ("/outgoing/x", "not-allowed")


def test_forty_sign_ins_at_once_all_come_in(door: OpenDoor) -> None:
    clients = [
        subprocess.Popen(["ssh", "-F", door.config, "box", "exit", "5"], stdin=subprocess.DEVNULL) for _ in range(40)
    ]

    assert [client.wait(120) for client in clients] == [5] * 40


async def test_only_so_many_channels_are_open_at_once(door: OpenDoor) -> None:
    async with asyncssh.connect(
        "127.0.0.1",
        door.port,
        username="tanadmin",
        client_keys=[str(door.directory / "id")],
        known_hosts=None,
        config=None,
    ) as connection:
        processes = [await connection.create_process("sleep") for _ in range(16)]
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process("sleep")
        processes[0].close()
        await processes[0].wait_closed()
        assert (await connection.run("exit 5")).exit_status == 5


def test_a_user_has_so_many_sessions_open_and_no_more(tmp_path: Path) -> None:
    appliance = bare_appliance(tmp_path, ZS1)
    house = House(appliance, WarmParent(tmp_path), Clerk(appliance), Clerk(appliance))
    crowd = [SignIn(house) for _ in range(MOST_SESSIONS // 16)]
    late, other = SignIn(house), SignIn(house)
    for number, one in enumerate([*crowd, late, other]):
        house.guests[one] = None
        name = "other" if number > len(crowd) else "tanadmin"
        one.guest = Guest(appliance, name, UserRole.TANADMIN, "127.0.0.1", "", str(number))
    for one in crowd:
        for _ in range(16):
            one._open_channels.add(Channel(one.guest, house.warm, house.records, set()))  # type: ignore[arg-type]  # set above

    with pytest.raises(asyncssh.ChannelOpenError, match="too many sessions"):
        late.session_requested()
    assert isinstance(other.session_requested(), Channel)
    crowd[0]._open_channels.clear()
    assert isinstance(late.session_requested(), Channel)


def test_ssh_audit_finds_no_failure_and_warns_of_curve25519_only(door: OpenDoor) -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("ssh-audit"), "--skip-rate-test", "-jj", "-p", str(door.port), "127.0.0.1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    report = json.loads(result.stdout)
    noted = [
        (kind, entry["algorithm"], entry.get("notes", {}))
        for kind in ("kex", "key", "enc", "mac")
        for entry in report[kind]
    ]
    assert noted
    assert not [entry for entry in noted if "fail" in entry[2]]
    assert {name for _, name, notes in noted if "warn" in notes} == {
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
    }


def authorise(door: OpenDoor, key: asyncssh.SSHKey) -> None:
    """Let a key sign in as tanadmin."""
    from tanos.keys.authorized import authorize
    from tanos.keys.public_key import read_pasted_key

    call = system_call(door.appliance, "test")
    with door.appliance.store.change(call) as change:
        authorize(change, call, "tanadmin", read_pasted_key(key.export_public_key())[0])


async def _methods(door: OpenDoor, user: str) -> list[str]:
    words = ["ssh", "-F", door.config, "-o", "PreferredAuthentications=none", f"{user}@127.0.0.1", "-v", "-p"]
    process = await asyncio.create_subprocess_exec(
        *words,
        str(door.port),
        "-o",
        "LogLevel=DEBUG1",
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    lines = [line for line in said.decode().splitlines() if "Authentications that can continue" in line]
    return lines[0].rpartition(": ")[2].strip().split(",")
