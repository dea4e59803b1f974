"""Receipts: what the sender of a file is told of it, beside the file."""

import hashlib
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sftp.files import publisher
from tanos.receipt import read_lines, receipt_of
from tanos.receipts.wanted import MEGABYTE, Wanted
from tests.sftp.files.conftest import CREATE, DENIED, OK, READ, TRUNCATE, WRITE, Client, lying, string, visible

OVER = string(b"posix-rename@openssh.com")


def receipt(dropbox: Path, name: str) -> dict[str, str]:
    """Return the lines of a receipt."""
    return read_lines((dropbox / "incoming" / receipt_of(name)).read_bytes())


def made(*words: str) -> bytes:
    """Return what `openssl` makes."""
    return subprocess.run(["openssl", *words], capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key in a file."""
    path = tmp_path_factory.mktemp("key") / "key.pem"
    path.write_bytes(made("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))
    return path


@contextmanager
def sending(dropbox: Path, wanted: Wanted | None = None) -> Iterator[Client]:
    """Connect."""
    one = Client(dropbox, wanted=wanted)
    try:
        yield one
    finally:
        one.leave()


def refused(client: Client, path: bytes, data: bytes) -> str:
    """Send a file that is refused when it is closed; return the sentence."""
    handle = client.handle(path)
    assert client.write(handle, 0, data) == OK
    return client.sentence(4, string(handle))


def test_a_receipt_says_what_arrived_and_the_audit_knows_it_by_the_same_id(client: Client, dropbox: Path) -> None:
    data = os.urandom(100_000)
    client.put(b"/incoming/a", data)

    said = receipt(dropbox, "a")
    assert list(said) == ["size", "sha256", "recognised as", "verdict", "audit id", "time"]
    assert said["size"] == "100000"
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
    assert (said["recognised as"], said["verdict"]) == ("unknown", "taken")
    ((did, about, after, _),) = client.events
    assert (did, about) == ("put", "/incoming/a")
    assert said["audit id"] in after
    assert said["sha256"] in after


def test_the_hash_is_that_of_the_file_however_it_was_written(dropbox: Path) -> None:
    with sending(dropbox) as one:
        handle = one.handle(b"/incoming/back")
        for offset, data in ((5, b"world"), (0, b"hello"), (2, b"LL"), (10, b"!!!!")):
            one.write(handle, offset, data)
        one.status(10, string(handle) + struct.pack(">IQ", 1, 11))
        one.close(handle)
        one.write(one.handle(b"/incoming/resumed"), 0, b"hello")
    with sending(dropbox) as one:
        handle = one.handle(b"/incoming/resumed", WRITE | CREATE)
        one.write(handle, 5, b" again")
        one.close(handle)
        handle = one.handle(b"/incoming/back", WRITE)
        one.write(handle, 0, b"H")
        one.close(handle)

    for name, data in (("back", b"HeLLoworld!"), ("resumed", b"hello again")):
        assert (dropbox / "incoming" / name).read_bytes() == data
        assert receipt(dropbox, name)["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_receipt_is_listed_and_read_and_cannot_be_written(client: Client, dropbox: Path) -> None:
    client.put(b"/incoming/a", b"hello")

    assert client.size(b"/incoming/a.receipt") == (dropbox / "incoming" / "a.receipt").stat().st_size
    told = client.read(client.handle(b"/incoming/a.receipt", READ))
    assert isinstance(told, bytes)
    assert b"verdict: taken\n" in told
    for name in (b"a.receipt", b"b.receipt", b"a.receipt.receipt", b".receipt", b"B.RECEIPT"):
        assert client.open(b"/incoming/" + name, WRITE | CREATE | TRUNCATE) == DENIED
    assert client.status(18, string(b"/incoming/a") + string(b"/incoming/b.receipt")) == DENIED
    assert client.status(18, string(b"/incoming/a.receipt") + string(b"/incoming/b")) == DENIED
    assert client.status(9, string(b"/incoming/a.receipt") + struct.pack(">III", 8, 1, 1)) == OK
    assert (dropbox / "incoming" / "a.receipt").stat().st_mtime > 1000
    assert lying(dropbox / "incoming") == ["a"]


@pytest.mark.parametrize(
    "name",
    [
        "x.receipt ",
        "x.receipt.",
        "x.receipt.part",
        "x.RECEIPT.filepart",
        "x.receipt.part.",
        "x.receipt .txt",
        "x.ｒeceipt",
    ],
)
def test_no_name_looks_like_that_of_a_receipt(client: Client, name: str) -> None:
    assert client.open(f"/incoming/{name}".encode(), WRITE | CREATE | TRUNCATE) == DENIED


def test_who_puts_a_file_elsewhere_is_denied_and_not_told_that_it_is_missing(client: Client) -> None:
    for path in (b"/a", b"a", b"/elsewhere/a", b"/incoming/below/a"):
        assert client.open(path, WRITE | CREATE | TRUNCATE) == DENIED
    assert client.open(b"/a", READ) != DENIED


def test_a_receipt_goes_with_its_file(client: Client, dropbox: Path) -> None:
    for name in (b"a", b"b", b"c"):
        client.put(b"/incoming/" + name, name * 3)
    assert client.status(200, OVER + string(b"/incoming/a") + string(b"/incoming/b")) == OK
    client.put(b"/incoming/c", b"other")
    assert receipt(dropbox, "b")["sha256"] == hashlib.sha256(b"aaa").hexdigest()
    assert receipt(dropbox, "c")["sha256"] == hashlib.sha256(b"other").hexdigest()
    (dropbox / "incoming" / "c.receipt").unlink()
    assert client.status(200, OVER + string(b"/incoming/c") + string(b"/incoming/b")) == OK

    assert sorted(path.name for path in (dropbox / "incoming").iterdir()) == ["b"]


def test_what_is_sent_again_has_its_receipt_in_the_file_of_the_last_one(client: Client, dropbox: Path) -> None:
    client.put(b"/incoming/a", b"what was sent first, and is the longer one of the two")
    path = dropbox / "incoming" / "a.receipt"
    first, earlier = path.stat(), receipt(dropbox, "a")
    client.put(b"/incoming/a", b"short")

    assert path.stat().st_ino == first.st_ino
    assert receipt(dropbox, "a")["sha256"] == hashlib.sha256(b"short").hexdigest()
    assert receipt(dropbox, "a").keys() == earlier.keys()
    assert receipt(dropbox, "a")["audit id"] != earlier["audit id"]


def test_a_receipt_with_a_second_name_is_not_written_into(client: Client, dropbox: Path) -> None:
    client.put(b"/incoming/a", b"first")
    (dropbox / "elsewhere").hardlink_to(dropbox / "incoming" / "a.receipt")
    before = (dropbox / "elsewhere").read_bytes()
    client.put(b"/incoming/a", b"second")

    assert (dropbox / "elsewhere").read_bytes() == before
    assert receipt(dropbox, "a")["size"] == "6"


def test_a_link_in_the_place_of_a_receipt_is_not_followed(client: Client, dropbox: Path) -> None:
    (dropbox / "elsewhere").write_text("untouched")
    (dropbox / "incoming" / "a.receipt").symlink_to(dropbox / "elsewhere")
    client.put(b"/incoming/a", b"second")

    assert (dropbox / "elsewhere").read_text() == "untouched"
    assert receipt(dropbox, "a")["size"] == "6"


def test_a_receipt_stays_until_its_file_goes_or_the_box_is_emptied(client: Client, dropbox: Path) -> None:
    for name in (b"a", b"b"):
        client.put(b"/incoming/" + name, b"x")
    lay = (dropbox / "incoming" / "a.receipt").read_bytes()

    assert client.status(13, string(b"/incoming/a.receipt")) == DENIED
    assert client.status(13, string(b"/incoming/A.RECEIPT")) in {DENIED, OK}
    for target in (b"a.receipt", b"b.receipt"):
        assert client.status(200, OVER + string(b"/incoming/b") + string(b"/incoming/" + target)) == DENIED
    assert client.status(200, OVER + string(b"/incoming/a.receipt") + string(b"/incoming/a")) == DENIED
    assert (dropbox / "incoming" / "a.receipt").read_bytes() == lay


def test_who_mirrors_may_remove_a_receipt_that_its_file_took_along(client: Client, dropbox: Path) -> None:
    client.put(b"/incoming/b", b"x")

    assert client.status(13, string(b"/incoming/b")) == OK
    assert client.status(13, string(b"/incoming/b.receipt")) == OK
    assert list((dropbox / "incoming").iterdir()) == []


def test_the_receipt_of_what_was_refused_cannot_be_hidden_by_who_sent_it(dropbox: Path, key: Path) -> None:
    with sending(dropbox) as one:
        refused(one, b"/incoming/k", key.read_bytes())
        assert one.status(13, string(b"/incoming/k.receipt")) == DENIED
        assert one.events[-1][0] == "refused"

    assert receipt(dropbox, "k")["verdict"].startswith("refused (private-key)")


def test_a_name_too_long_for_a_receipt_of_its_own_has_one_all_the_same(client: Client, dropbox: Path) -> None:
    names = ["n" * 247, "n" * 248, "n" * 255, "ü" * 127]
    for name in names:
        assert client.put(f"/incoming/{name}".encode(), name.encode()) == OK

    assert len({receipt_of(name) for name in names}) == 4
    for name in names:
        assert receipt(dropbox, name)["size"] == str(len(name.encode()))
        assert client.status(13, string(f"/incoming/{name}".encode())) == OK
    assert list((dropbox / "incoming").iterdir()) == []


def test_a_private_key_is_refused_when_it_is_closed_and_said_to_be_exposed(dropbox: Path, key: Path) -> None:
    with sending(dropbox) as one:
        one.put(b"/incoming/k", b"before")
        for form in (key.read_bytes(), made("pkey", "-in", str(key), "-outform", "DER")):
            sentence = refused(one, b"/incoming/k", form)
            assert "private key" in sentence
            assert "exposed" in sentence
        assert one.events[-1][0] == "refused"
        assert one.events[-1][3] == "private-key"
        assert refused(one, b"/incoming/new.txt", b"see:\n" + key.read_bytes())

    assert visible(dropbox) == {"k"}
    assert (dropbox / "incoming" / "k").read_bytes() == b"before"
    said = receipt(dropbox, "k")
    assert said["verdict"] == f"refused (private-key): {sentence}"
    assert said["note"].startswith("the earlier file")
    assert lying(dropbox / "incoming") == ["k"]
    assert receipt(dropbox, "new.txt")["recognised as"] == "private key"


def test_a_private_key_is_taken_under_the_names_that_a_menu_asks_for_and_keeps_them(dropbox: Path, key: Path) -> None:
    with sending(dropbox) as one:
        assert one.put(b"/incoming/SOAPServer.key", key.read_bytes()) == OK
        assert one.status(18, string(b"/incoming/SOAPServer.key") + string(b"/incoming/k")) == DENIED

    assert receipt(dropbox, "SOAPServer.key")["recognised as"] == "private key"
    assert visible(dropbox) == {"SOAPServer.key"}


def test_what_is_asked_for_is_recognised_with_its_check_code(dropbox: Path, key: Path) -> None:
    request = made("req", "-new", "-key", str(key), "-subj", "/CN=zs1")
    certificate = made("req", "-x509", "-key", str(key), "-subj", "/CN=zs1", "-outform", "DER")
    public = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP" + b"A" * 41 + b"I me\n"
    kinds = {
        "r.csr": (request, "certificate request"),
        "c.crt": (certificate, "certificate"),
        "utf16.csr": (request.decode().encode("utf-16"), "certificate request"),
        "k.pub": (public, "public key"),
        "p.pub": (made("pkey", "-in", str(key), "-pubout"), "public key"),
        "banner_ssh.txt": (b"Authorised use only.\n", "banner"),
        "x.rpm": (b"\xed\xab\xee\xdb" + bytes(90), "package"),
        "notes.txt": (b"Authorised use only.\n", "unknown"),
    }
    with sending(dropbox) as one:
        for name, (data, _) in kinds.items():
            assert one.put(f"/incoming/{name}".encode(), data) == OK

    assert {name: receipt(dropbox, name)["recognised as"] for name in kinds} == {
        name: kind for name, (_, kind) in kinds.items()
    }
    codes = {receipt(dropbox, name)["check code"] for name in ("r.csr", "c.crt", "utf16.csr")}
    assert len(codes) == 1


def test_where_only_known_kinds_are_taken_others_are_refused(dropbox: Path) -> None:
    with sending(dropbox, Wanted(known_only=True)) as one:
        assert "this is none" in refused(one, b"/incoming/notes.txt", b"hello")
        assert one.put(b"/incoming/banner_ssh.txt", b"hello") == OK

    assert visible(dropbox) == {"banner_ssh.txt"}
    assert receipt(dropbox, "notes.txt")["verdict"].startswith("refused (not-wanted)")


def test_what_is_too_large_has_a_receipt_that_says_so(dropbox: Path) -> None:
    with sending(dropbox, Wanted(largest=MEGABYTE)) as one:
        handle = one.handle(b"/incoming/a")
        assert one.write(handle, 0, bytes(200_000)) == OK
        assert one.write(handle, MEGABYTE, b"x") == 4
        assert "larger than 1048576 bytes" in one.sentence(4, string(handle))

    assert lying(dropbox / "incoming") == []
    assert receipt(dropbox, "a")["verdict"].startswith("refused (too-large)")


def test_in_a_long_run_each_file_has_its_receipt_and_a_refusal_is_told_later(dropbox: Path) -> None:
    count = publisher.AT_ONCE + 40
    with sending(dropbox) as one:
        for number in range(count):
            assert one.put(f"/incoming/f{number}".encode(), str(number).encode()) == OK
        assert one.put(b"/incoming/late", b"-----BEGIN EC PRIVATE KEY-----\n") == OK
    assert len(one.left) == 1
    assert "exposed" in one.left[0]

    for number in range(count):
        assert receipt(dropbox, f"f{number}")["sha256"] == hashlib.sha256(str(number).encode()).hexdigest()
    assert receipt(dropbox, "late")["verdict"].startswith("refused (private-key)")
    assert visible(dropbox) == {f"f{number}" for number in range(count)}


def test_receipts_of_refused_files_have_an_end(dropbox: Path) -> None:
    with sending(dropbox, Wanted(most_files=3, known_only=True)) as one:
        for number in range(6):
            refused(one, f"/incoming/{number}".encode(), b"x")
    with sending(dropbox, Wanted(most_files=3, known_only=True)) as one:
        body = string(b"/incoming/more") + struct.pack(">II", WRITE | CREATE, 0)
        assert "as many receipts as it takes" in one.sentence(3, body)
    (dropbox / "incoming" / "0.receipt").unlink()
    with sending(dropbox, Wanted(most_files=3, known_only=True)) as one:
        assert one.put(b"/incoming/banner.html", b"x") == OK
