"""`tanos pair` as a program: the plan before anything, its exit statuses, one JSON object."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.menus.test_programs import run
from tests.tanos.https_pairs.made import authority, key_pem, pem, rsa_key


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """A key, its certificate, and a directory that is not there yet."""
    key, certificate = tmp_path / "a.key", tmp_path / "a.crt"
    key.write_bytes(key_pem(rsa_key()))
    certificate.write_bytes(pem(authority().issue(now=datetime.now(UTC))))
    return str(key), str(certificate), str(tmp_path / "tls")


def test_nothing_is_done_without_a_yes(files: tuple[str, str, str]) -> None:
    for words, status in ((["--dry-run"], 0), ([], 2)):
        done = run("pair", "install", *files, *words, "--json")
        assert done.returncode == status
        assert json.loads(done.stdout)["plan"]["confirm"] == "yes"
    assert json.loads(done.stdout)["error"]["id"] == "needs-yes"
    assert not Path(files[2]).exists()


def test_it_installs_lists_and_puts_back(files: tuple[str, str, str]) -> None:
    done = run("pair", "install", *files, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"ReportingTLSKeyPath: {files[2]}/current/reporting.pvk" in done.stdout
    assert key_pem(rsa_key()).decode().splitlines()[1] not in done.stdout
    Path(files[1]).write_bytes(pem(authority().issue(now=datetime.now(UTC))))
    assert json.loads(run("pair", "install", *files, "--yes", "--json").stdout)["version"] == 2
    assert json.loads(run("pair", "put-back", files[2], "--yes", "--json").stdout)["version"] == 1
    assert json.loads(run("pair", "list", files[2], "--json").stdout)["current"] == 1


def test_what_is_refused_stays_outside_even_with_a_yes(files: tuple[str, str, str]) -> None:
    for words in (["--yes"], ["--dry-run"], []):
        done = run("pair", "install", *files, "--for", "soap", "--host", "else.lab.test", *words, "--json")
        assert (done.returncode, json.loads(done.stdout)["error"]["id"]) == (3, "cn-not-host")
    assert not Path(files[2]).exists()


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        ((), 2, "unknown-option"),
        (("nothing",), 2, "wrong-use"),
        (("install", "a"), 2, "missing-answer"),
        (("install", "/none", "/none", "/tmp/none", "--yes"), 3, "missing-file"),
        (("list", "/none/below"), 3, "not-a-pair-directory"),
        (("list", "--no"), 2, "unknown-option"),
    ],
    ids=str,
)
def test_every_end_has_its_status(words: tuple[str, ...], status: int, error: str) -> None:
    done = run("pair", *words, "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["id"]) == (status, error)
