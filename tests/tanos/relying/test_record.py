"""What root wrote is understood whole or refused, and only where nobody else could have written it."""

import os
from pathlib import Path

import pytest

from tanos.relying.guarded import check_program, open_guarded, read_guarded
from tanos.relying.hand import Hand
from tanos.relying.record import kinds_named, read_records
from tanos.relying.stopped import Stopped
from tests.tanos.relying.conftest import described, python

RELOAD = python("pass")


def written(place: Path, text: str) -> Path:
    file = place / "relying.toml"
    file.write_text(text)
    file.chmod(0o644)
    return file


def refused(file: Path) -> tuple[str, str]:
    with pytest.raises(Stopped) as stopped:
        read_records(file)
    return stopped.value.why, str(stopped.value.fields.get("reason") or stopped.value.fields.get("field"))


def test_a_record_is_read(place: Path) -> None:
    file = written(place, described(place / "site", "[::1]:8443", RELOAD, files='"a.crt" = ["certificate"]'))
    record = read_records(file)["site"]
    assert (record.host, record.port, record.address) == ("::1", 8443, "[::1]:8443")
    assert record.mode == 0o600
    assert record.file_mode("a.crt") == 0o644
    assert kinds_named(file) == ["soap"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"certificate": '"root"'}, "certificate"),
        ({"certificate": '["soap"]'}, "certificate"),
        ({"speaks": "{}"}, "speaks"),
        ({"directory": '"site"'}, "directory"),
        ({"address": '"127.0.0.1"'}, "address"),
        ({"address": '"127.0.0.1:99999"'}, "address"),
        ({"check": '"/bin/sh -c true"'}, "check"),
        ({"check": '["sh", "-c", "true"]'}, "check"),
        ({"reload": "[]"}, "reload"),
        ({"mode": '"0644"'}, "mode"),
        ({"mode": "600"}, "mode"),
        ({"wait": "11"}, "wait"),
        ({"speaks": '"smtp"'}, "speaks"),
        ({"shell": "true"}, "shell"),
        ({"owner": '"a\\nb"'}, "owner"),
        ({"files": '"../a" = ["key"]'}, "files"),
        ({"files": '"manifest.json" = ["key"]'}, "files"),
        ({"files": '"a" = ["secret"]'}, "files"),
        ({"texts": '{"site.pem" = "x"}'}, "texts"),
    ],
)
def test_what_is_not_understood_is_refused(place: Path, more: dict[str, str], field: str) -> None:
    file = written(place, described(place / "site", "127.0.0.1:1", RELOAD, **more))
    assert refused(file) == ("file-wrong", field)
    assert kinds_named(file) == []


@pytest.mark.parametrize(
    "text", ["[service.Site]\n", "[service]\nsite = 1\n", "[other]\n", "= 1\n", "\xff", "a=" + "[" * 20_000]
)
def test_a_file_of_another_shape_is_refused(place: Path, text: str) -> None:
    file = written(place, "")
    file.write_bytes(text.encode("latin-1"))
    assert refused(file)[0] == "file-wrong"


def test_a_file_that_others_can_write_or_have_put_there_is_refused(place: Path) -> None:
    file = written(place, "")
    assert read_records(file) == {}
    file.chmod(0o664)
    assert refused(file) == ("unsafe", "mode")
    file.chmod(0o644)
    place.chmod(0o777)
    assert refused(file) == ("unsafe", "mode")
    place.chmod(0o1777)
    assert read_records(file) == {}, "a directory like /tmp may stand above"
    place.chmod(0o755)
    link = place / "link.toml"
    link.symlink_to(file)
    assert refused(link) == ("unsafe", "kind")
    other = place.parent / "other"
    other.symlink_to(place)
    assert refused(other / "relying.toml") == ("unsafe", "link")
    assert refused(place / "none.toml")[0] == "file-missing"
    assert refused(Path("relying.toml")) == ("unsafe", "path")
    fifo = place / "fifo.toml"
    os.mkfifo(fifo, 0o644)
    assert refused(fifo) == ("unsafe", "kind")
    (place / "directory.toml").mkdir()
    assert refused(place / "directory.toml") == ("unsafe", "kind")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("none/site", "file-missing"),
        ("none/further/site", "file-missing"),
        ("file/site", "unsafe"),
        ("a\0b/site", "unsafe"),
        ("a/" * 3000, "unsafe"),
    ],
    ids=["no directory above", "nor above that", "a file above", "NUL", "too long"],
)
def test_a_path_that_leads_nowhere_is_told_as_that_and_is_no_fault(place: Path, path: str, why: str) -> None:
    (place / "file").touch(0o644)
    for look in (lambda: read_guarded(place / path, 9), lambda: open_guarded(place / path)):
        with pytest.raises(Stopped, match=why):
            look()
    with pytest.raises(Stopped, match=why):
        check_program(f"{place}/{path}")


def test_a_service_whose_directory_is_gone_hides_no_other(place: Path) -> None:
    gone = described(place / "gone" / "site", "127.0.0.1:1", RELOAD).replace("service.site", "service.gone")
    (place / "site").mkdir(mode=0o755)
    records = read_records(written(place, described(place / "site", "127.0.0.1:1", RELOAD) + gone))
    hand = Hand(place / "relying.toml", lambda _: None, os.geteuid(), lambda error: pytest.fail(str(error)))
    kept = {name: hand._kept(record) for name, record in records.items()}
    assert "problem" not in kept["site"]
    assert kept["gone"]["problem"]["stopped"] == "file-missing"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_or_directory_of_another_account_is_refused(place: Path) -> None:
    file = written(place, "")
    os.chown(file, 65534, 65534)
    assert refused(file) == ("unsafe", "owner")
    os.chown(file, 0, 0)
    os.chown(place, 65534, 65534)
    assert refused(file) == ("unsafe", "owner")
    with pytest.raises(Stopped, match="unsafe"):
        open_guarded(place)
