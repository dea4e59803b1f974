"""A user's own pair and the host keys, judged by ssh-keygen."""

import subprocess
from pathlib import Path

import asyncssh
import pytest
from asyncssh.packet import String

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, Damaged, NotToBeAsked, NotYet
from tanos.keeper import Keeper
from tanos.keys.host_keys import HOST_KEYS, host_fingerprints, host_public_keys
from tanos.keys.operations import GENERATE_KEY, SHOW_KEY
from tanos.operation import silent
from tests.conftest import call
from tests.tanos.keys.made import with_users

HASH = b"an exchange hash of 32 bytes ...."[:32]


def ssh_keygen(*words: str | Path) -> list[str]:
    """Run ssh-keygen and return the words it prints."""
    done = subprocess.run(["ssh-keygen", *map(str, words)], capture_output=True, check=True)
    return done.stdout.decode().split()


def make_pair(appliance: Appliance, user: str) -> str:
    """Make a pair and keep it; return its public line."""
    keeper = Keeper(appliance)
    line = keeper.new_ssh_pair(user)
    keeper.keep_ssh_pair(user, line)
    return line


def asking_in(
    key: bytes,
    user: bytes = b"tancopy",
    kind: bytes = b"\x32",
    service: bytes = b"ssh-connection",
    method: bytes = b"publickey",
    signed: bytes = b"\1",
    algorithm: bytes = b"ssh-ed25519",
    more: bytes = b"",
) -> bytes:
    """Return what a client signs (RFC 4252 section 7)."""
    words = b"".join(map(String, (user, service, method)))
    return String(b"session") + kind + words + signed + String(algorithm) + String(key) + more


@pytest.fixture
def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance with its users and no pair."""
    return with_users(bare_zone_server)


def test_ssh_keygen_reads_the_private_key_and_says_the_same_public_line(appliance: Appliance) -> None:
    line = make_pair(appliance, "tanadmin")
    file = appliance.ssh / "tanadmin_ed25519"
    assert ssh_keygen("-y", "-f", file)[:2] == line.split()[:2]
    assert (appliance.ssh / "tanadmin_ed25519.pub").read_text() == line + "\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert line.endswith(" tanadmin@zs1")


def test_the_public_line_is_that_of_the_private_key_whatever_the_copy_says(appliance: Appliance) -> None:
    line = make_pair(appliance, "tanadmin")
    (appliance.ssh / "tanadmin_ed25519.pub").write_text("ssh-ed25519 AAAA stale\n")
    assert Keeper(appliance).ssh_public_line("tanadmin") == line


def test_without_a_pair_it_says_which_step_is_missing(appliance: Appliance) -> None:
    with pytest.raises(NotYet, match="step-missing"):
        Keeper(appliance).ssh_public_line("tancopy")
    with pytest.raises(NotYet, match="step-missing"):
        Keeper(appliance).sign_in("tancopy", "ssh-ed25519", b"data")


def test_a_damaged_private_key_is_named_and_not_shown(appliance: Appliance) -> None:
    (appliance.ssh / "tanadmin_ed25519").write_bytes(b"-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n")
    with pytest.raises(Damaged, match="damaged-key") as damaged:
        Keeper(appliance).ssh_public_line("tanadmin")
    assert "c2VjcmV0" not in str(damaged.value)


def test_a_user_name_cannot_leave_the_directory(appliance: Appliance) -> None:
    with pytest.raises(AnswerRefused, match="bad-name"):
        make_pair(appliance, "../tanadmin")


async def test_show_gives_the_promised_fields(appliance: Appliance) -> None:
    line = make_pair(appliance, "tanadmin")
    result = await SHOW_KEY.read(call(appliance), user="tanadmin")
    judged = ssh_keygen("-l", "-f", appliance.ssh / "tanadmin_ed25519.pub")[1]
    assert (result.data["public_key"], result.data["fingerprint"]) == (line, judged)


async def test_generating_again_warns_replaces_and_audits_both_fingerprints(appliance: Appliance) -> None:
    asked = call(appliance)
    first = await GENERATE_KEY.prepare(asked, user="tanadmin")
    assert (first.findings, first.confirmation.word) == ((), "yes")
    made = await GENERATE_KEY.apply(asked, first, silent)
    again = await GENERATE_KEY.prepare(asked, user="tanadmin")
    assert again.data["replaces"] == made.data["fingerprint"]
    assert [finding.id for finding in again.findings] == ["peers-lose-access"]
    replaced = await GENERATE_KEY.apply(asked, again, silent)
    assert replaced.data["public_key"] == Keeper(appliance).ssh_public_line("tanadmin") != made.data["public_key"]
    last = appliance.store.rows("SELECT before, after FROM audit ORDER BY id")[-1]
    assert tuple(last) == (made.data["fingerprint"], replaced.data["fingerprint"])


async def test_a_pair_that_another_session_made_meanwhile_is_not_thrown_away(appliance: Appliance) -> None:
    asked = call(appliance)
    slow = await GENERATE_KEY.prepare(asked, user="tanadmin")
    line = make_pair(appliance, "tanadmin")
    with pytest.raises(NotYet, match="stale"):
        await GENERATE_KEY.apply(asked, slow, silent)
    assert Keeper(appliance).ssh_public_line("tanadmin") == line


def host_files(appliance: Appliance) -> list[Path]:
    """Return the private host keys."""
    return [appliance.ssh / name for name in HOST_KEYS]


def test_host_keys_are_made_once_and_ssh_keygen_agrees(bare_zone_server: Appliance) -> None:
    Keeper(bare_zone_server).make_host_keys()
    files = host_files(bare_zone_server)
    before = [file.read_bytes() for file in files]
    Keeper(bare_zone_server).make_host_keys()
    assert [file.read_bytes() for file in files] == before
    judged = [ssh_keygen("-l", "-f", file) for file in files]
    assert [words[0] for words in judged] == ["256", "3072"]
    assert [words[1] for words in judged] == list(host_fingerprints(bare_zone_server).values())
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    lines = [key.line for key in host_public_keys(bare_zone_server)]
    assert Keeper(bare_zone_server).host_public_keys() == lines


@pytest.mark.parametrize(
    ("key", "algorithm"), [(0, "ssh-ed25519"), (1, "rsa-sha2-256"), (1, "rsa-sha2-512")], ids=lambda one: str(one)
)
def test_what_the_keeper_signs_is_a_signature_of_that_host_key(
    bare_zone_server: Appliance, key: int, algorithm: str
) -> None:
    keeper = Keeper(bare_zone_server)
    keeper.make_host_keys()
    public = asyncssh.import_public_key(keeper.host_public_keys()[key])
    signed = keeper.sign_exchange(public.get_fingerprint("sha256"), algorithm, HASH)
    assert public.verify(HASH, signed)
    assert not public.verify(bytes(32), signed)


def test_a_host_key_signs_by_no_algorithm_that_is_not_its_own(bare_zone_server: Appliance) -> None:
    keeper = Keeper(bare_zone_server)
    keeper.make_host_keys()
    ed25519, rsa = host_fingerprints(bare_zone_server).values()
    for fingerprint, algorithm in ((ed25519, "rsa-sha2-256"), (rsa, "ssh-ed25519"), (rsa, "ssh-rsa")):
        with pytest.raises(ValueError, match=algorithm):
            keeper.sign_exchange(fingerprint, algorithm, HASH)
    with pytest.raises(NotToBeAsked):
        keeper.sign_exchange("SHA256:none", "ssh-ed25519", HASH)


def test_a_damaged_host_key_is_named(bare_zone_server: Appliance) -> None:
    Keeper(bare_zone_server).make_host_keys()
    host_files(bare_zone_server)[1].write_bytes(b"rubbish")
    with pytest.raises(Damaged, match="damaged-key") as damaged:
        Keeper(bare_zone_server).host_public_keys()
    assert "ssh_host_rsa_key" in str(damaged.value.message)


def test_a_signature_for_a_peer_is_one_of_the_users_own_key(appliance: Appliance) -> None:
    public = asyncssh.import_public_key(make_pair(appliance, "tanadmin"))
    data = asking_in(public.public_data)
    assert public.verify(data, Keeper(appliance).sign_in("tanadmin", "ssh-ed25519", data))
    with pytest.raises(ValueError, match="no sign-in"):
        Keeper(appliance).sign_in("tanadmin", "rsa-sha2-256", data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": b"tanadmin"},
        {"kind": b"\x33"},
        {"service": b"ssh-userauth"},
        {"method": b"hostbased"},
        {"signed": b"\0"},
        {"algorithm": b"rsa-sha2-256"},
        {"key": b"another key"},
        {"more": b"\0"},
    ],
    ids=str,
)
def test_a_users_key_signs_nothing_but_its_own_sign_in_as_tancopy(
    appliance: Appliance, wrong: dict[str, bytes]
) -> None:
    public = asyncssh.import_public_key(make_pair(appliance, "tanadmin"))
    right = asking_in(public.public_data)
    data = asking_in(**{"key": public.public_data, **wrong})
    for refused in (data, right[:-1], right[:40], b"", b"a text"):
        with pytest.raises(ValueError, match="no sign-in"):
            Keeper(appliance).sign_in("tanadmin", "ssh-ed25519", refused)


@pytest.mark.parametrize("length", [0, 4, 20, 31, 33, 200])
def test_a_host_key_signs_nothing_but_what_has_the_length_of_an_exchange_hash(
    bare_zone_server: Appliance, length: int
) -> None:
    keeper = Keeper(bare_zone_server)
    keeper.make_host_keys()
    fingerprint = next(iter(host_fingerprints(bare_zone_server).values()))
    with pytest.raises(ValueError, match="no exchange hash"):
        keeper.sign_exchange(fingerprint, "ssh-ed25519", bytes(length))


def test_a_pair_is_kept_only_where_it_was_made(appliance: Appliance) -> None:
    line = Keeper(appliance).new_ssh_pair("tanadmin")
    with pytest.raises(NotYet, match="stale"):
        Keeper(appliance).keep_ssh_pair("tanadmin", line)
    assert not (appliance.ssh / "tanadmin_ed25519").exists()
