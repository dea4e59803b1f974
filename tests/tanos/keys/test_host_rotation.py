"""A next host key takes the place of the present one whatever dies in between, and the old one is left nowhere."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from tanos.appliance import Appliance
from tanos.errors import Damaged
from tanos.keeper import Keeper
from tanos.keys import host_pairs
from tanos.keys.host_rotation import NextKey, shown_and_announced
from tanos.keys.public_key import read_line

DATA = bytes(32)


@pytest.fixture
def keeper(bare_zone_server: Appliance) -> Keeper:
    """A keeper with host keys."""
    keeper = Keeper(bare_zone_server)
    keeper.make_host_keys()
    return keeper


def make_next(keeper: Keeper) -> str:
    """Make the next key and put it beside the present one; return its line."""
    line = keeper.new_host_key("ed25519")
    keeper.keep_next_host_key("ed25519", line)
    return line


def dies(*_: object, **__: object) -> None:
    """Stand in for a step at which everything ends."""
    raise KeyboardInterrupt


PLACES: list[tuple[object, str]] = [
    (Path, "hardlink_to"),
    (Path, "rename"),
    (host_pairs, "sync_directory"),
    (host_pairs, "write_whole"),
    (host_pairs, "wipe"),
]


@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[name for _, name in PLACES])
def test_a_death_at_any_step_leaves_a_key_that_signs_and_adopting_again_ends_it(
    keeper: Keeper, bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    private = bare_zone_server.ssh / "ssh_host_ed25519_key"
    old = private.read_bytes()
    line = make_next(keeper)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(owner, name, dies)
        keeper.adopt_host_key("ed25519", line)
    after = Keeper(bare_zone_server)
    assert line in after.host_public_keys()
    after.make_host_keys()
    after.adopt_host_key("ed25519", line)
    assert Keeper(bare_zone_server).host_public_keys()[0] == line
    assert after.host_lines()[0] == line
    assert old not in [path.read_bytes() for path in bare_zone_server.ssh.iterdir()]
    assert sorted(path.name for path in bare_zone_server.ssh.iterdir()) == [
        "ssh_host_ed25519_key",
        "ssh_host_ed25519_key.pub",
        "ssh_host_rsa_key",
        "ssh_host_rsa_key.pub",
    ]


def test_who_came_by_the_old_key_is_still_answered_when_keys_are_exchanged_anew(keeper: Keeper) -> None:
    first = keeper.host_public_keys()[0]
    line = make_next(keeper)
    keeper.adopt_host_key("ed25519", line)
    signed = keeper.sign_exchange(read_line(first).fingerprint, "ssh-ed25519", DATA)
    public = load_ssh_public_key(first.encode())
    assert isinstance(public, Ed25519PublicKey)
    public.verify(signed[-64:], DATA)


def test_another_key_than_the_one_that_was_announced_is_not_adopted(keeper: Keeper) -> None:
    announced = make_next(keeper)
    present = keeper.host_lines()
    make_next(keeper)
    with pytest.raises(Damaged):
        keeper.adopt_host_key("ed25519", announced)
    assert keeper.host_lines() == present


def test_a_next_key_is_dropped_once_and_another_one_is_not(keeper: Keeper, bare_zone_server: Appliance) -> None:
    present, first = keeper.host_lines(), make_next(keeper)
    second = make_next(keeper)
    keeper.drop_next_host_key("ed25519", first)
    assert second in keeper.host_public_keys()
    for _ in range(2):
        keeper.drop_next_host_key("ed25519", second)
        assert keeper.host_public_keys() == present
    make_next(keeper)
    damaged = bare_zone_server.ssh / "ssh_host_ed25519_key.next"
    damaged.write_bytes(b"no key")
    keeper.drop_next_host_key("ed25519", first)
    assert not damaged.exists()


@pytest.mark.parametrize(
    ("in_use", "wanted"), [(None, ["a1", "r1"]), (False, ["a1", "r1", "a2"]), (True, ["a2", "r1", "a1"])]
)
def test_one_key_of_each_kind_is_shown_and_what_the_store_does_not_name_is_not_even_announced(
    in_use: bool | None, wanted: list[str]
) -> None:
    following = [] if in_use is None else [NextKey("ed25519", "ssh-ed25519 a2", "tanadmin", "now", in_use)]
    lines = ["ssh-ed25519 a1", "ssh-rsa r1", "ssh-ed25519 a2"]
    assert [line.split()[1] for line in shown_and_announced(lines, following)] == wanted
