"""Sixteen times the rubbish where a key is awaited costs about sixteen times the work."""

import pytest

from tanos.keys.public_key import read_pasted_key
from tests.tanos.pasting.test_growth import RUBBISH, crawls

WORDS = {
    "x": b"x",
    "host names": b"a.b,",
    "options": b"no-pty,",
    "type words": b"ssh-rsa ",
    "type and key": b"ssh-rsa AAAAB3NzaC1yc2E",
    "broken key": b"AAAAB3NzaC1lZDI1NTE5AAAAI ",
    "block heads": b"a:\\\n",
}


@pytest.mark.parametrize("piece", [*RUBBISH.values(), *WORDS.values()], ids=[*RUBBISH, *WORDS])
@pytest.mark.parametrize("lead", [b"", b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", b"x ssh-rsa AAAAB3NzaC1yc2E "])
def test_reading_a_key_grows_with_the_size_only(piece: bytes, lead: bytes) -> None:
    assert not crawls(lambda raw: read_pasted_key(lead + raw[: -len(lead) or None]), piece)


@pytest.mark.parametrize("piece", WORDS.values(), ids=WORDS)
def test_what_stands_before_a_key_grows_with_the_size_only(piece: bytes) -> None:
    tail = b" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIFk+oljMzVNYrA2l2PAHmiuiJMdGNPJKiVX1i8fB9I8"
    assert not crawls(lambda raw: read_pasted_key(raw[: -len(tail)] + tail), piece)
