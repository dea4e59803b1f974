"""Codes of a second device at the door: with the password in one dialogue, after a key where a policy wants it."""

import asyncio
import shutil
import subprocess
import time
from base64 import b32decode
from collections.abc import Iterator, Sequence
from pathlib import Path

import asyncssh
import pytest

from sftp.tuning import hold_back
from tanos.secret import Secret
from tanos.users.code_actions import CONFIRM_DEVICE, ENROL_DEVICE, EXEMPT_USER, FORGET_DEVICE, INCLUDE_USER
from tanos.users.codes import code_at, factor_of
from tests.sftp.door.conftest import PASSWORD, OpenDoor, a_door, make_home
from tests.sftp.door.test_first_password import Answering
from tests.sftp.door.test_sign_in import sign_in
from tests.tanos.users.acting import by, do, everything_written
from tests.tanos.users.test_own_password import decide

pytestmark = pytest.mark.door
COLUMNS = 80
"""Of the terminal that a client writes instructions to as they are: what is longer is broken within words."""
BOTH = ("Password: ", "Code (leave it empty if you have no device): ")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door of its own: what it asks for changes."""
    directory = tmp_path_factory.mktemp("codes")
    with a_door(directory, make_home(directory)) as opened:
        yield opened


class Device:
    """Shows codes, each a half minute further than the last, as far as that is forgiven; it waits for the next."""

    def __init__(self, secret: str) -> None:
        self.secret = Secret(b32decode(secret))
        self._shown = 0

    def code(self) -> str:
        """Return a code that was not shown before."""
        while (step := max(self._shown + 1, int(time.time()) // 30)) > int(time.time()) // 30 + 1:
            time.sleep(0.5)
        self._shown = step
        return code_at(self.secret, step).decode()


async def forgotten(door: OpenDoor) -> None:
    """Begin with no device and nothing required."""
    await decide(door.appliance, "mfa-required", 0)
    await decide(door.appliance, "mfa-keys", 0)
    await do(INCLUDE_USER, by(door.appliance), user="tanadmin")
    await do(FORGET_DEVICE, by(door.appliance), user="tanadmin")
    with door.appliance.store.change(by(door.appliance)) as change:
        change.execute("UPDATE users SET totp_step = 0")


async def enrolled(door: OpenDoor) -> Device:
    """Enrol a device of tanadmin from within."""
    await forgotten(door)
    device = Device(str((await do(ENROL_DEVICE, by(door.appliance))).data["secret"]))
    now = int(time.time()) // 30
    await do(CONFIRM_DEVICE, by(door.appliance), code=Secret(code_at(device.secret, now - 1)))
    return device


async def test_password_and_code_are_one_question_and_nobody_learns_which_was_wrong(door: OpenDoor) -> None:
    device = await enrolled(door)
    code = device.code()
    client = Answering(["wrong", code], [PASSWORD, "000000"], [PASSWORD, ""], [PASSWORD, code])

    assert await sign_in(door, "tanadmin", client)

    assert client.asked == [("", BOTH)] * 4
    stranger = Answering(["wrong", "123456"])
    with pytest.raises(asyncssh.PermissionDenied):
        await sign_in(door, "nobody", stranger)
    assert stranger.asked == [("", BOTH)]
    with pytest.raises(asyncssh.PermissionDenied):
        await sign_in(door, "tanadmin", Answering([PASSWORD, code]))
    written = everything_written(door.appliance)
    assert "wrong-code" in written
    assert code not in written


async def test_who_has_no_device_enrols_one_at_the_first_sign_in_that_requires_it(door: OpenDoor) -> None:
    await forgotten(door)
    await decide(door.appliance, "mfa-required", 1)
    client = Enrolling([PASSWORD, ""], ["000000"])

    assert await sign_in(door, "tanadmin", client)

    assert [prompts for _, prompts in client.asked] == [BOTH, *[("Code of the device: ",)] * 2]
    lines = client.asked[1][0].splitlines()
    (link,) = [line for line in lines if line.startswith("otpauth://totp/")]
    assert link.count(" ") == 0
    assert all(len(line) < COLUMNS for line in lines if line != link)
    assert "no code of this secret" in client.asked[2][0]
    factor = factor_of(door.appliance, "tanadmin")
    assert factor is not None
    assert factor.secret is not None
    assert factor.secret.same(client.secret)
    assert ("mfa confirm", "enrolled") in [
        tuple(row) for row in door.appliance.store.rows("SELECT verb, after FROM audit")
    ]


async def test_a_device_that_was_enrolled_meanwhile_is_not_replaced_by_who_has_the_password_alone(
    door: OpenDoor,
) -> None:
    await forgotten(door)
    await decide(door.appliance, "mfa-required", 1)
    owner = Enrolling([PASSWORD, ""], ["000000"])

    class Thief(Enrolling):
        async def kbdint_challenge_received(  # type: ignore[override] # the library awaits it
            self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
        ) -> list[str] | None:
            if len(self.asked) == 2:
                assert await sign_in(door, "tanadmin", owner)
            return super().kbdint_challenge_received(name, instructions, lang, list(prompts))

    with pytest.raises(asyncssh.PermissionDenied):
        await sign_in(door, "tanadmin", Thief([PASSWORD, ""], ["000000"]))

    factor = factor_of(door.appliance, "tanadmin")
    assert factor is not None
    assert factor.secret is not None
    assert factor.secret.same(owner.secret)


async def test_keys_and_verbs_by_key_are_asked_for_nothing_unless_the_policy_says_so(door: OpenDoor) -> None:
    await enrolled(door)
    await decide(door.appliance, "mfa-required", 1)
    assert door.ssh("exit", "5").returncode == 5


async def test_after_a_key_a_code_is_wanted_before_anything_opens(door: OpenDoor) -> None:
    device = await enrolled(door)
    await decide(door.appliance, "mfa-keys", 1)
    assert door.ssh("exit", "5").returncode == 255, "nobody is there to type a code"
    assert door.sftp("pwd\n").returncode == 0, "tancopy is for machines"
    keys = {"client_keys": [str(door.directory / "id")]}
    client = Answering(["000000"], [device.code()])

    told = await sign_in(door, "tanadmin", client, **keys)

    assert client.asked == [("", ("Code: ",))] * 2
    assert '"key": "SHA256:' in told
    stranger = Answering([PASSWORD, ""])
    with pytest.raises(asyncssh.PermissionDenied):
        await sign_in(door, "tanadmin", stranger)
    await do(EXEMPT_USER, by(door.appliance), user="tanadmin")
    assert door.ssh("exit", "5").returncode == 5


async def test_a_code_alone_is_no_proof_nor_is_one_of_another_user(door: OpenDoor) -> None:
    device = await enrolled(door)
    await decide(door.appliance, "mfa-keys", 1)
    for rounds in ([[device.code()]], [["", device.code()]]):
        with pytest.raises(asyncssh.PermissionDenied):
            await sign_in(door, "tanadmin", Answering(*rounds))


SCRIPT = """
set timeout 60
spawn -noecho ssh -t -F {config} -o BatchMode=no {options} box
expect {{
    "Password: " {{ send "{password}\\r"; exp_continue }}
    "Code" {{ expect ": " {{ send "{code}\\r" }} }}
}}
expect "READY" {{ puts "\\nCAME IN" }}
send "exit 5\\r"
expect eof
"""


@pytest.mark.parametrize("way", ["password", "key"])
async def test_openssh_signs_in_with_a_code(door: OpenDoor, way: str, tmp_path: Path) -> None:
    if shutil.which("expect") is None:
        pytest.skip("expect is not installed")
    device = await enrolled(door)
    await decide(door.appliance, "mfa-keys", 1)
    options = (
        "-o PubkeyAuthentication=no"
        if way == "password"
        else "-o PreferredAuthentications=publickey,keyboard-interactive"
    )
    script = tmp_path / "script"
    script.write_text(
        SCRIPT.format(
            config=door.config, options=options, password=PASSWORD, code=await asyncio.to_thread(device.code)
        )
    )
    assert "CAME IN" in await asyncio.to_thread(_acted, script)


def _acted(script: Path) -> str:
    environment = {"HOME": str(script.parent), "PATH": "/usr/bin:/bin", "TERM": "xterm"}
    return subprocess.run(
        ["expect", script], capture_output=True, text=True, timeout=240, check=False, env=environment
    ).stdout


class Enrolling(Answering):
    """Adds the secret that is shown to a device, and types its code after the given answers."""

    secret = Secret(b"")

    def kbdint_challenge_received(
        self,
        name: str,
        instructions: str,
        lang: str,
        prompts: "list[tuple[str, bool]]",  # type: ignore[override] # as it is called
    ) -> list[str] | None:
        if not self.rounds and "otpauth" in instructions:
            lines = [line for line in instructions.splitlines() if len(line) == 32 and line.isalnum()]
            self.secret = Secret(b32decode(lines[0]))
            self.rounds.append([code_at(self.secret, int(time.time()) // 30).decode()])
        return super().kbdint_challenge_received(name, instructions, lang, prompts)


async def test_a_part_of_a_proof_is_told_from_the_whole() -> None:
    class Library:
        def __init__(self) -> None:
            self.sent: list[str] = []

        async def send_userauth_success(self) -> None:
            self.sent.append("success")

        def send_userauth_failure(self, partial: bool) -> None:
            self.sent.append(f"partial {partial}")

    answers = iter([True, False])
    library = Library()
    assert hasattr(asyncssh.SSHServerConnection, "send_userauth_success")
    hold_back(library, lambda: next(answers))  # type: ignore[arg-type] # the two methods are all it has
    await library.send_userauth_success()
    await library.send_userauth_success()
    assert library.sent == ["partial True", "success"]
