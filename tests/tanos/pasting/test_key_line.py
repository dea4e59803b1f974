"""A key line is whole when its own lengths say so, for every kind that ssh-keygen makes."""

import subprocess
from pathlib import Path

import pytest

from tanos.pasting.key_line import is_complete_key

KINDS = ("ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "rsa -b 2048")


@pytest.fixture(params=KINDS)
def line(request: pytest.FixtureRequest, tmp_path: Path) -> bytes:
    words = ["ssh-keygen", "-q", "-N", "", "-C", "operator at jump", "-f", str(tmp_path / "key"), "-t"]
    subprocess.run([*words, *request.param.split()], check=True, capture_output=True)
    return (tmp_path / "key.pub").read_bytes().strip()


def test_a_whole_line_is_whole_and_every_shorter_one_is_not(line: bytes) -> None:
    blob_end = line.index(b" operator")
    assert is_complete_key(line)
    assert is_complete_key(line[:blob_end])
    assert not any(is_complete_key(line[:at]) for at in range(blob_end))


def test_it_is_found_after_options_and_host_names(line: bytes) -> None:
    assert is_complete_key(b'from="10.0.0.1",command="a b" ' + line)
    assert is_complete_key(b"ts1.lab.test " + line)


def test_a_line_whose_type_and_blob_differ_is_not_whole(line: bytes) -> None:
    kind = line.split()[0]
    other = b"ssh-rsa" if kind != b"ssh-rsa" else b"ssh-ed25519"
    assert not is_complete_key(line.replace(kind, other, 1))


@pytest.mark.parametrize("text", [b"", b"hello", b"ssh-rsa", b"ssh-rsa AAAA", b"ssh-rsa " + b"A" * 5000])
def test_other_lines_are_not_whole(text: bytes) -> None:
    assert not is_complete_key(text)
