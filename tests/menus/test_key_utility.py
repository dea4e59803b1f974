"""KeyUtility as a program: the words of the documents, what it says, and its exit statuses."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from menus.key_utility.jobs import JOBS
from menus.key_utility.words import given_to
from tanos.errors import WrongUse
from tanos.known_keys.marks import marks_of
from tests.menus.test_programs import ENVIRONMENT
from tests.menus.test_programs import run as run_tanos
from tests.tanos.keyutility.made import openssl, requested, root_in
from tests.test_architecture import ROOT, loaded_by

REQUESTED = "Generating key: '{}'\nSuccessfully generated certificate signing request: '{}'\n"


def run(directory: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `KeyUtility WORDS…` in a directory."""
    program = (sys.executable, "-m", "menus.key_utility.program")
    environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT), **more}
    return subprocess.run(
        [*program, *words], cwd=directory, capture_output=True, text=True, env=environment, check=False
    )


def test_the_job_of_the_documents_is_done_in_their_words(tmp_path: Path) -> None:
    root_in(tmp_path)
    (tmp_path / "Tanium").mkdir()
    asked = run(tmp_path, "reporting-tls-request", "reporting.pvk", "reporting.csr", "--hostname", "zs1.lab.test")
    assert (asked.returncode, asked.stdout) == (0, REQUESTED.format("reporting.pvk", "reporting.csr"))
    done = run(tmp_path, "reporting-tls-issue", "reporting.csr", "Tanium/reporting.crt", "tanium.pvk")
    said = "Successfully issued new certificate: 'Tanium/reporting.crt'\n"
    assert (done.returncode, done.stdout) == (0, said)
    assert asked.stderr.splitlines()[0] == done.stderr.splitlines()[0] != ""
    openssl("verify", "-x509_strict", "-CAfile", tmp_path / "tanium.pub", tmp_path / "Tanium" / "reporting.crt")


def test_a_key_on_a_list_that_is_given_is_refused_wherever_one_enters(tmp_path: Path) -> None:
    root_in(tmp_path)
    requested(tmp_path)
    marks = marks_of(x509.load_pem_x509_csr((tmp_path / "reporting.csr").read_bytes()).public_key())
    assert marks is not None
    (tmp_path / "blocklist.dat").write_bytes(bytes(16) + marks.number + b"\3" + b"\xff" * 16)
    (tmp_path / "other.dat").write_bytes(bytes(16) + b"\xff" * 16)
    ask = ("reporting-tls-request", "--existing-key", "reporting.pvk", "again.csr")
    for words, refusal in (
        ((*ask, "--known-keys", "blocklist.dat"), "known-key"),
        ((*ask, "--known-keys", "none.dat"), "missing-file"),
        ((*ask, "--known-keys", "reporting.csr"), "not-a-key-list"),
        ((*ask, "--known-keys", "."), "not-a-file"),
        (("reporting-tls-issue", "--known-keys", "blocklist.dat"), "known-key"),
    ):
        done = run(tmp_path, *words, "--json")
        assert (done.returncode, json.loads(done.stdout)["error"]["id"]) == (3, refusal)
    assert not (tmp_path / "again.csr").exists()
    assert run(tmp_path, *ask, "--known-keys", "other.dat").returncode == 0


def test_what_is_not_said_is_as_in_the_documents(tmp_path: Path) -> None:
    root_in(tmp_path)
    assert run(tmp_path, "reporting-tls-request", "--hostname=zs1.lab.test").returncode == 0
    assert run(tmp_path, "reporting-tls-issue").stdout == "Successfully issued new certificate: 'reporting.crt'\n"
    shown = openssl("x509", "-noout", "-enddate", "-startdate", "-in", tmp_path / "reporting.crt").decode()
    assert (tmp_path / "reporting.pvk").exists()
    assert len(set(shown.split())) > 2


@pytest.mark.parametrize(
    "words",
    [
        "--root-key tanium.pvk --csr reporting.csr --out a.crt --expiration 3",
        "--root-key=tanium.pvk --csr=reporting.csr -o a.crt --expiration=3",
        "reporting.csr -oa.crt --expiration 3",
        "--expiration 3 reporting.csr a.crt -- tanium.pvk",
    ],
)
def test_options_may_stand_by_name_or_by_place(tmp_path: Path, words: str) -> None:
    root_in(tmp_path)
    requested(tmp_path)
    done = run(tmp_path, "reporting-tls-issue", "--json", *words.split())
    told = json.loads(done.stdout)
    assert (done.returncode, told["schema"], told["certificate_file"]) == (0, 1, "a.crt")
    assert (tmp_path / "a.crt").read_text() == told["certificate"]
    openssl("x509", "-checkend", str(3 * 86400 - 900), "-noout", "-in", tmp_path / "a.crt")


def test_what_was_mended_stands_on_stderr(tmp_path: Path) -> None:
    root_in(tmp_path)
    text = str(requested(tmp_path).data["csr"])
    (tmp_path / "reporting.csr").write_text("".join(f"> {line}\n" for line in text.splitlines()))
    done = run(tmp_path, "reporting-tls-issue")
    assert done.stdout == "Successfully issued new certificate: 'reporting.crt'\n"
    assert "repaired: " in done.stderr


def test_a_pair_that_signs_itself_gets_its_suffixes(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    done = run(tmp_path, "selfsign", "--export-csr", "--hostname", "ts1.lab.test,10.1.2.3", "--out", "new/SOAPServer")
    assert done.stdout == REQUESTED.format("new/SOAPServer.key", "new/SOAPServer.csr") + (
        "Successfully generated self-signed certificate: 'new/SOAPServer.crt'\n"
    )
    assert {each.name for each in (tmp_path / "new").iterdir()} == {
        f"SOAPServer.{each}" for each in ("csr", "crt", "key")
    }


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        ("", 2, None),
        ("reporting-tls-rissue", 2, "wrong-use"),
        ("selfsign --out a", 2, "missing-answer"),
        ("selfsign --hostname ts1.lab.test", 2, "missing-answer"),
        ("selfsign --hostname ts1.lab.test --out", 2, "wrong-use"),
        ("selfsign --export-csr=1 --hostname a.b --out a", 2, "wrong-use"),
        ("reporting-tls-issue --rootkey a", 2, "unknown-option"),
        ("reporting-tls-issue a b c d", 2, "wrong-use"),
        ("reporting-tls-issue a --csr b", 2, "wrong-use"),
        ("reporting-tls-issue --expiration 0", 2, "wrong-use"),
        ("reporting-tls-issue --expiration 99999999999999999999", 2, "wrong-use"),
        ("reporting-tls-issue", 3, "missing-file"),
        ("reporting-tls-request none/a b", 3, "bad-output"),
        ("reporting-tls-request a.pvk a.pvk", 3, "bad-output"),
        ("selfsign --hostname ts1.lab.test --out .", 3, "bad-output"),
    ],
)
def test_every_end_has_its_status(tmp_path: Path, words: str, status: int, error: str | None) -> None:
    done = run(tmp_path, *words.split(), *(["--json"] if error else []))
    assert (done.returncode, "Traceback" in done.stderr) == (status, False)
    if error:
        assert json.loads(done.stdout)["error"]["id"] == error
    assert list(tmp_path.iterdir()) == []


def test_help_has_the_words_and_defaults_of_the_documents(tmp_path: Path) -> None:
    said = run(tmp_path, "reporting-tls-issue", "--help").stdout
    assert "Usage: KeyUtility reporting-tls-issue <reporting.csr> <out> [<tanium.pvk>]" in said
    for words in ("--root-key", "=tanium.pvk", "--csr", "=reporting.csr", "-o, --out", "=reporting.crt", "=3650"):
        assert words in said
    for job in ("reporting-tls-request", "selfsign"):
        done = run(tmp_path, job, "--help")
        assert (done.returncode, job in done.stdout, done.stderr) == (0, True, "")
    assert list(tmp_path.iterdir()) == []


def test_the_same_jobs_are_a_program_of_tanos(tmp_path: Path) -> None:
    root_in(tmp_path)
    requested(tmp_path)
    words = [str(tmp_path / each) for each in ("reporting.csr", "a.crt", "tanium.pvk")]
    assert run_tanos("keyutility", "reporting-tls-issue", *words, "--expiration", "3").returncode == 0
    assert (
        run_tanos("keyutility", "reporting-tls-issue", "--help").stdout
        == run(tmp_path, "reporting-tls-issue", "--help").stdout
    )


_WORDS = st.sampled_from(
    ["--csr", "-o", "--out=", "--out", "-oa", "--expiration", "7", "--", "-", "a.csr", "", "--json", "--=", "-x", "ä"]
)


@given(st.sampled_from(sorted(JOBS)), st.lists(_WORDS | st.text(max_size=8), max_size=8))
def test_any_words_are_understood_or_refused_as_wrong_use(job: str, words: list[str]) -> None:
    try:
        given_here = given_to(JOBS[job], words)
    except WrongUse as wrong:
        assert str(wrong.message).endswith(".")
    else:
        assert set(given_here) <= {each.name for each in JOBS[job].choices}


def test_it_is_installed_under_the_name_of_the_documents() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts["KeyUtility"] == scripts["keyutility"] == "menus.key_utility.program:main"


def test_it_loads_nothing_that_takes_long() -> None:
    jobs = ", ".join(f"tanos.keyutility.{job}" for job in ("issue", "request", "self_sign"))
    assert not loaded_by(f"import menus.key_utility.program, {jobs}") & {
        "click",
        "asyncio",
        "sqlite3",
        "json",
        "textual",
        "asyncssh",
    }
