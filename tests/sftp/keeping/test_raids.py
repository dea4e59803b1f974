"""Arbitrary code inside each kind of process of a served appliance opens no private key, as root or as another user.

The same code is let loose unconfined too: attempts that fail anyway would prove nothing.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sftp.keeping.wire import pack
from tanos.confinement.landlock import version
from tanos.keeper import Keeper
from tanos.setup import init_appliance
from tests.conftest import TS1
from tests.sftp.keeping.looks import LOOKS
from tests.sftp.keeping.raid import WAYS

ROOT = Path(__file__).parents[3]
NOBODY = 65534
USERS = [0, NOBODY] if os.getuid() == 0 else [os.getuid()]
PROCESSES = ("front", "menu", "verb", "tanuser", "files", "supervisor", "service")
PRIVATE = {
    "certificates/reporting/v000001/reporting.pvk",
    "certificates/soap/v000001/SOAPServer.key",
    "requests/reporting.pvk",
    "root/tanium.pvk",
    "ssh/ssh_host_ed25519_key",
    "ssh/ssh_host_rsa_key",
    "ssh/tanadmin_ed25519",
}
VERSIONS = sorted({each for each in (1, 3, 5, version()) if each <= version()})
"""Of Landlock: what this kernel has, and what older ones had, which it can be asked for."""
MUST_CONFINE = "TANOS_MUST_CONFINE"
"""Set where CI runs: there it is a failure that nothing confines."""
SCOPES_SINCE = 6
SIGNALS = ("signal ", "continue ")
"""What older versions let through: it gives nobody a key."""
pytestmark = pytest.mark.skipif(not version() and MUST_CONFINE not in os.environ, reason="no Landlock in this kernel")


def asked(method: str, *words: Any) -> bytes:
    data = json.dumps(pack([method, list(words)])).encode()
    return len(data).to_bytes(4) + data


NEVER = [
    asked("make_root"),
    asked("make_host_keys"),
    asked("recover"),
    asked("sign_exchange", "SHA256:x", "ssh-ed25519", bytes(32)),
    asked("prove_host_key", "SHA256:x", "ssh-ed25519", bytes(32)),
    asked("_root_files"),
    asked("__init__", "x"),
    asked("__class__"),
    asked("appliance"),
]
REFUSED = [
    *NEVER,
    asked("ssh_public_line", "../root/tanium.pvk"),
    asked("ssh_public_line", "tanadmin_ed25519\0"),
    asked("ssh_public_line", 7),
    asked("ssh_public_line"),
    asked("ssh_public_line", "tanadmin", "tanadmin"),
    asked("sign_certificate", b"no certificate"),
    asked("sign_in", "tanadmin", "ssh-ed25519", b"a text to be signed"),
    asked("install", "../../root", "x", "y"),
    asked("discard", "../root"),
    asked("restore", "reporting", -1),
    asked("trust_root", b"another root"),
    asked("make_root_key", "a" * 65),
    asked("make_next_root", ""),
    asked("adopt_next_root", "no fingerprint"),
]
RUBBISH = [
    b"",
    b"\0\0\0\1",
    b"\xff\xff\xff\xff" + b"x" * 100,
    (5).to_bytes(4) + b"[[[[[",
    (100_000).to_bytes(4) + b"[" * 100_000,
    *(
        len(each).to_bytes(4) + each
        for each in (
            b'{"record": "os"}',
            b'["waiting", {"of": 1}]',
            b'["a", {}]',
            b'"waiting"',
            b"[1, 2, 3]",
            b"\xff",
        )
    ),
]
LETTERS = [b'{"part": "front", "user": ""}', b'{"part": "tanadmin", "user": "tanadmin"}', b"x" * 4000, b"c" * 2]


@pytest.fixture
def home() -> Iterator[Path]:
    """The home of a Tanium Server with a waiting key, in a directory that every user may pass through."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        appliance = init_appliance(Path(made) / "ts1", TS1, authorized_key=None, password=None).appliance
        Keeper(appliance).make_request("reporting", "ts1.lab.test", [])
        appliance.store.close()
        yield appliance.home


def raided(home: Path, uid: int, how: str = str(version())) -> dict[str, Any]:
    """Let loose the raids; return what came of them. `how`: held by that version of Landlock, or `free`."""
    for path in (home, *home.rglob("*")):
        os.chown(path, uid, uid, follow_symlinks=False)
    words = [sys.executable, "-m", "tests.sftp.keeping.raided", str(home), str(uid), how]
    letters = [[each.hex() for each in REFUSED + RUBBISH], [each.hex() for each in LETTERS]]
    done = subprocess.run(
        words, cwd=ROOT, input=json.dumps(letters), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    told["front"] = {"came": told["front"], "asked": []}
    return told


def opened(came: dict[str, str]) -> set[str]:
    return {name for name, result in came.items() if result == "opened"}


@pytest.mark.parametrize("of_version", VERSIONS)
@pytest.mark.parametrize("uid", USERS)
def test_no_process_but_the_keeper_opens_a_private_key(home: Path, uid: int, of_version: int) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*.pvk")}
    told = raided(home, uid, str(of_version))

    assert told["said"] == []
    _, files, keepers, _ = told["words"]
    assert {f"requests/{Path(each).name}" if each.startswith("requests") else each for each in files} == PRIVATE
    assert len(keepers) == 2
    for process in PROCESSES:
        came = told[process]["came"]
        assert len(came) == len(files) * (len(WAYS) + 4) + len(keepers) * len(LOOKS)
        allowed = {name for name in came if name.startswith(SIGNALS) and of_version < SCOPES_SINCE}
        assert opened(came) <= allowed, process
    assert opened(told["front"]["came"]) == {
        each for each in told["front"]["came"] if of_version < SCOPES_SINCE and each.startswith(SIGNALS)
    }
    assert {path: path.read_bytes() for path in home.rglob("*.pvk")} == before
    assert told["service"]["asked"] == [], "sockets of this machine let in whoever is of this account"


@pytest.mark.parametrize("uid", USERS)
def test_the_same_code_opens_them_all_where_nothing_is_given_up(home: Path, uid: int) -> None:
    told = raided(home, uid, "free")
    for process in ("front", "menu", "verb", "supervisor", "service"):
        came = opened(told[process]["came"])
        assert len(came) > 100
        for file in told["words"][1]:
            assert {f"{way} {file}" for way in ("open", "by place", "by a link", "by moving its directory")} <= came
            assert f"by another program {file}" in came
    assert opened(told["files"]["came"]) == set()


@pytest.mark.parametrize("process", ["menu", "tanuser"])
def test_nothing_that_a_session_says_to_the_keeper_gives_it_more(home: Path, process: str) -> None:
    root = (home / "root/tanium.pub").read_bytes()
    answers = raided(home, USERS[0])[process]["asked"]

    assert len(answers) == len(REFUSED + RUBBISH)
    for answer in answers:
        assert "PRIVATE" not in answer
        assert '"value"' not in answer
    for answer in answers[: len(NEVER)]:
        assert "not to be asked" in answer
    if process == "tanuser":
        assert all("not to be asked" in answer for answer in answers[: len(REFUSED)])
    assert (home / "root/tanium.pub").read_bytes() == root
    assert len(list((home / "requests").iterdir())) == 1
