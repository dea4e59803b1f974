"""One sentence at each face, as a real operator meets it: the line at the menus, the verb at the command line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from menus.plain import run_plain
from menus.tree import MAIN
from tanos.appliance import Appliance
from tests.menus.conftest import Typist, call_for
from tests.menus.screens import real_terminal
from tests.menus.screens.real_terminal import PROJECT, tmux_screen

VERB = [sys.executable, "-W", "error", "-m", "menus"]


def verb(home: Path, line: str) -> "subprocess.CompletedProcess[str]":
    """Run one verb in a process of its own."""
    return subprocess.run(
        [*VERB, *line.split(), "--home", str(home)], capture_output=True, text=True, cwd=PROJECT, check=False
    )


def test_the_command_line_says_the_verb_to_people_and_to_programs(zone_server: Appliance) -> None:
    shown = verb(zone_server.home, "zone-server status").stdout
    assert "root: not here yet: import it (`public-key import`)" in shown
    said = verb(zone_server.home, "zone-server import-certificate --from incoming --yes --json")
    remedy = json.loads(said.stdout)["error"]["remedy"]
    assert remedy in said.stderr
    assert remedy == "`zone-server create-csr` comes first."


def test_the_plain_face_says_the_line_of_its_menus(zone_server: Appliance) -> None:
    with Typist(b"2-Z\n2-Z-3-1\nC-3-tancopy-2\nZ\n") as typist:
        run_plain(call_for(zone_server), MAIN, typist.streams)
    said = typist.out.getvalue()
    assert "root: not here yet: import it (2-I) (due)" in said
    assert "What to do: Create CSR (2-Z-1) comes first." in said
    assert "What to do: Generate the key pair (C-3-tancopy-1) comes first." in said
    assert "`" not in said
    assert "ssh-keys generate tancopy" in verb(zone_server.home, "ssh-keys show tancopy").stderr


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_the_screens_say_the_line_of_their_menus(zone_server: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_terminal, "program", lambda home: [*VERB, "console", str(home), "--user", "tanadmin"])
    with tmux_screen(zone_server.home, 80, 24) as screen:
        assert "4-1 jumps" in screen.sees("Select:", "Log out")
        screen.type("2-Z")
        screen.sees("import it (2-I)", "Create CSR")
        screen.type("2-Z-3-1")
        screen.sees("What to do: Create CSR (2-Z-1) comes first.")
