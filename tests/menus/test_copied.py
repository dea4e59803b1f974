"""`ssh-copy-id` as it is installed here, to a real door: its keys go the way of every other key."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from menus.copied import is_copy_of_keys
from tanos.actor import system_call
from tanos.keys.authorized import authorized_keys
from tanos.keys.public_key import read_line
from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.tanos.keys.forms import data

PROGRAM = shutil.which("ssh-copy-id")
pytestmark = [pytest.mark.door, pytest.mark.skipif(PROGRAM is None, reason="ssh-copy-id is not installed")]
SENT = (
    """exec sh -c 'cd; umask 077; mkdir -p ".ssh" && { [ -z `tail -1c .ssh/authorized_keys 2>/dev/null` ] || echo """
    """>> ".ssh/authorized_keys" || exit 1; } && cat >> ".ssh/authorized_keys" || exit 1; if type restorecon """
    """>/dev/null 2>&1; then restorecon -F ".ssh" ".ssh/authorized_keys"; fi '"""
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door with the real menus behind it."""
    directory = tmp_path_factory.mktemp("copied")
    (directory / ".ssh").mkdir()
    with a_door(directory, make_home(directory), warm_module="menus.warm") as opened:
        yield opened


def copy(door: OpenDoor, key: Path, *words: str, host: str = "box") -> "subprocess.CompletedProcess[str]":
    """Run ssh-copy-id by the authorised key of a host of the door."""
    return subprocess.run(
        [str(PROGRAM), "-f", "-F", door.config, "-i", str(key), *words, host],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(door.directory)},
        timeout=60,
        check=False,
    )


def new_key(directory: Path, name: str) -> Path:
    """Make a pair; return its public file."""
    file = directory / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "erika@desk", "-f", file], check=True)
    return file.with_suffix(".pub")


def rows(door: OpenDoor, *files: Path) -> list[dict[str, object]]:
    """Return the records of these keys, without what is each key's own."""
    wanted = [read_line(file.read_text()).fingerprint for file in files]
    found = {
        row["fingerprint"]: {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row's values are its items
        for row in door.appliance.store.rows("SELECT * FROM authorized_keys WHERE user = 'tanadmin'")
    }
    own = {"id", "blob", "fingerprint", "added_at"}
    return [{name: value for name, value in found[each].items() if name not in own} for each in wanted]


def signs_in(door: OpenDoor, public: Path) -> int:
    """Try the key alone, as the program does; return the exit status."""
    words = ["ssh", "-F", door.config, "-l", "tanadmin", "-i", str(public.with_suffix("")), "visitor", "exit"]
    done = subprocess.run(words, capture_output=True, timeout=60, check=False)
    assert not done.stdout
    return done.returncode


def test_a_key_that_is_copied_signs_in_and_once_more_changes_nothing(door: OpenDoor, tmp_path: Path) -> None:
    public = new_key(tmp_path, "new")
    assert signs_in(door, public) == 255
    done = copy(door, public)
    assert done.returncode == 0, done.stderr
    assert read_line(public.read_text()).fingerprint in done.stdout
    assert signs_in(door, public) == 0
    again = copy(door, public)
    assert again.returncode == 0
    assert len(rows(door, public)) == 1


def test_each_way_to_add_a_key_gives_the_same_record(door: OpenDoor, tmp_path: Path) -> None:
    """Pasted into the menu, on standard input of a verb, by ssh-copy-id, and by a file in /incoming."""
    ways = ("menu", "limits", "verb", "copy", "file", "menu-file")
    keys = {way: new_key(tmp_path, way) for way in ways}
    picked = 1 + [user["name"] for user in door.appliance.store.rows("SELECT name FROM users ORDER BY name")].index(
        "tanadmin"
    )
    uploads = "".join(f"put {keys[way]} /incoming/{way}.pub\n" for way in ("file", "menu-file"))
    assert door.sftp(uploads).returncode == 0
    typed = (
        f"C-3-{picked}-3-2\n{keys['menu'].read_text()}yes\n"
        f"C-3-{picked}-3-4\n\n\n{keys['limits'].read_text()}yes\n"
        f"C-3-{picked}-3-5\nmenu-file.pub\nyes\nZ\n"
    )
    menu = door.ssh("menu", "--plain", data=typed.encode())
    assert menu.returncode == 0, menu.stdout
    verb = door.ssh("authorized-keys", "add", "tanadmin", "--yes", data=keys["verb"].read_bytes())
    assert verb.returncode == 0, verb.stderr
    assert copy(door, keys["copy"]).returncode == 0
    file = door.ssh("authorized-keys", "add", "tanadmin", "--from", "incoming", "--file", "file.pub", "--yes")
    assert file.returncode == 0, file.stderr

    first, *others = rows(door, *keys.values())

    assert others == [first] * (len(ways) - 1)
    assert first["added_by"] == "tanadmin"
    assert first["added_from"] == "127.0.0.1"
    assert all(signs_in(door, key) == 0 for key in keys.values())


def test_a_file_is_read_as_strictly_as_a_paste(door: OpenDoor, tmp_path: Path) -> None:
    weak, private = tmp_path / "weak.pub", new_key(tmp_path, "held").with_suffix("")
    weak.write_bytes(data("rsa1024.pub"))
    before = len(authorized_keys(door.appliance, "tanadmin"))
    door.sftp(f"put {weak} /incoming/weak.pub\nput {private} /incoming/held.pub\n")
    for name, refused in (("weak.pub", "weak-key"), ("none.pub", "missing-file"), ("../x", "bad-name")):
        words = f"authorized-keys add tanadmin --from incoming --file {name} --yes --json"
        done = door.ssh(words)
        assert (done.returncode, json.loads(done.stdout)["error"]["id"]) == (3, refused)
    assert door.ssh("authorized-keys add tanadmin --from incoming --yes").returncode == 2
    assert door.ssh("authorized-keys add tanadmin --file weak.pub --yes").returncode == 2, (
        "without --from it is stdin"
    )
    assert len(authorized_keys(door.appliance, "tanadmin")) == before


def test_what_is_refused_by_every_way_is_refused_by_this_one(door: OpenDoor, tmp_path: Path) -> None:
    before = len(authorized_keys(door.appliance, "tanadmin"))
    weak = tmp_path / "weak.pub"
    weak.write_bytes(new_key(tmp_path, "good").read_bytes() + data("rsa1024.pub"))
    done = copy(door, weak)
    assert done.returncode == 1
    assert "weak-key" in done.stderr
    assert len(authorized_keys(door.appliance, "tanadmin")) == before
    record = door.appliance.store.row("SELECT result FROM audit WHERE verb = 'authorized-keys add' ORDER BY id DESC")
    assert record is not None
    assert record["result"] == "weak-key"


@pytest.mark.parametrize(
    ("host", "words", "told"),
    [
        ("box", ("-s",), "leave out -s"),
        ("files", ("-s",), "No key is added by SFTP: a tanadmin user adds it by `authorized-keys add tancopy`."),
        ("files", (), "a tanadmin user adds keys by `authorized-keys add tancopy`."),
    ],
)
def test_where_no_key_is_copied_a_sentence_says_what_to_do(
    door: OpenDoor, tmp_path: Path, host: str, words: tuple[str, ...], told: str
) -> None:
    before = door.appliance.store.rows("SELECT fingerprint FROM authorized_keys")
    done = copy(door, new_key(tmp_path, "sftp"), *words, host=host)
    assert done.returncode != 0
    assert told in done.stderr
    assert len(door.appliance.store.rows("SELECT fingerprint FROM authorized_keys")) == len(before)


def test_a_revoked_key_is_not_copied(door: OpenDoor, tmp_path: Path) -> None:
    from tanos.keys.revoked import KEY, Mark, revoke

    public = new_key(tmp_path, "lost")
    call = system_call(door.appliance, "test")
    with door.appliance.store.change(call) as change:
        revoke(change, call, [Mark(KEY, read_line(public.read_text()).fingerprint)], "")
    done = copy(door, public)
    assert done.returncode == 1
    assert "key-revoked" in done.stderr


def test_only_the_whole_text_of_the_program_is_recognised() -> None:
    assert is_copy_of_keys(SENT)
    assert not is_copy_of_keys(SENT.replace("fi '", "fi; reboot '"))
    assert not is_copy_of_keys(SENT.replace(".ssh/authorized_keys", ".ssh/other"))
    assert not is_copy_of_keys(f"reboot; {SENT}")
    assert not is_copy_of_keys("cat >> .ssh/authorized_keys")
