"""A disk that was full, or read-only, before the start keeps nobody out: one signs in, reads, and makes room."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import asyncssh
import pytest

from tanos.actor import system_call
from tanos.appliance import utc_now
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_pasted_key
from tanos.store.store import Store
from tests.menus.disks import FILLER, Served, served_from
from tests.sftp.door.conftest import PASSWORD, make_home
from tests.sftp.door.processes import soon

pytestmark = pytest.mark.door

FULL = "The disk of this appliance is full"
READ_ONLY = "The disk of this appliance is read-only"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home whose database was closed in order."""
    appliance = make_home(tmp_path)
    (appliance.outgoing / "letter").write_text("fetched\n")
    appliance.store.close()
    assert not (appliance.home / "appliance.db-wal").exists()
    return appliance.home


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """Return a home where a second key of tanadmin's stands in the write-ahead log alone, without shared memory."""
    appliance = make_home(tmp_path)
    appliance.store.close()
    call = system_call(appliance, "authorized-keys add")
    with appliance.store.change(call, about="tanadmin") as change:
        authorize(change, call, "tanadmin", read_pasted_key((tmp_path / "other.pub").read_bytes())[0])
    copy = tmp_path / "killed"
    subprocess.run(["cp", "-a", appliance.home, copy], check=True)
    (copy / "appliance.db-shm").unlink()
    assert (copy / "appliance.db-wal").stat().st_size
    return copy


@pytest.fixture
def full(home: Path, tmp_path: Path) -> Iterator[Served]:
    """Serve from a disk without a free byte."""
    with served_from("full", home, tmp_path) as served:
        yield served


def status(served: Served) -> dict[str, object]:
    """Return what `status` says to a program."""
    done = served.door.ssh("status", "--json")
    assert done.returncode == 0, done
    return dict(json.loads(done.stdout))


def findings(served: Served) -> list[str]:
    """Return the ids of what `status` found."""
    found = status(served)["findings"]
    assert isinstance(found, list)
    return [finding["id"] for finding in found]


def by_password(served: Served) -> AbstractAsyncContextManager[asyncssh.SSHClientConnection]:
    """Sign in by password."""
    return asyncssh.connect(
        "127.0.0.1",
        served.door.port,
        username="tanadmin",
        client_keys=None,
        agent_path=None,
        password=PASSWORD,
        known_hosts=str(served.door.directory / "known_hosts"),
        config=None,
    )


def sign_ins(served: Served, copies: Path) -> int:
    """Count the sign-ins that stand in the audit: in copies, as the database itself cannot be opened from outside."""
    copies.mkdir(exist_ok=True)
    for name in ("appliance.db", "appliance.db-wal"):
        (copies / name).write_bytes((served.inside / name).read_bytes())
    store = Store(copies / "appliance.db", utc_now)
    try:
        return len(store.rows("SELECT 1 FROM audit WHERE verb = 'sign-in' AND result = 'done'"))
    finally:
        store.close()


async def menus(served: Served) -> str:
    """Sign in by password to a terminal; return what the screen showed until it asked."""
    seen = ""
    async with by_password(served) as connection, connection.create_process(term_type="xterm") as process:
        async with asyncio.timeout(60):
            while "Select:" not in seen:
                seen += await process.stdout.read(65_536)
    return seen


async def test_on_a_full_disk_one_signs_in_and_reads_what_is_the_matter(full: Served) -> None:
    assert FULL in await menus(full)
    assert findings(full) == ["disk-failed"]
    assert FULL in full.door.ssh(data=b"Z\n").stdout.decode()
    assert full.door.ssh("authorized-keys", "list", "tanadmin").stdout.count(b"SHA256:") == 1


async def test_ten_sign_in_at_once_on_a_full_disk(full: Served) -> None:
    def one(_: int) -> int:
        return full.door.ssh("authorized-keys", "list", "tanadmin").returncode

    with ThreadPoolExecutor(10) as ten:
        assert list(ten.map(one, range(10))) == [0] * 10


@pytest.mark.parametrize("disk", ["full", "read-only"])
async def test_what_stands_in_the_log_of_a_killed_process_alone_is_read(
    killed: Path, tmp_path: Path, disk: str
) -> None:
    with served_from(disk, killed, tmp_path) as served:
        assert "Select:" in await menus(served)
        assert served.door.ssh("authorized-keys", "list", "tanadmin").stdout.count(b"SHA256:") == 2


def test_a_change_on_a_full_disk_is_refused_in_plain_words(full: Served) -> None:
    public = (full.door.directory / "other.pub").read_bytes()
    refused = full.door.ssh("authorized-keys", "add", "tanadmin", "--yes", "--json", data=public)
    assert refused.returncode == 1
    error = json.loads(refused.stdout)["error"]
    assert error["id"] == "store-failed"
    assert FULL in error["message"]
    assert "remove files" in error["remedy"]
    assert "Traceback" not in full.end()


def test_removing_a_file_makes_room_and_what_waited_is_recorded(full: Served, tmp_path: Path) -> None:
    status(full)
    done = full.door.sftp(f"get /outgoing/letter {full.door.directory}/letter\nrm /incoming/{FILLER}\n")
    assert done.returncode == 0, done.stderr
    assert (full.door.directory / "letter").read_text() == "fetched\n"

    assert findings(full) == []
    public = (full.door.directory / "other.pub").read_bytes()
    added = full.door.ssh("authorized-keys", "add", "tanadmin", "--yes", data=public)
    assert added.returncode == 0, added
    assert soon(lambda: sign_ins(full, tmp_path / "copies") == 4)
    assert "sign-in" in full.end()


def test_a_sign_in_that_cannot_be_recorded_is_told_at_once(full: Served) -> None:
    status(full)

    def told() -> bool:
        full.complaints.seek(0)
        return any("audit: waits" in line and "sign-in" in line for line in full.complaints)

    assert soon(told)
    assert "not written" in full.end()


async def test_from_a_read_only_home_one_signs_in_and_reads(home: Path, tmp_path: Path) -> None:
    with served_from("read-only", home, tmp_path) as served:
        assert READ_ONLY in await menus(served)
        assert findings(served) == ["disk-failed"]
        assert READ_ONLY in served.door.ssh(data=b"Z\n").stdout.decode()
        assert served.door.sftp(f"get /outgoing/letter {tmp_path}/letter\n").returncode == 0
        public = (tmp_path / "other.pub").read_bytes()
        refused = served.door.ssh("authorized-keys", "add", "tanadmin", "--yes", "--json", data=public)
        assert json.loads(refused.stdout)["error"]["id"] == "store-failed"
        said = served.end()
    assert "sign-in" in said
    assert "Traceback" not in said
