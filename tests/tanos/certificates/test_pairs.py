"""A pair is installed whole or not at all; earlier ones are kept and can be restored."""

import json
import stat
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.pair_files import names_in
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.pairs import PairStore
from tanos.certificates.root import self_signed_root
from tanos.errors import AnswerRefused, Damaged
from tests.conftest import NOON
from tests.tanos.certificates.asking import ec_key

SAID = {"installed_by": "tanadmin", "installed_at": "2026-11-22T12:00:00Z"}


def pair(number: int) -> tuple[bytes, bytes]:
    """Return a key and a certificate that belong together, PEM."""
    key = ec_key(number)
    certificate = self_signed_root(key, f"pair {number}", NOON)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate.public_bytes(Encoding.PEM)


PAIRS = [pair(number) for number in range(6)]


@pytest.fixture
def store(tmp_path: Path) -> PairStore:
    """An empty store."""
    return PairStore(tmp_path, REPORTING)


def names(store: PairStore) -> list[str]:
    """Return everything in the store's directory."""
    return sorted(entry.name for entry in store.directory.iterdir())


def test_nothing_is_installed_at_first(store: PairStore) -> None:
    assert (store.current(), store.versions(), store.read_current(), store.recover()) == (None, [], None, [])


def test_an_installed_pair_is_read_back_with_private_modes(store: PairStore) -> None:
    assert store.install(*PAIRS[0], SAID) == 1
    assert store.current() == 1
    assert store.read_current() == PAIRS[0]
    for path in (store.directory, *store.directory.rglob("*")):
        if not path.is_symlink():
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert (store.directory / "current").readlink() == Path("v000001")
    with store.open_current() as directory:
        assert directory is not None
        assert (directory / "reporting.pvk").read_bytes() == PAIRS[0][0]


def test_a_version_says_what_it_is(store: PairStore) -> None:
    store.install(*PAIRS[0], SAID)
    (version,) = store.versions()
    assert version.check_code == check_code(ec_key(0).public_key())
    assert (version.number, version.by, version.installed_at, version.intact) == (
        1,
        "tanadmin",
        SAID["installed_at"],
        True,
    )
    assert version.not_after == "9999-12-31T23:59:59Z"


def test_the_last_three_versions_are_kept(store: PairStore) -> None:
    for number, one in enumerate(PAIRS, start=1):
        assert store.install(*one, SAID) == number
    assert [version.number for version in store.versions()] == [6, 5, 4]
    assert store.read_current() == PAIRS[5]


def test_a_pair_whose_certificate_is_named_stays_however_old_until_it_is_named_no_more(store: PairStore) -> None:
    for one in PAIRS[:2]:
        store.install(*one, SAID)
    named = [fingerprint(x509.load_pem_x509_certificate(PAIRS[0][1])), "AA"]
    for one in PAIRS[2:5]:
        store.install(*one, SAID, named)
    assert [version.number for version in store.versions()] == [5, 4, 3, 1]
    assert store.read(1) == PAIRS[0]
    store.install(*PAIRS[5], SAID)
    assert [version.number for version in store.versions()] == [6, 5, 4]


def test_what_killed_installs_left_takes_no_earlier_pairs_place_and_goes_with_the_next(store: PairStore) -> None:
    for one in PAIRS[:3]:
        store.install(*one, SAID)
    for number in (4, 5):
        left = store.directory / f"v00000{number}"
        left.mkdir()
        (left / "reporting.pvk").write_bytes(PAIRS[0][0])
    assert store.install(*PAIRS[3], SAID) == 6
    assert [version.number for version in store.versions()] == [6, 3, 2]


def test_a_version_that_is_live_is_never_removed(store: PairStore) -> None:
    for one in PAIRS[:3]:
        store.install(*one, SAID)
    store.restore(1)
    assert store.read_current() == PAIRS[0]
    assert store.install(*PAIRS[3], SAID) == 4
    assert [version.number for version in store.versions()] == [4, 3, 2, 1]
    store.restore(1)
    assert store.read_current() == PAIRS[0], "the one before is there to go back to, however old it is"
    assert store.install(*PAIRS[4], SAID) == 5
    assert store.install(*PAIRS[5], SAID) == 6
    assert [version.number for version in store.versions()] == [6, 5, 4]


def test_after_a_restore_the_newer_ones_stay_and_survive_a_restart(store: PairStore) -> None:
    for one in PAIRS[:3]:
        store.install(*one, SAID)
    store.restore(2)
    assert store.recover() == []
    assert [version.number for version in store.versions()] == [3, 2, 1]
    store.restore(3)
    assert store.read_current() == PAIRS[2]


def test_what_is_no_pair_is_refused_and_nothing_is_written(store: PairStore) -> None:
    with pytest.raises(AnswerRefused) as refused:
        store.install(PAIRS[0][0], PAIRS[1][1], SAID)
    assert refused.value.id == "key-mismatch"
    assert not store.directory.exists()
    other = ec.generate_private_key(ec.SECP384R1())
    key = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for wrong in ((key, PAIRS[0][1]), (b"", PAIRS[0][1]), (PAIRS[0][0], b"")):
        with pytest.raises(AnswerRefused):
            store.install(*wrong, SAID)


def test_only_a_kept_and_intact_version_is_restored(store: PairStore) -> None:
    for one in PAIRS[:2]:
        store.install(*one, SAID)
    with pytest.raises(AnswerRefused) as refused:
        store.restore(7)
    assert refused.value.id == "no-such-version"
    (store.directory / "v000001" / "reporting.crt").write_bytes(PAIRS[3][1])
    assert [version.intact for version in store.versions()] == [True, False]
    with pytest.raises(Damaged) as damaged:
        store.restore(1)
    assert damaged.value.id == "pair-damaged"
    assert store.read_current() == PAIRS[1]


def test_a_version_is_described_without_its_key_and_proved_before_it_is_restored(store: PairStore) -> None:
    for one in PAIRS[:2]:
        store.install(*one, SAID)
    key = store.directory / "v000001" / "reporting.pvk"
    key.write_bytes(PAIRS[3][0])
    assert [version.intact for version in store.versions()] == [True, True]
    with pytest.raises(Damaged):
        store.restore(1)
    assert store.read_current() == PAIRS[1]
    key.unlink()
    assert [version.intact for version in store.versions()] == [True, False]
    key.symlink_to(store.directory / "v000002" / "reporting.pvk")
    assert [version.intact for version in store.versions()] == [True, False]


def test_recovery_removes_what_was_never_live_and_says_so(store: PairStore) -> None:
    store.install(*PAIRS[0], SAID)
    unfinished = store.directory / "v000002"
    unfinished.mkdir()
    (unfinished / "reporting.pvk").write_bytes(PAIRS[1][0])
    (store.directory / ".new").symlink_to("v000002")
    found = [str(message) for message in store.recover()]
    assert len(found) == 2
    assert "Version 2" in found[1]
    assert names(store) == ["current", "v000001"]
    assert store.recover() == []


def test_recovery_removes_a_complete_version_that_was_never_live(store: PairStore) -> None:
    for one in PAIRS[:2]:
        store.install(*one, SAID)
    (store.directory / "v000002" / "installed").unlink()
    (store.directory / "current").unlink()
    (store.directory / "current").symlink_to("v000001")
    assert len(store.recover()) == 1
    assert names(store) == ["current", "v000001"]


def test_a_damaged_live_pair_is_said_and_left(store: PairStore) -> None:
    store.install(*PAIRS[0], SAID)
    (store.directory / "v000001" / "reporting.crt").write_bytes(b"")
    assert ["damaged" in str(message) for message in store.recover()] == [True]
    assert store.current() == 1


@pytest.mark.parametrize("manifest", ["", "[]", "{}", json.dumps({"files": {}}), "\x00"])
def test_a_manifest_of_rubbish_is_no_traceback(store: PairStore, manifest: str) -> None:
    store.install(*PAIRS[0], SAID)
    (store.directory / "v000001" / "manifest.json").write_text(manifest)
    assert [version.intact for version in store.versions()] == [False]


def test_readers_never_see_a_mixed_pair_while_writers_swap(store: PairStore) -> None:
    store.install(*PAIRS[0], SAID)
    mixed: list[object] = []
    reading = True

    def read() -> None:
        while reading:
            try:
                seen = store.read_current()
            except Damaged:
                continue
            if seen not in PAIRS:
                mixed.append(seen)

    def install_five(key_pem: bytes, cert_pem: bytes) -> None:
        for _ in range(5):
            store.install(key_pem, cert_pem, SAID)

    reader = Thread(target=read)
    reader.start()
    writers = [Thread(target=install_five, args=one) for one in PAIRS[:3]]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    reading = False
    reader.join()
    assert mixed == []
    assert store.current() == 16
    assert len(store.versions()) == 3


def test_a_store_that_is_a_link_is_not_followed(store: PairStore, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    store.directory.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Damaged):
        store.install(*PAIRS[0], SAID)
    assert names_in(tmp_path / "elsewhere") == []
