"""The `tanos` program as a process: what it loads, its terminal, its front door."""

import json
import os
import pwd
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from menus.__main__ import PROGRAMS
from menus.programs import programs
from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.platform import UserRole
from tanos.users.accounts import add_user
from tests.menus.conftest import PASSWORD

TANOS = (sys.executable, "-m", "menus")
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "TERM": "dumb"}


def run(*words: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run `tanos WORDS…` to its end."""
    return subprocess.run(
        [*TANOS, *words], input=stdin, capture_output=True, text=True, env={**ENVIRONMENT, **more}, check=False
    )


@pytest.mark.parametrize("verb", ["status", "peer list", "ssh-keys show tanadmin", "zone-server create-csr --yes"])
def test_a_verb_loads_neither_textual_nor_asyncssh(zone_server: Appliance, verb: str) -> None:
    program = (
        "import sys; from menus.__main__ import main; code = main(sys.argv[1:])\n"
        "found = {'textual', 'rich', 'asyncssh', 'paramiko'} & {name.partition('.')[0] for name in sys.modules}\n"
        "sys.exit(f'loaded {found}' if found else code)"
    )
    words = [*verb.split(), "--json", "--home", str(zone_server.home)]
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schema"] == 1


def test_every_program_is_known_by_its_first_word() -> None:
    assert set(programs.commands) == PROGRAMS


def test_an_appliance_is_made_and_asked(tmp_path: Path) -> None:
    home = tmp_path / "zs9"
    words = (
        "init",
        str(home),
        "--role",
        "zone-server",
        "--name",
        "zs9",
        "--fqdn",
        "zs9.lab.test",
        "--release",
        "7.2",
    )
    made = run(*words, "--address", "10.0.0.9", "--password-stdin", stdin=PASSWORD + "\n")
    assert (made.returncode, made.stderr) == (0, "")
    assert PASSWORD not in made.stdout
    told = json.loads(run("status", "--json", "--home", str(home)).stdout)
    assert (told["name"], told["release"]) == ("zs9", "7.2")
    assert json.loads(run("status", "--json", TANOS_HOME=str(home)).stdout)["name"] == "zs9"
    assert run(*words).returncode == 3


def test_a_random_password_is_shown_once(tmp_path: Path) -> None:
    made = run("init", str(tmp_path / "a"), "--role", "module-server", "--name", "ms1", "--fqdn", "ms1.lab.test")
    assert "Password of tanadmin, shown only now: " in made.stdout


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("status",), 2),
        (("status", "--home", "/nonexistent"), 1),
        (("serve", "/nonexistent"), 1),
        (("console", "/nonexistent"), 1),
        (("init", "x"), 2),
        (("serve", "x", "--ssh-port", "99999"), 2),
        (("nonsense",), 2),
        (("--version",), 0),
        (("--help",), 0),
        (("init", "--help"), 0),
        ((), 0),
    ],
    ids=str,
)
def test_every_end_has_its_status_and_no_traceback(words: tuple[str, ...], status: int) -> None:
    done = run(*words)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == (status != 0)


def test_the_user_who_asks_must_be_one(zone_server: Appliance) -> None:
    done = run("status", "--json", "--home", str(zone_server.home), "--user", "nobody")
    assert (done.returncode, json.loads(done.stdout)["error"]["id"]) == (3, "no-such-user")


def test_the_console_serves_verbs_of_another_ssh_server_and_never_a_shell(zone_server: Appliance) -> None:
    console = ("console", str(zone_server.home), "--user", "tanadmin")
    done = run(*console, SSH_ORIGINAL_COMMAND="status --json")
    assert json.loads(done.stdout)["name"] == "zs1"
    assert run(*console, "-c", "status --json").stdout == done.stdout
    hostile = run(*console, SSH_ORIGINAL_COMMAND="status; touch /tmp/tanos-was-here $(id) `id`")
    assert (hostile.returncode, hostile.stdout) == (2, "")
    assert run(*console, SSH_ORIGINAL_COMMAND='status "').returncode == 2
    assert run(*console, stdin="Z\n").stdout.endswith("Signed out.\n")


def test_who_came_to_a_console_and_went_stands_in_the_audit(zone_server: Appliance) -> None:
    console = ("console", str(zone_server.home), "--user", "tanadmin")
    where = {"SSH_CONNECTION": "192.0.2.9 5 192.0.2.1 22"}
    assert run(*console, stdin="Z\n", **where).returncode == 0
    assert run(*console, "-c", "status", **where).returncode == 0
    rows = zone_server.store.rows("SELECT * FROM audit WHERE verb IN ('sign-in', 'sign-out') ORDER BY id")
    assert [(row["verb"], row["user"], row["address"], row["result"]) for row in rows] == [
        (verb, "tanadmin", "192.0.2.9", "done") for verb in ("sign-in", "sign-out") * 2
    ]
    assert rows[0]["session"] == rows[1]["session"]


def test_the_console_is_for_users_of_the_appliance_and_never_makes_one_of_them_an_administrator(
    zone_server: Appliance,
) -> None:
    home = str(zone_server.home)
    name = pwd.getpwuid(os.getuid()).pw_name
    for words, more in (((), {}), ((), {"USER": "tanadmin", "LOGNAME": "tanadmin"}), (("--user", "tancopy"), {})):
        done = run("console", home, *words, "-c", "status --json", **more)
        assert (done.returncode, done.stdout) == (5, "")
        assert "no-console" in done.stderr
    with zone_server.store.change(system_call(zone_server, "test")) as change:
        add_user(change, name, UserRole.TANUSER, None)
    done = run("console", home, "-c", "status --json")
    assert json.loads(done.stdout)["name"] == "zs1"
    assert "not-offered" in run("console", home, "-c", "peer list").stderr


@pytest.mark.parametrize("named", ["--home", "--home=", "TANOS_HOME"])
def test_a_broken_database_is_a_refusal_for_programs(zone_server: Appliance, named: str) -> None:
    (zone_server.home / "appliance.db").write_bytes(b"rubbish " * 1000)
    home = str(zone_server.home)
    words = {"--home": ("--home", home), "--home=": (f"--home={home}",), "TANOS_HOME": ()}[named]
    done = run("status", "--json", *words, **({"TANOS_HOME": home} if not words else {}))
    assert (done.returncode, json.loads(done.stdout)["error"]["id"]) == (1, "store-failed")
    assert "Traceback" not in done.stderr
    assert not (zone_server.home / "log" / "faults.log").exists()
    assert "store-failed" in run("console", home, "--user", "tanadmin", stdin="Z\n").stderr


def test_a_fault_before_a_verb_runs_is_one_object_and_stands_in_the_log_of_the_home(zone_server: Appliance) -> None:
    program = (
        "import sys, menus.__main__ as main\n"
        "def fail(*_): raise ZeroDivisionError('secret-value')\n"
        "main.known_user = fail\n"
        "sys.exit(main.main(sys.argv[1:]))"
    )
    words = ("status", "--json", "--home", str(zone_server.home))
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["id"]) == (1, "internal")
    assert error["reference"] in (zone_server.home / "log" / "faults.log").read_text()
    assert "secret-value" not in done.stdout + done.stderr


def test_a_home_whose_making_died_is_made_anew_and_that_is_said(tmp_path: Path) -> None:
    words = ("--role", "zone-server", "--name", "zs9", "--fqdn", "zs9.lab.test", "--password-stdin")
    made = run("init", str(tmp_path / "zs9"), *words, stdin=PASSWORD + "\n")
    assert "earlier making" not in made.stdout
    (tmp_path / "zs9" / "appliance.toml").rename(tmp_path / "zs9" / "appliance.toml.unfinished")
    again = run("init", str(tmp_path / "zs9"), *words, stdin=PASSWORD + "\n")
    assert again.returncode == 0, again.stderr
    assert "An earlier making had died" in again.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("init x --role king --name a --fqdn a.b.test", "Choose one of: tanium-server"),
        ("init x --role zone-server --fqdn a.b.test", "--name is missing."),
        ("init x --role", "--role needs a value after it."),
        ("init x --hub=yes", "--hub takes no value."),
        ("init", "HOME is missing."),
        ("serve x y", "y is one word too many."),
        ("serve x --ssh-port 99999", "Give a number from 0 to 65535."),
        ("serve x --ssh-port nine", "Give a number from 0 to 65535."),
        ("serve x --nonsense", "There is no option --nonsense."),
        ("status x", "x is one word too many."),
        ("status --nonsense", "There is no option --nonsense."),
        ("zone-server create-csr --common-name", "--common-name needs a value after it."),
    ],
)
def test_what_is_wrong_with_words_is_said_in_words_of_ours(words: str, said: str) -> None:
    done = run(*words.split(), TANOS_LANGUAGE="mangle")
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line]
    assert said in re.sub("[⟦⟧]", "", done.stderr)
    assert all(line.startswith("⟦") and line.endswith("⟧") for line in lines), lines


@pytest.mark.parametrize("words", ["init --help", "serve --help", "console --help", "zone-server create-csr --help"])
def test_no_help_is_in_the_library_s_words(words: str) -> None:
    said = run(*words.split(), TANOS_LANGUAGE="mangle").stdout
    while re.search("⟦[^⟦⟧]*⟧", said):
        said = re.sub("⟦[^⟦⟧]*⟧", "", said)
    left = {word for word in re.findall(r"(?<![-\w])[A-Za-z]{2,}", said) if not word.isupper()}
    assert left <= {"tanos", "init", "serve", "console", "zone", "create"}, said


@pytest.mark.door
def test_serving_is_exclusive_keeps_its_port_and_stops_at_once(zone_server: Appliance) -> None:
    ports = set()
    for number in (signal.SIGTERM, signal.SIGINT):
        serving = subprocess.Popen(
            [*TANOS, "serve", str(zone_server.home)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        )
        assert serving.stdout is not None
        ports.add(serving.stdout.readline())
        second = run("serve", str(zone_server.home))
        assert (second.returncode, "already-serving" in second.stderr) == (4, True)
        asked = time.monotonic()
        serving.send_signal(number)
        assert serving.wait(60) == 0
        assert time.monotonic() - asked < 30
        serving.stdout.close()
    assert len(ports) == 1
    assert ports.pop().startswith("listening 127.0.0.1:")
