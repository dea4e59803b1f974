"""Sixteen times the rubbish where a key is awaited costs about sixteen times the work."""

from contextlib import suppress

import pytest

from tanos.keys.krl import MAGIC, read_krl
from tanos.keys.public_key import read_pasted_key
from tanos.ssh_wire import BadBlob, string
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


@pytest.mark.parametrize("bits", [b"\0", b"\1", b"\x7f"], ids=["none", "some", "most"])
def test_reading_a_bitmap_of_serials_grows_with_the_size_only(bits: bytes) -> None:
    def read(raw: bytes) -> None:
        bitmap = (1).to_bytes(8) + string(b"\x40" + raw)
        with suppress(BadBlob):
            read_krl(
                MAGIC + b"\0\0\0\1" + bytes(32) + b"\1" + string(string(b"") + string(b"") + b"\x22" + string(bitmap))
            )

    assert not crawls(read, bits)


@pytest.mark.parametrize("piece", WORDS.values(), ids=WORDS)
def test_what_stands_before_a_key_grows_with_the_size_only(piece: bytes) -> None:
    tail = b" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIFk+oljMzVNYrA2l2PAHmiuiJMdGNPJKiVX1i8fB9I8"
    assert not crawls(lambda raw: read_pasted_key(raw[: -len(tail)] + tail), piece)
