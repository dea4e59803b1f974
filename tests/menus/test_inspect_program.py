"""`tanos inspect` as a program: what it reads, what it shows, how it ends."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.data.pastes.parts import SOURCE
from tests.menus.test_programs import ENVIRONMENT, TANOS, run

LEAF, KEY = SOURCE / "leaf.crt", SOURCE / "exposed.sec1"


def test_what_is_piped_is_told_and_nothing_of_a_key_is_shown() -> None:
    done = run("inspect", "-", stdin=KEY.read_text())
    assert (done.returncode, done.stderr) == (0, "")
    assert "8A6D-F5FE-FE88-9582-7A1D-30E2-C55C-BF08" in done.stdout
    assert KEY.read_text().splitlines()[1] not in done.stdout


def test_files_are_read_wherever_links_lead_and_named(tmp_path: Path) -> None:
    link = tmp_path / "link.pem"
    link.symlink_to(LEAF.absolute())
    done = run("inspect", str(link), str(KEY), str(tmp_path / "none"), "--json")
    told = json.loads(done.stdout)
    assert [each["file"] for each in told["objects"]] == [str(link), str(KEY), str(tmp_path / "none")]
    assert (done.returncode, told["schema"], told["objects"][2]["findings"][0]["id"]) == (3, 1, "missing-file")


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        (("--for", "reporting", "--root", str(SOURCE / "root.crt"), str(LEAF)), 0, None),
        (("--for", "soap", str(LEAF)), 3, None),
        (("--for", "nothing", str(LEAF)), 2, "wrong-use"),
        (("--root", "/nonexistent", str(LEAF)), 3, "missing-file"),
        (("/nonexistent",), 3, "missing-file"),
        (("/",), 3, "not-a-file"),
        (("--passphrase-file", str(LEAF), str(SOURCE / "exposed.p12")), 3, None),
    ],
    ids=str,
)
def test_every_end_has_its_status(words: tuple[str, ...], status: int, error: str | None) -> None:
    done = run("inspect", "--json", *words)
    assert done.returncode == status, done.stderr
    told = json.loads(done.stdout)
    assert ("error" in told) == bool(error)
    assert not error or told["error"]["id"] == error


def test_a_paste_is_not_echoed_and_ends_by_itself() -> None:
    ours, its = pty.openpty()
    program = subprocess.Popen([*TANOS, "inspect"], stdin=its, stdout=its, stderr=its, env=ENVIRONMENT)
    os.close(its)
    try:
        shown = _until(ours, "Paste it now")
        os.write(ours, KEY.read_bytes().replace(b"\n", b"\r"))
        shown += _until(ours, "consider", "Consider")
        assert program.wait(timeout=60) == 0
    finally:
        program.kill()
        program.wait()
        os.close(ours)
    assert "8A6D-F5FE" in shown
    assert KEY.read_text().splitlines()[1] not in shown


def _until(terminal: int, *words: str) -> str:
    """Return what is shown up to and with one of `words`."""
    shown, until = "", time.monotonic() + 20
    while not any(word in shown for word in words):
        assert select.select([terminal], [], [], until - time.monotonic())[0], shown
        shown += os.read(terminal, 65536).decode()
    return shown


def test_it_loads_no_terminal_and_no_ssh() -> None:
    program = (
        "import sys; from menus.__main__ import main; code = main(sys.argv[1:])\n"
        "found = {'textual', 'rich', 'asyncssh', 'paramiko'} & {name.partition('.')[0] for name in sys.modules}\n"
        "sys.exit(f'loaded {found}' if found else code)"
    )
    words = [sys.executable, "-c", program, "inspect", str(LEAF)]
    assert subprocess.run(words, capture_output=True, env=ENVIRONMENT, check=False).returncode == 0
