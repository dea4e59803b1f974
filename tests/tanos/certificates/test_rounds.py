"""How much work a container or a key asks for, as openssl itself tells it; what asks for minutes is not opened."""

import re
import subprocess
import textwrap
import time
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from tanos.certificates.rounds import check_rounds, rounds_asked
from tanos.der import element, tlv
from tanos.errors import AnswerRefused
from tanos.https_pairs.uploaded import read_pkcs12
from tanos.inspecting.reading import read_objects
from tanos.secret import Secret
from tests.tanos.certificates.asking import ec_key
from tests.tanos.https_pairs.made import authority, key_pem, pem, rsa_key

ROUNDS = 70_000
NEW = "-certpbe AES-256-CBC -keypbe AES-256-CBC -macalg sha256"
OLD = "-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1"


def container(directory: Path, words: str) -> bytes:
    """Return a PKCS#12 that openssl made."""
    (directory / "pair").write_bytes(key_pem(rsa_key()) + pem(authority().issue()))
    made = ["openssl", "pkcs12", "-export", "-in", "pair", "-passout", "pass:x", "-iter", str(ROUNDS), *words.split()]
    return subprocess.run(made, cwd=directory, capture_output=True, check=True, timeout=60).stdout


def told_by_openssl(data: bytes) -> int:
    words = ["openssl", "pkcs12", "-info", "-noout", "-passin", "pass:x"]
    done = subprocess.run(words, input=data, capture_output=True, check=True, timeout=60)
    return sum(map(int, re.findall(r"Iteration (\d+)", done.stderr.decode())))


def in_pieces(der: bytes) -> bytes:
    """Return the same PKCS#12 as BER without lengths, its content in pieces, as some programs write it."""
    _, at, _ = element(der)
    _, _, end_of_version = element(der, at)
    _, safe, end_of_safe = element(der, end_of_version)
    _, _, end_of_oid = element(der, safe)
    _, inside, _ = element(der, end_of_oid)
    _, content, end = element(der, inside)
    pieces = b"".join(tlv(4, der[place : min(place + 100, end)]) for place in range(content, end, 100))
    whole = b"\x30\x80" + der[safe:end_of_oid] + b"\xa0\x80\x24\x80" + pieces + b"\0\0" * 3
    return b"\x30\x80" + der[at:end_of_version] + whole + der[end_of_safe:] + b"\0\0"


@pytest.mark.parametrize("words", [NEW, OLD, f"{NEW} -nomac", "-certpbe NONE -keypbe AES-256-CBC"])
def test_the_rounds_are_those_that_openssl_tells(words: str, tmp_path: Path) -> None:
    made = container(tmp_path, words)
    assert rounds_asked(made) == told_by_openssl(made) >= ROUNDS
    check_rounds(made)


def test_ber_in_pieces_is_followed_too(tmp_path: Path) -> None:
    made = in_pieces(container(tmp_path, NEW))
    assert rounds_asked(made) == told_by_openssl(made) == 3 * ROUNDS
    assert read_pkcs12(made, Secret("x")).key_pem


@pytest.mark.parametrize("words", [NEW, OLD])
@pytest.mark.parametrize("whole", [True, False], ids=["DER", "in pieces"])
def test_what_asks_for_minutes_is_refused_at_once(words: str, *, whole: bool, tmp_path: Path) -> None:
    honest = container(tmp_path, words)
    there = b"\x02\x03" + ROUNDS.to_bytes(3)
    assert honest.count(there) == 3
    costly = honest.replace(there, b"\x02\x03\x7f\xff\xff")
    costly = costly if whole else in_pieces(costly)
    begin = time.process_time()
    with pytest.raises(AnswerRefused, match="too-many-rounds"):
        read_pkcs12(costly, Secret("x"))
    (found,) = read_objects(costly if whole else honest, passphrase=Secret("x")).objects[:1]
    assert [each.id for each in found.findings] == (["too-many-rounds"] if whole else [])
    assert time.process_time() - begin < 2


@pytest.mark.parametrize("words", ["-v2 aes256 -iter 70000", "-scrypt -scrypt_N 1024 -scrypt_r 8 -scrypt_p 1"])
def test_an_encrypted_key_is_measured_likewise(words: str) -> None:
    made = ["openssl", "pkcs8", "-topk8", "-outform", "DER", "-passout", "pass:x", *words.split()]
    der = subprocess.run(made, input=key_pem(ec_key()), capture_output=True, check=True, timeout=60).stdout
    assert rounds_asked(der) in {70_000, 1024 * 8 * 8}
    there = b"\x02\x03" + ROUNDS.to_bytes(3) if "scrypt" not in words else b"\x02\x02\x04\x00"
    costly = der.replace(there, there[:2] + b"\x7f" * (len(there) - 2))
    assert (rounds_asked(costly) or 0) > ROUNDS


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30", b"\x30\x80", b"\x30\x80" * 5000, b"\x24\x80" * 5000, b"\x30\x84\xff\xff", b"\x1f" * 9],
)
def test_what_cannot_be_followed_is_not_opened(data: bytes) -> None:
    assert rounds_asked(data) is None
    with pytest.raises(AnswerRefused, match="wrong-passphrase"):
        check_rounds(data)


@pytest.mark.parametrize(("rounds", "found"), [(2, []), (100_000_000, ["too-many-rounds"])])
def test_of_a_key_of_ssh_the_rounds_are_bounded_too(rounds: int, found: list[str], tmp_path: Path) -> None:
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-a", "2", "-N", "word", "-f", str(tmp_path / "key")]
    subprocess.run(made, check=True, timeout=60)
    lines = (tmp_path / "key").read_text().splitlines()
    blob = b64decode("".join(lines[1:-1]))
    there, wanted = b"\0\0\0\x18\0\0\0\x10", (2).to_bytes(4)
    at = blob.index(there) + len(there) + 16
    assert blob[at : at + 4] == wanted
    body = b64encode(blob[:at] + rounds.to_bytes(4) + blob[at + 4 :]).decode()
    pem = "\n".join((lines[0], *textwrap.wrap(body, 70), lines[-1], "")).encode()
    (told,) = read_objects(pem, passphrase=Secret("word")).objects
    assert [each.id for each in told.findings] == found
    assert bool(told.ssh_fingerprint) is not bool(found)
