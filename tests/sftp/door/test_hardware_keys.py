"""Hardware keys sign in when they were touched and, where the line wants it, when they knew their user.

No device was at hand: the client is OpenSSH's, the device is made of its definition by `agent.py`.
"""

import subprocess
from pathlib import Path

import pytest

from tanos.actor import system_call
from tanos.keys.authorized import authorize, take_away
from tanos.keys.public_key import read_authorized_line
from tests.sftp.door.agent import TOUCHED, VERIFIED, HardwareKey, agent_of
from tests.sftp.door.conftest import OpenDoor

pytestmark = pytest.mark.door


@pytest.fixture(params=["ed25519", "ecdsa"])
def hardware(request: pytest.FixtureRequest) -> HardwareKey:
    """A key of each kind."""
    return HardwareKey(request.param)


def comes_in(door: OpenDoor, key: HardwareKey, options: str, directory: Path) -> bool:
    """Sign in by a key that stands after `options`."""
    line = read_authorized_line(f"{options} {key.line}".encode())
    call = system_call(door.appliance, "test")
    public = directory / "key.pub"
    public.write_text(key.line)
    with door.appliance.store.change(call) as change:
        authorize(change, call, "tanadmin", line.key, line.options)
    try:
        with agent_of(key, directory / "agent") as socket:
            words = ["ssh", "-F", door.config, "-o", f"IdentityAgent={socket}", "-i", str(public), "-l", "tanadmin"]
            done = subprocess.run([*words, "visitor", "show"], capture_output=True, timeout=60, check=False)
    finally:
        (directory / "agent").unlink()
        with door.appliance.store.change(call) as change:
            take_away(change, "tanadmin", line.key.fingerprint)
    return done.returncode == 0


@pytest.mark.parametrize(
    ("options", "flags", "lets_in"),
    [
        ("", TOUCHED, True),
        ("", TOUCHED | VERIFIED, True),
        ("", 0, False),
        ("", VERIFIED, False),
        ("verify-required", TOUCHED | VERIFIED, True),
        ("verify-required", TOUCHED, False),
        ("verify-required", VERIFIED, False),
    ],
)
def test_a_hardware_key_signs_in_by_what_its_signature_says(
    door: OpenDoor, hardware: HardwareKey, tmp_path: Path, options: str, flags: int, lets_in: bool
) -> None:
    hardware.flags = flags
    assert comes_in(door, hardware, options, tmp_path) is lets_in


def test_flags_that_were_not_signed_count_for_nothing(door: OpenDoor, hardware: HardwareKey, tmp_path: Path) -> None:
    signed = hardware.signature

    def lie(data: bytes) -> bytes:
        said = signed(data)
        return said[:-5] + bytes([TOUCHED | VERIFIED]) + said[-4:]

    hardware.signature = lie  # type: ignore[method-assign]  # a device that lies
    assert not comes_in(door, hardware, "verify-required", tmp_path)


def test_our_key_line_is_a_key_to_openssh_too(hardware: HardwareKey, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(hardware.line)
    told = subprocess.run(["ssh-keygen", "-lf", tmp_path / "key.pub"], capture_output=True, text=True, check=True)
    key = read_authorized_line(hardware.line.encode()).key
    assert told.stdout.split()[:2] == [str(key.bits), key.fingerprint]
