"""Which hosts of an ssh configuration are asked: by name, by pattern, and as ssh itself reads the file."""

from pathlib import Path

import pytest

from sftp.board import hosts
from sftp.board.hosts import chosen_hosts
from tanos.errors import AnswerRefused, WrongUse


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration that includes others, in a home of its own."""
    own = tmp_path / ".ssh" / "config"
    (own.parent / "conf.d").mkdir(parents=True)
    monkeypatch.setattr(hosts, "OWN", own)
    own.write_text("Host own1\n")
    (own.parent / "conf.d" / "b.conf").write_text("Host zs3\n")
    (own.parent / "conf.d" / "a.conf").write_text("host=zs2 # nothing\n  Include conf.d/a.conf\n")
    (tmp_path / "more").write_text('Host "zs4" !no *.lab\n')
    file = tmp_path / "fleet"
    file.write_text(
        f"Host ts1 zs1\n  User x\nHost *\n Port 2\nInclude conf.d/*.conf {tmp_path}/more\nMatch host x\nHost ts1\n"
    )
    return file


def test_all_names_of_the_file_and_of_what_it_includes_are_asked_once(config: Path) -> None:
    assert chosen_hosts(config, ()) == ("ts1", "zs1", "zs2", "zs3", "zs4")


def test_who_is_named_is_asked_whether_he_stands_there_or_not(config: Path) -> None:
    assert chosen_hosts(config, ("ts1", "user@other", "zs?", "ts1")) == (
        "ts1",
        "user@other",
        "zs1",
        "zs2",
        "zs3",
        "zs4",
    )
    assert chosen_hosts(None, ("a", "b")) == ("a", "b")
    assert chosen_hosts(None, ("own*",)) == ("own1",)


def test_where_nobody_says_whom_nobody_is_asked(config: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongUse):
        chosen_hosts(None, ())
    (tmp_path / "empty").write_text("Host *\n")
    for file, asked in ((tmp_path / "empty", ()), (config, ("nobody*",))):
        with pytest.raises(AnswerRefused) as told:
            chosen_hosts(file, asked)
        assert told.value.id == "no-such-host"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text('Host "a\n')
    for file in (tmp_path / "none", tmp_path, tmp_path / "broken"):
        with pytest.raises(AnswerRefused) as told:
            chosen_hosts(file, ())
        assert told.value.id == "bad-ssh-config"
