"""`pki.db`: sealed by a password, copied at each change, and put back from a copy where it is damaged."""

import contextlib
import json
from pathlib import Path

import pytest

from tanos.certificates.pki_copies import MOST_COPIES
from tanos.certificates.pki_file import PkiFile
from tanos.certificates.pki_form import understood
from tanos.certificates.seal import Seal, seal_for
from tanos.errors import Damaged, NotToBeAsked

KEY, CERTIFICATE = b"-----KEY-----", b"-----CERTIFICATE-----"


@pytest.fixture(scope="module")
def seals() -> list[Seal]:
    """Two, made once: each takes a while."""
    return [Seal.of(word, bytes([number]) * 16) for number, word in enumerate((b"Horse-9-Battery", b"Staple-8-Nine"))]


def copies(directory: Path) -> list[Path]:
    return sorted((directory / "backups").iterdir())


def everything(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file() and path.name != "pki.key")


def test_a_seal_is_opened_by_its_password_alone_however_it_is_typed(seals: list[Seal]) -> None:
    closed = seals[0].close(b"what is sealed", b"this")
    assert seals[0].is_of(b"Horse-9-Battery")
    assert not seals[0].is_of(b"horse-9-battery")
    found = seal_for(closed, b"Horse-9-Battery")
    assert found is not None
    assert found.open(closed, b"this") == b"what is sealed"
    assert seal_for(closed, b"another") is None
    assert closed["nonce"] != seals[0].close(b"what is sealed", b"this")["nonce"]
    assert Seal.of("Pässword".encode(), b"s" * 16) == Seal.of("Pa\u0308ssword".encode(), b"s" * 16)
    assert "key" not in repr(seals[0])


def test_what_is_damaged_or_of_another_kind_is_not_opened(seals: list[Seal]) -> None:
    closed = seals[0].close(b"what is sealed", b"this")
    with pytest.raises(ValueError):
        seals[0].open(closed, b"that")
    for part, value in (("sealed", closed["sealed"][:-8]), ("nonce", "00" * 12), ("nonce", ""), ("sealed", "?")):
        with pytest.raises(ValueError):
            seals[0].open({**closed, part: value}, b"this")


def test_a_sealed_file_shows_nothing_of_a_root_and_is_read_by_whoever_opens_the_directory(
    tmp_path: Path, seals: list[Seal]
) -> None:
    PkiFile(tmp_path).add("Root 0", KEY, CERTIFICATE)
    assert PkiFile(tmp_path).seal() is None
    PkiFile(tmp_path).seal_by(seals[0])
    assert PkiFile(tmp_path).seal() == seals[0]
    PkiFile(tmp_path).add("Root 1", KEY, CERTIFICATE)
    assert PkiFile(tmp_path).roots()["Root 0"] == (CERTIFICATE, KEY)
    assert list(PkiFile(tmp_path).certificates()) == ["Root 0", "Root 1"]
    assert b"Root" not in everything(tmp_path)
    assert KEY not in everything(tmp_path)
    PkiFile(tmp_path).seal_by(seals[1])
    assert PkiFile(tmp_path).roots()["Root 1"] == (CERTIFICATE, KEY)
    assert [json.loads(path.read_bytes())["salt"] for path in copies(tmp_path)] == [seals[1].salt.hex()]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()} == {0o600}


def test_copies_are_kept_at_each_change_and_none_of_what_is_dropped(tmp_path: Path) -> None:
    file = PkiFile(tmp_path)
    for number in range(MOST_COPIES + 3):
        file.add(f"Root {number}", KEY, CERTIFICATE)
        assert copies(tmp_path)[-1].read_bytes() == (tmp_path / "pki.db").read_bytes()
    assert len(copies(tmp_path)) == MOST_COPIES
    file.drop("Root 1")
    assert [path.read_bytes() for path in copies(tmp_path)] == [(tmp_path / "pki.db").read_bytes()]
    assert b"Root 1" + b'"' not in everything(tmp_path)
    with pytest.raises(NotToBeAsked):
        file.add("Root 2", b"another", CERTIFICATE)


@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format": "tanos pki 2"}', None])
def test_a_damaged_file_is_put_back_from_its_latest_copy(
    tmp_path: Path, seals: list[Seal], damage: bytes | None, is_sealed: bool
) -> None:
    file = PkiFile(tmp_path)
    file.add("Root 0", KEY, CERTIFICATE)
    if is_sealed:
        file.seal_by(seals[0])
    if damage is None:
        (tmp_path / "pki.db").unlink()
    else:
        (tmp_path / "pki.db").write_bytes(damage)
        with pytest.raises(Damaged):
            file.certificates()
    assert len(file.recover()) == 1
    assert file.roots()["Root 0"] == (CERTIFICATE, KEY)
    assert file.recover() == []
    assert file.seal() == (seals[0] if is_sealed else None)


def test_without_the_key_of_its_seal_it_is_damaged_and_nothing_is_written(tmp_path: Path, seals: list[Seal]) -> None:
    file = PkiFile(tmp_path)
    file.add("Root 0", KEY, CERTIFICATE)
    file.seal_by(seals[0])
    before = (tmp_path / "pki.db").read_bytes()
    (tmp_path / "pki.key").unlink()
    for step in (file.certificates, file.seal, file.recover, lambda: file.seal_by(seals[1])):
        with pytest.raises(Damaged) as refused:
            step()
        assert refused.value.id == "pki-damaged"
    assert (tmp_path / "pki.db").read_bytes() == before
    assert understood(before, seals) == {"Root 0": {"key": KEY.decode(), "certificate": CERTIFICATE.decode()}}


@pytest.mark.parametrize("steps", range(8))
def test_whoever_dies_while_it_is_sealed_anew_leaves_it_under_one_seal_or_the_other(
    tmp_path: Path, seals: list[Seal], steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = PkiFile(tmp_path)
    file.add("Root 0", KEY, CERTIFICATE)
    file.seal_by(seals[0])
    _die_after(steps, monkeypatch)
    with contextlib.suppress(_DeadError):
        file.seal_by(seals[1])
    monkeypatch.undo()
    PkiFile(tmp_path).recover()
    assert PkiFile(tmp_path).roots()["Root 0"] == (CERTIFICATE, KEY)
    seal = PkiFile(tmp_path).seal()
    assert seal in seals
    assert json.loads((tmp_path / "pki.key").read_bytes())["seals"][0]["salt"] == seal.salt.hex()
    assert copies(tmp_path)[-1].read_bytes() == (tmp_path / "pki.db").read_bytes()
    file.seal_by(seals[1])
    assert [json.loads(path.read_bytes())["salt"] for path in copies(tmp_path)] == [seals[1].salt.hex()]


@pytest.mark.parametrize("steps", range(8))
def test_whoever_dies_while_it_is_sealed_first_leaves_no_open_copy_beside_a_sealed_file(
    tmp_path: Path, seals: list[Seal], steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = PkiFile(tmp_path)
    for number in range(3):
        file.add(f"Root {number}", KEY, CERTIFICATE)
    _die_after(steps, monkeypatch)
    with contextlib.suppress(_DeadError):
        file.seal_by(seals[0])
    monkeypatch.undo()
    PkiFile(tmp_path).recover()
    assert len(PkiFile(tmp_path).roots()) == 3
    if PkiFile(tmp_path).seal():
        assert KEY not in everything(tmp_path)
    else:
        assert len(copies(tmp_path)) == 3


@pytest.mark.parametrize("steps", range(6))
@pytest.mark.parametrize("is_sealed", [False, True])
def test_whoever_dies_while_a_root_is_dropped_leaves_it_in_no_copy_once_it_is_gone(
    tmp_path: Path, seals: list[Seal], steps: int, is_sealed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = PkiFile(tmp_path)
    if is_sealed:
        file.seal_by(seals[0])
    for number in range(3):
        file.add(f"Root {number}", KEY, CERTIFICATE)
    _die_after(steps, monkeypatch)
    with contextlib.suppress(_DeadError):
        file.drop("Root 1")
    monkeypatch.undo()
    PkiFile(tmp_path).recover()
    left = PkiFile(tmp_path).roots()
    for path in copies(tmp_path):
        assert understood(path.read_bytes(), seals).keys() <= left.keys()
    assert copies(tmp_path)[-1].read_bytes() == (tmp_path / "pki.db").read_bytes()


class _DeadError(BaseException):
    """Whoever was at work is gone."""


def _die_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the write or wipe after so many of them never happen."""
    import tanos.certificates.pki_copies
    import tanos.certificates.pki_file
    import tanos.certificates.pki_form
    from tanos.files import wipe, write_whole

    left = iter(range(steps))

    def counted(real: object) -> object:
        def step(*words: object) -> object:
            if next(left, None) is None:
                raise _DeadError
            return real(*words)  # type: ignore[operator]  # one of two functions of files

        return step

    for module in (tanos.certificates.pki_copies, tanos.certificates.pki_file, tanos.certificates.pki_form):
        for real in (wipe, write_whole):
            if hasattr(module, real.__name__):
                monkeypatch.setattr(module, real.__name__, counted(real))
