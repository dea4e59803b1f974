"""A pairing text arrives as it was shown, or not at all."""

import subprocess
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sftp.pairing.text import LABEL, PairingText, _seal, read_pairing_text
from tanos.der import OCTET_STRING, SEQUENCE, UTF8_STRING, tlv
from tanos.errors import AnswerRefused
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_pasted
from tests.sftp.pairing.made import new_key

TEXT = PairingText("ts1", "ts1.lab.test", 2222, new_key(""), new_key())
BLOCK = TEXT.armoured
LINES = BLOCK.splitlines()


def refused(raw: bytes) -> str:
    """Return the id of the refusal."""
    with pytest.raises(AnswerRefused) as error:
        read_pairing_text(raw)
    return error.value.id


def test_what_is_shown_is_what_is_read() -> None:
    read, repairs = read_pairing_text(BLOCK.encode())
    assert (read, read.check_code, repairs) == (TEXT, TEXT.check_code, ())
    assert all(len(line) <= 64 for line in LINES)
    assert LINES[0] == f"-----BEGIN {LABEL}-----"


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::1", "a.very.long.name.lab.test"])
def test_each_kind_of_address_travels(host: str) -> None:
    text = replace(TEXT, host=host)
    assert read_pairing_text(text.armoured.encode())[0] == text


@pytest.mark.parametrize(
    "mangled",
    [
        BLOCK.replace("\n", "\r\n"),
        "\n".join("> " + line for line in LINES),
        "\n".join("    " + line + "   " for line in LINES),
        "\n".join("│ " + line.ljust(66) + "│" for line in LINES),
        "\x1b[200~" + BLOCK + "\x1b[201~",
        "Here it is:\n\n" + BLOCK + "\nRegards\n",
        BLOCK + BLOCK,
        BLOCK.replace("-----", "\u2014\u2014\u2014"),
        LINES[0]
        + "\n"
        + "\n".join("".join(LINES[1:-1])[at : at + 40] for at in range(0, 600, 40))
        + "\n"
        + LINES[-1],
        "\ufeff" + BLOCK,
    ],
)
def test_what_terminals_do_to_a_text_is_mended(mangled: str) -> None:
    assert read_pairing_text(mangled.encode())[0] == TEXT


@given(st.integers(1, len(LINES) - 2), st.integers(0, 63), st.sampled_from("Aa0+/=-x"))
def test_one_wrong_character_is_never_read_as_another_text(line: int, column: int, sign: str) -> None:
    lines = list(LINES)
    column %= len(lines[line])
    changed = lines[line][:column] + sign + lines[line][column + 1 :]
    if changed == lines[line]:
        return
    lines[line] = changed
    assert refused("\n".join(lines).encode()) in {
        "pairing-damaged", "bad-base64", "cut-short", "trailing-data", "not-der", "headers", "private-key",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("\n".join(LINES[:-1]), "cut-short"),
        ("\n".join([*LINES[:2], *LINES[3:]]), "cut-short"),
        ("\n".join(LINES[1:]), "not-pem"),
        ("", "not-pem"),
        (TEXT.key.line, "not-pem"),
        (BLOCK + replace(TEXT, name="ts2").armoured, "two-pairings"),
        (BLOCK.replace(LABEL, "CERTIFICATE REQUEST"), "wrong-block"),
        (BLOCK.replace(LABEL, "PRIVATE KEY"), "private-key"),
        (BLOCK + "x" * 70_000, "too-large"),
    ],
    ids=[
        "no end",
        "a line less",
        "no begin",
        "nothing",
        "a key",
        "two",
        "another block",
        "a private key",
        "too long",
    ],
)
def test_what_is_no_whole_pairing_text_is_refused_by_name(raw: str, why: str) -> None:
    assert refused(raw.encode()) == why


def test_a_private_key_is_named_and_never_shown(tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id"], check=True)
    assert refused((tmp_path / "id").read_bytes()) == "private-key"


@pytest.mark.parametrize(
    ("name", "address", "why"),
    [
        ("../ts1", "ts1:22", "bad-name"),
        ("ts1\x1b[2J", "ts1:22", "bad-name"),
        ("ts1", "-oProxyCommand=id", "bad-address"),
        ("ts1", "ts1", "pairing-damaged"),
        ("ts1", "TS1.:0022", "pairing-damaged"),
    ],
)
def test_what_a_sealed_text_says_is_checked_all_the_same(name: str, address: str, why: str) -> None:
    assert refused(sealed("tanos pairing 1", name, address, TEXT.host_key.line, TEXT.key.line, "")) == why


@pytest.mark.parametrize("key", ["ssh-dss AAAA", "", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=="])
def test_what_is_no_key_in_a_sealed_text_is_refused(key: str) -> None:
    for host_key, own in ((key, TEXT.key.line), (TEXT.host_key.line, key)):
        assert refused(sealed("tanos pairing 1", "ts1", "ts1:22", host_key, own, ""))


@pytest.mark.parametrize("version", ["tanos pairing 2", ""])
def test_a_text_of_another_version_is_refused(version: str) -> None:
    assert refused(sealed(version, "ts1", "ts1:22", TEXT.host_key.line, TEXT.key.line, "")) == "pairing-damaged"


def test_an_answer_says_whom_it_lets_in() -> None:
    answer = replace(TEXT, lets_in=new_key().fingerprint)
    assert read_pairing_text(answer.armoured.encode())[0] == answer
    bad = sealed("tanos pairing 1", "ts1", "ts1:22", TEXT.host_key.line, TEXT.key.line, "SHA256:x\x1b[2J")
    assert refused(bad) == "pairing-damaged"


def test_a_pairing_text_is_not_taken_for_a_certificate() -> None:
    with pytest.raises(AnswerRefused) as error:
        read_pasted(BLOCK.encode(), Awaited.CERTIFICATE)
    assert error.value.id == "wrong-block"


def test_the_check_code_covers_everything() -> None:
    others = [
        replace(TEXT, name="ts2"),
        replace(TEXT, host="ts2.lab.test"),
        replace(TEXT, port=22),
        replace(TEXT, host_key=new_key("")),
        replace(TEXT, key=new_key()),
        replace(TEXT, lets_in=new_key().fingerprint),
    ]
    assert len({text.check_code for text in (TEXT, *others)}) == len(others) + 1


def sealed(*said: str) -> bytes:
    """Return a block that says anything, with a seal that fits."""
    content = b"".join(tlv(UTF8_STRING, each.encode()) for each in said)
    inside = b64encode(tlv(SEQUENCE, content, tlv(OCTET_STRING, _seal(content)))).decode()
    return f"-----BEGIN {LABEL}-----\n{inside}\n-----END {LABEL}-----\n".encode()
