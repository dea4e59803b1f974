"""A user's own pair and the host keys, judged by ssh-keygen."""

import subprocess
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, Damaged, NotYet
from tanos.keys.host_keys import host_fingerprints, host_key_files, make_host_keys
from tanos.keys.operations import GENERATE_KEY, SHOW_KEY
from tanos.keys.own_pair import make_pair, private_key, public_line
from tanos.operation import silent
from tests.conftest import call
from tests.tanos.keys.made import with_users


def ssh_keygen(*words: str | Path) -> list[str]:
    """Run ssh-keygen and return the words it prints."""
    done = subprocess.run(["ssh-keygen", *map(str, words)], capture_output=True, check=True)
    return done.stdout.decode().split()


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
    assert private_key(appliance, "tanadmin").reveal() == file.read_bytes()


def test_the_public_line_is_that_of_the_private_key_whatever_the_copy_says(appliance: Appliance) -> None:
    line = make_pair(appliance, "tanadmin")
    (appliance.ssh / "tanadmin_ed25519.pub").write_text("ssh-ed25519 AAAA stale\n")
    assert public_line(appliance, "tanadmin") == line


def test_without_a_pair_it_says_which_step_is_missing(appliance: Appliance) -> None:
    assert public_line(appliance, "tancopy") is None
    with pytest.raises(NotYet, match="step-missing"):
        private_key(appliance, "tancopy")


def test_a_damaged_private_key_is_named_and_not_shown(appliance: Appliance) -> None:
    (appliance.ssh / "tanadmin_ed25519").write_bytes(b"-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n")
    with pytest.raises(Damaged, match="damaged-key") as damaged:
        public_line(appliance, "tanadmin")
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
    assert replaced.data["public_key"] == public_line(appliance, "tanadmin") != made.data["public_key"]
    last = appliance.store.rows("SELECT before, after FROM audit ORDER BY id")[-1]
    assert tuple(last) == (made.data["fingerprint"], replaced.data["fingerprint"])


async def test_a_pair_that_another_session_made_meanwhile_is_not_thrown_away(appliance: Appliance) -> None:
    asked = call(appliance)
    slow = await GENERATE_KEY.prepare(asked, user="tanadmin")
    line = make_pair(appliance, "tanadmin")
    with pytest.raises(NotYet, match="stale"):
        await GENERATE_KEY.apply(asked, slow, silent)
    assert public_line(appliance, "tanadmin") == line


def test_host_keys_are_made_once_and_ssh_keygen_agrees(bare_zone_server: Appliance) -> None:
    make_host_keys(bare_zone_server)
    before = [file.read_bytes() for file in host_key_files(bare_zone_server)]
    make_host_keys(bare_zone_server)
    assert [file.read_bytes() for file in host_key_files(bare_zone_server)] == before
    judged = [ssh_keygen("-l", "-f", file) for file in host_key_files(bare_zone_server)]
    assert [words[0] for words in judged] == ["256", "3072"]
    assert [words[1] for words in judged] == list(host_fingerprints(bare_zone_server).values())
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in host_key_files(bare_zone_server))
