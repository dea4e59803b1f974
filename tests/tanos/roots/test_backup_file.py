"""Whatever a file holds that is to be restored, it is a backup or refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tanos.errors import AnswerRefused
from tanos.roots.backup_file import BackupFile, Head, opened_database, sealed_database, understood, written

HEAD = Head("2026-11-22T12:00:00Z", "ts4", "ts4.lab.test", "tanium-server", "7.4")
_WORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_no_bytes_are_more_than_refused(data: bytes) -> None:
    with pytest.raises(AnswerRefused):
        understood(data)


@settings(deadline=None, derandomize=True)
@given(st.sampled_from(("format", "name", "private", "made_at", "release")), _WORDS)
def test_no_words_are_more_than_refused_or_taken_as_text(field: str, value: object) -> None:
    head = {"format": "tanos root backup 1", **vars(HEAD), "private": "{}", field: value}
    try:
        found = understood(json.dumps(head).encode() + b"\nthe database")
    except AnswerRefused as refused:
        assert refused.id in {"backup-damaged", "half-a-backup"}
    else:
        assert found.database == b"the database"


@pytest.mark.parametrize(
    "made_at", ["\ud800", "9999", "2026-11-22T12:00:00", "0001-01-01T00:00:00+14:00", "", "\x1b[2J"]
)
def test_when_it_was_made_is_a_moment_or_it_is_no_backup(made_at: str) -> None:
    head = {"format": "tanos root backup 1", **vars(HEAD), "private": "{}", "made_at": made_at}
    with pytest.raises(AnswerRefused, match="backup-damaged"):
        understood(json.dumps(head).encode() + b"\nthe database")


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_database_comes_back_by_what_was_kept_for_it_alone(database: bytes, other: bytes) -> None:
    sealed, said = sealed_database(database)
    assert opened_database(sealed, said) == database
    assert understood(written(BackupFile(HEAD, b"{}", sealed))) == BackupFile(HEAD, b"{}", sealed)
    foreign = sealed_database(other)[1]
    for wrong in (foreign, other, b"{}", json.dumps({**json.loads(said), "key": "00" * 32}).encode()):
        with pytest.raises(AnswerRefused):
            opened_database(sealed, wrong)
