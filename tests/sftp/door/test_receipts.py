"""Receipts and refusals as the clients meet them that operators have: none breaks, and the sentence arrives."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tanos.actor import system_call
from tanos.policy.table import INCOMING_KNOWN_ONLY
from tanos.receipt import read_lines
from tests.sftp.door.conftest import OpenDoor
from tests.sftp.door.processes import children, soon
from tests.sftp.door.test_clients import box, fingerprint, run

pytestmark = pytest.mark.door
__all__ = ["box"]


def receipt(door: OpenDoor, name: str) -> dict[str, str]:
    """Return the lines of a receipt."""
    return read_lines((door.appliance.incoming / f"{name}.receipt").read_bytes())


def lftp(door: OpenDoor, script: str) -> str:
    """Run a script that has to succeed."""
    head = (
        f'set sftp:connect-program "ssh -a -x -F {door.config}"\nset cmd:fail-exit yes\nset net:max-retries 1\n'
        "open -u tancopy, sftp://files\n"
    )
    return run("lftp", "-f", "/dev/stdin", data=f"{head}{script}\nbye\n")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory of files."""
    (tmp_path / "tree").mkdir()
    for number in range(25):
        (tmp_path / "tree" / f"f{number}").write_bytes(os.urandom(100 * number))
    return tmp_path / "tree"


def lying(door: OpenDoor) -> set[str]:
    """Return the names in `/incoming`."""
    return {path.name for path in door.appliance.incoming.iterdir()}


def with_receipts(tree: Path) -> set[str]:
    """Return what lies there after a directory was sent."""
    return {name for path in tree.iterdir() for name in (path.name, f"{path.name}.receipt")}


def test_the_audit_id_of_a_receipt_finds_its_audit_record(box: OpenDoor, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    assert box.sftp(f"put {tmp_path}/a /incoming/a\nget /incoming/a.receipt {tmp_path}/got\n").returncode == 0

    said = read_lines((tmp_path / "got").read_bytes())
    assert said["sha256"] == hashlib.sha256(b"hello").hexdigest()
    rows = box.appliance.store.rows("SELECT after FROM audit WHERE object = '/incoming/a' AND verb = 'files put'")
    box.appliance.store.close()
    assert any(said["audit id"] in row["after"] for row in rows)


def test_sftp_and_scp_send_directories_again_and_again(box: OpenDoor, tree: Path) -> None:
    for _ in range(2):
        done = box.sftp(f"put -r {tree}/. /incoming\nls -l /incoming\nrm /incoming/f3\nput {tree}/f3 /incoming/f3\n")
        assert done.returncode == 0, done.stderr
        run("scp", "-q", "-r", "-F", box.config, *tree.iterdir(), "files:/incoming/")
        assert lying(box) == with_receipts(tree)


@pytest.mark.skipif(not shutil.which("lftp"), reason="lftp is not installed")
def test_lftp_mirrors_and_deletes_where_it_leaves_receipts_out(box: OpenDoor, tree: Path, tmp_path: Path) -> None:
    lftp(box, f"mirror -R {tree} /incoming")
    assert lying(box) == with_receipts(tree)
    (tree / "f7").unlink()
    lftp(box, f"mirror -R --delete -X *.receipt {tree} /incoming")
    assert lying(box) == with_receipts(tree)
    lftp(box, f"mirror /incoming {tmp_path}/back")
    assert (tmp_path / "back" / "f24").read_bytes() == (tree / "f24").read_bytes()


@pytest.mark.skipif(not shutil.which("lftp"), reason="lftp is not installed")
def test_lftp_is_told_where_it_would_delete_receipts_too_and_they_stay(box: OpenDoor, tree: Path) -> None:
    lftp(box, f"mirror -R {tree} /incoming")
    with pytest.raises(AssertionError, match="A receipt goes with its file"):
        lftp(box, f"mirror -R --delete {tree} /incoming")
    assert lying(box) == with_receipts(tree)


@pytest.mark.skipif(not shutil.which("rclone"), reason="rclone is not installed")
def test_rclone_syncs_and_deletes_where_it_leaves_receipts_out(box: OpenDoor, tree: Path, tmp_path: Path) -> None:
    options = ["--sftp-host", "127.0.0.1", "--sftp-port", box.port, "--sftp-user", "tancopy", "--config", os.devnull]
    options += ["--sftp-key-file", box.directory / "id", "--sftp-shell-type", "none", "--retries", "1", "--quiet"]
    for gone in ("f5", "f9"):
        run("rclone", *options, "sync", "--exclude", "*.receipt", tree, ":sftp:/incoming", home=tmp_path)
        assert lying(box) == with_receipts(tree)
        (tree / gone).unlink()


def test_the_reason_of_a_refusal_reaches_the_client(box: OpenDoor, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    done = box.sftp(f"put {tmp_path}/key /incoming/key\n")
    assert done.returncode == 1
    assert "ermission denied" in done.stderr
    assert receipt(box, "key")["verdict"].startswith("refused (private-key): This holds a private key.")
    assert lying(box) == {"key.receipt"}


@pytest.mark.skipif(not shutil.which("lftp"), reason="lftp is not installed")
def test_a_client_that_shows_sentences_shows_why(box: OpenDoor, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    with pytest.raises(AssertionError, match="Consider that key exposed"):
        lftp(box, f"put -O /incoming {tmp_path}/key")


@pytest.mark.parametrize("client", ["sftp", "lftp", "psftp"])
def test_an_upload_whose_client_was_killed_somewhere_goes_on(box: OpenDoor, tmp_path: Path, client: str) -> None:
    if not shutil.which(client):
        pytest.skip(f"{client} is not installed")
    data = os.urandom(2 << 20)
    (tmp_path / "x").write_bytes(data)
    killed_somewhere(box, tmp_path / "x")
    (part,) = box.appliance.incoming.glob(".upload-*")
    assert data.startswith(part.read_bytes())
    assert 0 < part.stat().st_size < len(data)

    {"sftp": by_sftp, "lftp": by_lftp, "psftp": by_psftp}[client](box, tmp_path / "x")

    assert lying(box) == {"x", "x.receipt"}
    assert receipt(box, "x")["sha256"] == hashlib.sha256(data).hexdigest()


def killed_somewhere(door: OpenDoor, file: Path) -> None:
    """Send a file slowly by a client that is killed on the way, wherever it is."""
    words = ["sftp", "-q", "-l", "16000", "-F", door.config, "-b", "-", "files"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True, text=True) as client:
        assert client.stdin
        client.stdin.write(f"put {file} /incoming/x\n")
        client.stdin.flush()
        least = random.randrange(1, file.stat().st_size // 2)
        assert soon(lambda: any(each.stat().st_size > least for each in door.appliance.incoming.glob(".up*")))
        os.killpg(client.pid, signal.SIGKILL)
    assert soon(lambda: not children(door.warm_pid))


def by_sftp(door: OpenDoor, file: Path) -> None:
    done = door.sftp(f"reput {file} /incoming/x\n")
    assert done.returncode == 0, done.stderr


def by_lftp(door: OpenDoor, file: Path) -> None:
    lftp(door, f"put -c -O /incoming {file}")


def by_psftp(door: OpenDoor, file: Path) -> None:
    key = file.parent / "key.ppk"
    run("puttygen", door.directory / "id", "-o", key)
    words = ("-batch", "-P", door.port, "-i", key, "-hostkey", fingerprint(door), "-b", "/dev/stdin")
    run("psftp", *words, "tancopy@127.0.0.1", data=f"reput {file} /incoming/x\nquit\n", home=file.parent)


def test_what_is_taken_follows_the_policy_from_the_next_connection_on(box: OpenDoor, tmp_path: Path) -> None:
    (tmp_path / "notes").write_bytes(b"hello\n")
    for value, status in ((1, 1), (0, 0)):
        with box.appliance.store.change(system_call(box.appliance, "test")) as change:
            INCOMING_KNOWN_ONLY.write(change, value)
        box.appliance.store.close()
        assert box.sftp(f"put {tmp_path}/notes /incoming/notes\n").returncode == status
        assert receipt(box, "notes")["verdict"].startswith("refused (not-wanted)" if value else "taken")
