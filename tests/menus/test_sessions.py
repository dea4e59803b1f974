"""Which face a session gets, and what is said before there is one."""

import os
import subprocess
import sys

import pytest

from menus.sessions import is_for_screens, split_words, wants_screens
from sftp.session import Session, kind_of
from tanos.appliance import Appliance
from tanos.errors import WrongUse


@pytest.mark.parametrize(
    ("has_terminal", "term", "screens"),
    [(True, "xterm-256color", True), (True, "linux", True), (True, "vt100", True), (True, "dumb", False),
     (True, "", False), (False, "xterm", False)],
)  # fmt: skip
def test_screens_are_for_terminals_that_can_show_them(has_terminal: bool, term: str, screens: bool) -> None:
    assert wants_screens(has_terminal, {"TERM": term}) is screens
    assert not wants_screens(has_terminal, {})


def test_words_are_split_and_never_expanded() -> None:
    assert split_words("a 'b c' $HOME `id` *") == ["a", "b c", "$HOME", "`id`", "*"]
    with pytest.raises(WrongUse):
        split_words('a "b')


@pytest.mark.parametrize(
    ("words", "kind"),
    [("", "menu"), (" ", "menu"), ("menu", "menu"), ("\tmenu --plain", "menu"), ('"menu"', "menu"),
     ("me\\nu", "menu"), ("menu 'x", "menu"), ("menus", "verb"), ("status menu", "verb"), ("'menu", "verb"),
     ("''", "verb"), ("# menu", "verb"), ("'menu ' x", "verb")],
)  # fmt: skip
def test_what_asks_for_the_menus_is_said_in_one_place(words: str, kind: str) -> None:
    assert kind_of(words) == kind


@pytest.mark.parametrize(("words", "is_it"), [("", True), ("menu", True), ("menu --plain", False), ("menu x", False)])
def test_lines_that_were_asked_for_are_no_screens(words: str, is_it: bool) -> None:
    session = Session("menu", "/home", "a", "tanadmin", words=words, has_terminal=True, environment={"TERM": "xterm"})
    assert is_for_screens(session) is is_it


@pytest.mark.parametrize(
    ("kind", "words", "typed", "status", "out", "err"),
    [
        ("menu", "", "4-1\nZ\n", 0, "Signed out.\n", ""),
        ("menu", " ", "Z\n", 0, "Signed out.\n", ""),
        ("menu", "menu", "Z\n", 0, "Signed out.\n", ""),
        ("menu", "'menu' --plain", "Z\n", 0, "Signed out.\n", ""),
        ("menu", "menu --fancy", "Z\n", 2, "", "Say `menu` or `menu --plain`."),
        ("menu", "menu 'x", "", 2, "", "no partner"),
        ("verb", "status --json", "", 0, '"name": "zs1"', ""),
        ("verb", "status 'x", "", 2, "", "no partner"),
        ("verb", "status \udc80", "", 2, "", "not UTF-8"),
    ],
)
def test_a_session_is_served_to_its_end(
    zone_server: Appliance, kind: str, words: str, typed: str, status: int, out: str, err: str
) -> None:
    session = Session(kind, str(zone_server.home), "tanadmin", "tanadmin", words=words)  # type: ignore[arg-type]  # from the table
    serve = "run_verb" if kind == "verb" else "run_menu"
    done = served(session, serve, typed)
    assert (done.returncode, out in done.stdout, err in done.stderr) == (status, True, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_is_gone_is_one_sentence() -> None:
    done = served(Session("menu", "/nonexistent", "tanadmin", "tanadmin"), "run_menu", "")
    assert (done.returncode, "Failed: no-home" in done.stderr) == (1, True)


def served(session: Session, serve: str, typed: str) -> subprocess.CompletedProcess[str]:
    """Serve a session in a process of its own, as the warm parent's child does."""
    program = (
        "import sys; from sftp.session import Session; from menus.sessions import run_menu, run_verb\n"
        f"sys.exit({serve}({session!r}))"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        input=typed,
        capture_output=True,
        text=True,
        env={"PATH": os.defpath},
        check=False,
    )
