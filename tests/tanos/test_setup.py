"""An appliance is made whole or not at all, and nothing that exists is touched."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.console_users.accounts import ConsoleRole
from tanos.console_users.sign_in import check as check_console
from tanos.errors import AnswerRefused, Damaged, NotYet, TanosError
from tanos.home import UNFINISHED, begin_home
from tanos.keeper import Keeper
from tanos.keys.authorized import authorized_keys
from tanos.keys.host_keys import HOST_KEYS
from tanos.platform import Identity
from tanos.secret import Secret
from tanos.setup import Made, init_appliance
from tanos.users.accounts import users
from tanos.users.password import check_password
from tests.conftest import MS1, TS1, ZS1
from tests.tanos.keys.forms import LINE


def made_with_key(home: Path, identity: Identity = ZS1) -> Made:
    """Make an appliance that a key signs in to."""
    return init_appliance(home, identity, authorized_key=LINE.encode(), password=None)


def everything(home: Path) -> dict[str, bytes]:
    """Return all files below a directory with what is in them."""
    return {str(path): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def test_a_zone_server_has_its_users_keys_and_a_random_password_that_is_told_once(tmp_path: Path) -> None:
    made = init_appliance(tmp_path / "zs1", ZS1, authorized_key=None, password=None)
    assert [(user.name, user.has_password) for user in users(made.appliance)] == [
        ("tanadmin", True),
        ("tancopy", False),
    ]
    assert made.password is not None
    assert check_password(made.appliance, "tanadmin", made.password)
    assert Keeper(made.appliance).ssh_public_line("tanadmin")
    assert all(file.exists() for file in (made.appliance.ssh / name for name in HOST_KEYS))
    held = b"".join(everything(tmp_path).values())
    assert made.password.reveal() not in held
    assert list(made.appliance.root.iterdir()) == []


def test_with_a_key_no_password_is_made(tmp_path: Path) -> None:
    made = made_with_key(tmp_path / "zs1")
    assert made.password is None
    assert [key.line for key in authorized_keys(made.appliance, "tanadmin")] == [LINE]
    assert authorized_keys(made.appliance, "tancopy") == []
    assert not users(made.appliance)[0].has_password


def test_with_a_password_it_signs_in_and_no_other_is_made(tmp_path: Path) -> None:
    password = Secret("Correct-Horse-1")
    made = init_appliance(tmp_path / "zs1", ZS1, authorized_key=None, password=password)
    assert made.password is None
    assert check_password(made.appliance, "tanadmin", password)


async def test_a_tanium_server_has_an_administrator_of_its_console_whose_password_is_told_once(
    tmp_path: Path,
) -> None:
    made = made_with_key(tmp_path / "ts1", TS1)
    assert made.console_password is not None
    assert await check_console(made.appliance, "tanium", made.console_password) is ConsoleRole.ADMINISTRATOR
    assert made.console_password.reveal() not in b"".join(everything(tmp_path).values())
    assert made_with_key(tmp_path / "zs1").console_password is None


def test_a_tanium_server_holds_its_root_and_its_own_pair_and_openssl_agrees(tmp_path: Path) -> None:
    made = made_with_key(tmp_path / "ts1", TS1)
    root = made.appliance.root / "tanium.pub"
    pair = made.appliance.certificates / "reporting" / "current"
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", str(root), str(pair / "reporting.crt")]
    assert subprocess.run(verify, capture_output=True, check=True).stdout.endswith(b"OK\n")
    assert Keeper(made.appliance).handshake().ok


@pytest.mark.parametrize("role, name, file", [(TS1, "soap", "SOAPServer"), (MS1, "ssl", "ssl")], ids=["ts1", "ms1"])
def test_what_https_presents_signs_itself_and_names_the_host_and_localhost(
    tmp_path: Path, role: Identity, name: str, file: str
) -> None:
    pair = made_with_key(tmp_path / "home", role).appliance.certificates / name / "current"
    certificate = pair / f"{file}.crt"
    text = subprocess.run(
        ["openssl", "x509", "-in", certificate, "-noout", "-text"], capture_output=True, check=True, text=True
    ).stdout
    assert f"DNS:{role.fqdn}, DNS:localhost" in text
    assert "Public-Key: (2048 bit)" in text
    assert "TLS Web Server Authentication, TLS Web Client Authentication" in text
    assert (pair / f"{file}.key").stat().st_mode & 0o777 == 0o600
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", str(certificate), "-verify_hostname", role.fqdn]
    assert subprocess.run([*verify, str(certificate)], capture_output=True, check=True).stdout.endswith(b"OK\n")


def test_every_part_is_audited_with_what_it_is(tmp_path: Path) -> None:
    made = made_with_key(tmp_path / "ts1", TS1)
    rows = made.appliance.store.rows("SELECT user, face, verb, object, after FROM audit ORDER BY id")
    assert {(row["user"], row["face"]) for row in rows} == {("root", "system")}
    assert [row["verb"] for row in rows] == [
        "init",
        "init user",
        "init user",
        "authorized-keys add",
        "init host-keys",
        "ssh-keys generate",
        "init certificate",
        "init root",
        "init own-pair",
        "init own-pair",
        "init console-user",
    ]
    assert all(row["object"] and row["after"] for row in rows)


def test_nothing_of_a_home_is_open_to_others(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        home = made_with_key(tmp_path / "ts1", TS1).appliance.home
    finally:
        os.umask(mask)
    for path in (home, *home.rglob("*")):
        open_to_others = path.stat().st_mode & 0o077
        assert not open_to_others or (path.suffix == ".pub" and path.parent.name == "ssh"), path


def test_an_existing_appliance_is_refused_and_untouched(tmp_path: Path) -> None:
    home = made_with_key(tmp_path / "zs1").appliance.home
    before = everything(home)
    with pytest.raises(AnswerRefused, match=r"home-exists: .* is an appliance already"):
        made_with_key(home, TS1)
    assert everything(home) == before


@pytest.mark.parametrize("foreign", ["notes.txt", "ssh/id_rsa", "appliance.db", ".hidden"])
def test_a_directory_with_anything_else_is_refused_and_untouched(tmp_path: Path, foreign: str) -> None:
    path = tmp_path / "home" / foreign
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(AnswerRefused, match=f"home-exists: .* is not empty .{foreign.partition('/')[0]}"):
        made_with_key(tmp_path / "home")
    assert everything(tmp_path / "home") == {str(path): b"mine"}


def test_a_half_made_home_with_foreign_files_is_refused_and_untouched(tmp_path: Path) -> None:
    for name in (UNFINISHED, "notes.txt"):
        (tmp_path / name).write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(AnswerRefused, match=r"home-exists"):
        made_with_key(tmp_path)
    assert everything(tmp_path) == before


def test_a_file_in_the_place_of_a_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(AnswerRefused, match=r"home-exists: .* is no directory"):
        made_with_key(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_the_root_of_a_disk_is_no_home_and_the_way_out_is_said(tmp_path: Path) -> None:
    for name in ("lost+found", ".bashrc", "\x1b[2J", "srv"):
        (tmp_path / name).mkdir()
    with pytest.raises(
        AnswerRefused, match=r"is not empty .\\x1b\[2J, \.bashrc, lost\+found …\)\. .* below its root"
    ):
        made_with_key(tmp_path)


def test_an_empty_directory_becomes_a_home(tmp_path: Path) -> None:
    assert made_with_key(tmp_path).appliance.identity.name == "zs1"


@pytest.mark.parametrize(
    ("identity", "refused_by"),
    [
        (replace(ZS1, name=""), "bad-name"),
        (replace(ZS1, name="-zs1"), "bad-name"),
        (replace(ZS1, name="zs_1"), "bad-name"),
        (replace(ZS1, name='zs1"\nrole = "x'), "bad-name"),
        (replace(ZS1, name="a" * 64), "bad-name"),
        (replace(ZS1, name="zs1\n"), "bad-name"),
        (replace(ZS1, fqdn="zs1"), "bad-fqdn"),
        (replace(ZS1, fqdn="zs1..test"), "bad-fqdn"),
        (replace(ZS1, fqdn="10.0.0.1"), "bad-fqdn"),
        (replace(ZS1, fqdn="zs1.lab.test\n"), "bad-fqdn"),
        (replace(ZS1, fqdn="bücher.test"), "bad-fqdn"),
        (replace(ZS1, fqdn="a." * 40 + "test"), "bad-fqdn"),
        (replace(ZS1, addresses=("localhost",)), "bad-address"),
        (replace(ZS1, add_ons=TS1.add_ons), "hub-not-here"),
    ],
)
def test_a_bad_identity_is_refused_before_anything_is_made(
    tmp_path: Path, identity: Identity, refused_by: str
) -> None:
    with pytest.raises(AnswerRefused, match=refused_by):
        made_with_key(tmp_path / "home", identity)
    assert not (tmp_path / "home").exists()


def test_names_become_lower_case_and_lose_a_last_dot(tmp_path: Path) -> None:
    made = made_with_key(tmp_path / "home", replace(ZS1, name="ZS1", fqdn="ZS1.Lab.Test."))
    assert (made.appliance.identity.name, made.appliance.identity.fqdn) == ("zs1", "zs1.lab.test")


def test_a_bad_key_or_password_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(AnswerRefused, match="options"):
        init_appliance(tmp_path / "home", ZS1, authorized_key=f"restrict {LINE}".encode(), password=None)
    with pytest.raises(AnswerRefused, match="not-a-key"):
        init_appliance(tmp_path / "home", ZS1, authorized_key=b"", password=None)
    with pytest.raises(AnswerRefused, match="weak-password"):
        init_appliance(tmp_path / "home", ZS1, authorized_key=None, password=Secret("tanadmin"))
    assert not (tmp_path / "home").exists()


def test_a_making_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tanos.keeper.Keeper.make_host_keys", full)
    with pytest.raises(Damaged, match="disk-failed"):
        made_with_key(tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_two_makings_of_one_home_do_not_meet(tmp_path: Path) -> None:
    with begin_home(tmp_path / "home", ZS1):
        before = everything(tmp_path)
        with pytest.raises(NotYet, match="busy"):
            made_with_key(tmp_path / "home")
        assert everything(tmp_path) == before


STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.chmod", "sqlite3.connect"}


def die_at(step: int, home: Path) -> int:
    """Make an appliance in a child that kills itself at the given step of its file work; return the wait status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    passed = 0

    def count(event: str, _: tuple[object, ...]) -> None:
        nonlocal passed
        if event in STEPS:
            passed += 1
            if passed > step:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(count)
        made_with_key(home, TS1)
    finally:
        os._exit(0)


@pytest.mark.crash
@pytest.mark.usefixtures("same_rsa_keys")
def test_killed_at_any_step_the_home_is_no_appliance_and_the_next_making_succeeds(tmp_path: Path) -> None:
    home, step, half_made = tmp_path / "ts1", 0, 0
    while os.WIFSIGNALED(die_at(step, home)):
        if (home / "appliance.toml").exists():
            break
        with pytest.raises(TanosError, match="no-home"):
            Appliance.open(home)
        half_made += (home / UNFINISHED).exists()
        step += 3
    assert step > 60
    assert half_made > step / 3 * 0.8
    appliance = Appliance.open(home)
    assert Keeper(appliance).handshake().ok
    assert sorted(path.name for path in home.iterdir() if "unfinished" in path.name) == []
    first = appliance.store.rows("SELECT before FROM audit ORDER BY id LIMIT 1")[0]
    assert first["before"] == "half made"


@pytest.mark.crash
@pytest.mark.usefixtures("same_rsa_keys")
def test_killed_while_half_made_work_is_removed_the_home_stays_recognised(tmp_path: Path) -> None:
    home, half_made = tmp_path / "ts1", tmp_path / "half made"
    assert os.WIFSIGNALED(die_at(90, home))
    home.rename(half_made)
    for step in range(0, 40, 4):
        shutil.copytree(half_made, home)
        assert os.WIFSIGNALED(die_at(step, home))
        assert made_with_key(home, ZS1).appliance.identity.name == "zs1"
        shutil.rmtree(home)
