"""A password that was given, or is too old, is changed within the sign-in by it; keys never are asked."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import asyncssh
import pytest

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.policy.accounts import LOCKOUT_FAILURES
from tanos.users.accounts import known_user
from tanos.users.lockout import lock_of
from tanos.users.new_password import RESET_USER
from tests.sftp.door.conftest import PASSWORD, OpenDoor, a_door, make_home
from tests.sftp.door.processes import soon
from tests.sftp.door.test_sign_in import sign_in
from tests.tanos.users.acting import by, do, everything_written

pytestmark = pytest.mark.door
NEW = "Zebra-Kettle-4"


class Answering(asyncssh.SSHClient):
    """Gives one round of answers after the other, and remembers what was asked."""

    def __init__(self, *rounds: Sequence[str]) -> None:
        self.rounds = list(rounds)
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def kbdint_auth_requested(self) -> str | None:
        return "" if self.rounds else None

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        self.asked.append((instructions, tuple(prompt for prompt, _ in prompts)))
        assert not any(seen for _, seen in prompts)
        if not prompts:
            return []
        return list(self.rounds.pop(0)) if self.rounds else None


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door whose passwords are locked as they are by default."""
    directory = tmp_path_factory.mktemp("fresh")
    appliance = make_home(directory)
    with appliance.store.change(system_call(appliance, "policy set")) as change:
        LOCKOUT_FAILURES.write(change, LOCKOUT_FAILURES.default)
    with a_door(directory, appliance) as opened:
        yield opened


async def given(appliance: Appliance) -> str:
    """Have the password of tanadmin reset; return the random one."""
    return str((await do(RESET_USER, by(appliance), user="tanadmin", keys_only=False)).data["password"])


async def test_a_given_password_is_changed_in_the_same_dialogue(fresh: OpenDoor) -> None:
    first = await given(fresh.appliance)
    client = Answering([first], ["short", "short"], [NEW, "other"], [first, first], [NEW, NEW])

    assert await sign_in(fresh, "tanadmin", client)

    assert [prompts for _, prompts in client.asked] == [
        ("Password: ",),
        *[("New password: ", "New password again: ")] * 4,
    ]
    told = [instructions for instructions, _ in client.asked]
    assert "choose your own" in told[1]
    assert "shorter than 10 characters" in told[2]
    assert "no upper-case letter" in told[2]
    assert "not the same" in told[3]
    assert "yours before" in told[4]
    assert not known_user(fresh.appliance, "tanadmin").must_change
    assert await sign_in(fresh, "tanadmin", Answering([NEW]))
    written = everything_written(fresh.appliance)
    assert "password set" in written
    assert NEW not in written
    assert first not in written


async def test_who_leaves_the_dialogue_is_not_in_and_the_given_password_stays(fresh: OpenDoor) -> None:
    first = await given(fresh.appliance)
    with pytest.raises(asyncssh.Error):
        await sign_in(fresh, "tanadmin", Answering([first]))
    assert known_user(fresh.appliance, "tanadmin").must_change
    assert await sign_in(fresh, "tanadmin", Answering([first], [NEW + "5", NEW + "5"]))


async def test_after_six_choices_in_vain_the_connection_ends(fresh: OpenDoor) -> None:
    first = await given(fresh.appliance)
    client = Answering([first], *[["no", "no"]] * 20)
    with pytest.raises(asyncssh.Error):
        await asyncio.wait_for(sign_in(fresh, "tanadmin", client), 90)
    assert len(client.asked) == 7


async def test_a_key_and_its_verbs_are_never_asked(fresh: OpenDoor) -> None:
    await given(fresh.appliance)
    assert fresh.ssh("exit", "5").returncode == 5


async def test_a_name_that_changes_between_the_rounds_takes_nothing_along(fresh: OpenDoor) -> None:
    first = await given(fresh.appliance)
    client = Answering([first])
    with pytest.raises(asyncssh.Error):
        await sign_in(fresh, "tanadmin", client)
    with pytest.raises(asyncssh.Error):
        await sign_in(fresh, "erika", Answering([NEW, NEW]))
    assert known_user(fresh.appliance, "tanadmin").must_change


SCRIPT = """
set timeout 60
spawn -noecho {command}
expect -nocase "password: " {{ send "{first}\\r" }}
expect "New password: " {{ send "{new}\\r" }}
expect "New password again: " {{ send "{new}\\r" }}
expect "READY" {{ puts "\\nCAME IN" }}
send "exit 5\\r"
expect eof
"""


@pytest.mark.parametrize("client", ["ssh", "plink"])
async def test_real_clients_are_led_through_it(fresh: OpenDoor, client: str, tmp_path: Path) -> None:
    for needed in ("expect", client):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed")
    first, new = await given(fresh.appliance), f"Zebra-{client.title()}-77x"
    words = {
        "ssh": f"ssh -t -F {fresh.config} -o BatchMode=no -o PubkeyAuthentication=no -o IdentityFile=none box",
        "plink": f"plink -ssh -t -no-antispoof -noagent -hostkey {_host_key(fresh)} -P {fresh.port}"
        " tanadmin@127.0.0.1",
    }
    script = tmp_path / "script"
    script.write_text(SCRIPT.format(command=words[client], first=first, new=new))

    said = await asyncio.to_thread(_acted, script)

    assert "CAME IN" in said, said
    assert not known_user(fresh.appliance, "tanadmin").must_change
    assert await sign_in(fresh, "tanadmin", Answering([new]))


async def test_a_locked_password_is_answered_as_a_wrong_one_and_a_key_still_comes_in(fresh: OpenDoor) -> None:
    first = await given(fresh.appliance)
    with pytest.raises(asyncssh.Error):
        await sign_in(fresh, "tanadmin", Answering(["a"], ["b"], ["c"]))
    assert await asyncio.to_thread(soon, lambda: lock_of(fresh.appliance, "tanadmin") is not None)
    client = Answering([first])
    with pytest.raises(asyncssh.PermissionDenied):
        await sign_in(fresh, "tanadmin", client)
    assert client.asked == [("", ("Password: ",))]
    assert fresh.ssh("exit", "5").returncode == 5
    locked_out = "SELECT 1 FROM audit WHERE verb = 'sign-in' AND result = 'locked-out'"
    assert await asyncio.to_thread(soon, lambda: bool(fresh.appliance.store.rows(locked_out)))
    again = await given(fresh.appliance)
    assert await sign_in(fresh, "tanadmin", Answering([again], [PASSWORD + "-x", PASSWORD + "-x"]))


def _host_key(door: OpenDoor) -> str:
    shown = subprocess.run(
        ["ssh-keygen", "-lf", door.appliance.ssh / "ssh_host_ed25519_key.pub"],
        capture_output=True,
        text=True,
        check=True,
    )
    return shown.stdout.split()[1]


def _acted(script: Path) -> str:
    environment = {"HOME": str(script.parent), "PATH": "/usr/bin:/bin", "TERM": "xterm"}
    return subprocess.run(
        ["expect", script], capture_output=True, text=True, timeout=240, check=False, env=environment
    ).stdout


class Overtaken(Answering):
    """While it chooses a password, an administrator gives another one; it goes on all the same."""

    def __init__(self, appliance: Appliance, *rounds: Sequence[str]) -> None:
        super().__init__(*rounds)
        self.appliance = appliance
        self.given = ""

    async def kbdint_challenge_received(  # type: ignore[override] # the library awaits it
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        if len(prompts) == 2 and not self.given:
            self.given = await given(self.appliance)
        return super().kbdint_challenge_received(name, instructions, lang, prompts)


async def test_a_dialogue_that_a_former_password_opened_replaces_no_later_one(fresh: OpenDoor) -> None:
    first = await given(fresh.appliance)
    thief = Overtaken(fresh.appliance, [first], ["Taken-Over-77", "Taken-Over-77"])
    with pytest.raises(asyncssh.PermissionDenied):
        await sign_in(fresh, "tanadmin", thief)
    assert known_user(fresh.appliance, "tanadmin").must_change
    assert await sign_in(fresh, "tanadmin", Answering([thief.given], [NEW + "77", NEW + "77"]))
