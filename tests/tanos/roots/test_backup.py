"""Root keys and their database go into one file and come back from it: both or neither, by the password alone."""

import errno
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.recovery import recover
from tanos.roots import restoring
from tanos.roots.backup import BACK_UP_ROOTS, REMOVE_ROOT_BACKUP, backed_up_at
from tanos.roots.create import CREATE_ROOT
from tanos.roots.kept import State, find_root, roots, rotating
from tanos.roots.page import LIST_ROOTS, page_state
from tanos.roots.restore import apply_restore, plan_restore
from tanos.roots.revoke import REVOKE_ROOT
from tanos.roots.sealing import SEAL_ROOTS
from tanos.secret import Secret
from tanos.serving_alone import only_one
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock, do
from tests.tanos.roots.made import ROOT_0, ROOT_1, another_root, cheap_seal, server_of_7_4

__all__ = ["cheap_seal", "clock"]
pytestmark = pytest.mark.usefixtures("cheap_seal")
PASSWORD, NONE = Secret("Correct-Horse-9-Battery"), Secret("")


@pytest.fixture
async def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server of release 7.4, sealed."""
    appliance = server_of_7_4(tmp_path, clock)
    await do(appliance, SEAL_ROOTS, password=PASSWORD, again=PASSWORD, former=NONE)
    return appliance


async def backed_up(appliance: Appliance) -> Path:
    """Return the file, carried away."""
    await BACK_UP_ROOTS.apply(
        call(appliance, "root-keys backup"), await BACK_UP_ROOTS.prepare(call(appliance), password=PASSWORD), silent
    )
    file = appliance.outgoing / f"{appliance.identity.name}-pki.sealed"
    return file.rename(appliance.home.parent / "carried")


def restore(appliance: Appliance, file: Path, password: Secret = PASSWORD) -> None:
    appliance.store.close()
    apply_restore(plan_restore(appliance.home, file, password).payload)


def lying(appliance: Appliance) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in appliance.root.iterdir() if path.is_file()}


async def test_a_file_shows_nothing_and_brings_back_keys_and_database_together(server: Appliance) -> None:
    pvk, keys = Keeper(server).root_certificate(), Keeper(server).root_keys()
    file = await backed_up(server)
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [
        word for word in (b"PRIVATE", b"CERTIFICATE", b"SQLite", ROOT_0.encode()) if word in file.read_bytes()
    ]
    await another_root(server)
    await do(server, REVOKE_ROOT, name=ROOT_0)
    restore(server, file)
    assert (Keeper(server).root_certificate(), Keeper(server).root_keys()) == (pvk, keys)
    assert [each.server_value for each in rotating(server)] == [ROOT_0]
    assert {path.name for path in server.root.iterdir()} == {
        "tanium.pub",
        "tanium.pvk",
        "pki.db",
        "pki.key",
        "backups",
    }
    assert not (server.home / "restoring").exists()
    row = server.store.rows("SELECT verb, object, after FROM audit ORDER BY id")[-1]
    assert (row["verb"], row["object"]) == ("restore", "ts4")
    assert recover(server) == []
    await another_root(server)
    assert [each.server_value for each in rotating(server)] == [ROOT_0, ROOT_1]


async def test_a_lost_server_is_made_anew_and_is_what_it_was(server: Appliance, tmp_path: Path, clock: Clock) -> None:
    file = await backed_up(server)
    keys = Keeper(server).root_keys()
    (tmp_path / "elsewhere").mkdir()
    anew = server_of_7_4(tmp_path / "elsewhere", clock)
    assert Keeper(anew).root_keys() != keys
    restore(anew, file)
    assert Keeper(anew).root_keys() == keys
    assert find_root(anew, ROOT_0).fingerprint == find_root(server, ROOT_0).fingerprint
    assert [each.state for each in roots(anew)] == [State.ACTIVE, State.ACTIVE]


async def test_what_the_former_database_still_had_to_write_is_not_written_into_the_other(server: Appliance) -> None:
    file = await backed_up(server)
    with closing(sqlite3.connect(server.store.path)) as another:
        await another_root(server)
        another.execute("SELECT 1 FROM root_keys").fetchall()
        assert (server.home / "appliance.db-wal").stat().st_size
        restore(server, file)
        found = Appliance.open(server.home, server.clock)
        assert [each.server_value for each in rotating(found)] == [ROOT_0]
        assert found.store.rows("PRAGMA integrity_check")[0][0] == "ok"
        found.store.close()


async def test_when_the_keys_of_now_were_backed_up_is_known(server: Appliance) -> None:
    assert backed_up_at(server) == ""
    await backed_up(server)
    assert backed_up_at(server) == server.store.now()
    await another_root(server)
    assert backed_up_at(server) == ""


async def test_half_of_a_backup_put_back_by_hand_is_told_and_nothing_is_done_with_it(server: Appliance) -> None:
    before = (server.root / "pki.db").read_bytes()
    await another_root(server)
    assert [each.id for each in (await LIST_ROOTS.read(call(server))).findings] == ["rotation-open"]
    (server.root / "pki.db").write_bytes(before)
    assert "pki-mismatch" in [each.id for each in (await LIST_ROOTS.read(call(server))).findings]
    assert any("not of one backup" in str(each) for each in page_state(server))
    for plan in (
        await BACK_UP_ROOTS.prepare(call(server), password=PASSWORD),
        await CREATE_ROOT.prepare(call(server)),
    ):
        assert "pki-mismatch" in [each.id for each in plan.refusals]


async def test_it_is_made_of_what_is_sealed_for_who_knows_the_password(tmp_path: Path, clock: Clock) -> None:
    server = server_of_7_4(tmp_path, clock)
    with pytest.raises(AnswerRefused) as refused:
        await BACK_UP_ROOTS.prepare(call(server), password=PASSWORD)
    assert refused.value.id == "not-sealed"
    await do(server, SEAL_ROOTS, password=PASSWORD, again=PASSWORD, former=NONE)
    with pytest.raises(AnswerRefused) as refused:
        await BACK_UP_ROOTS.prepare(call(server), password=Secret("another"))
    assert refused.value.id == "wrong-password"
    assert list(server.outgoing.iterdir()) == list((server.home / "backups").iterdir()) == []


async def test_it_is_removed_from_outgoing(server: Appliance) -> None:
    await do(server, BACK_UP_ROOTS, password=PASSWORD)
    assert len(list(server.outgoing.iterdir())) == 1
    await do(server, REMOVE_ROOT_BACKUP)
    assert list(server.outgoing.iterdir()) == []
    assert (await REMOVE_ROOT_BACKUP.prepare(call(server))).nothing_to_do


def cut(data: bytes) -> bytes:
    return data[:-100]


def swapped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def without_private(data: bytes) -> bytes:
    first, _, rest = data.partition(b"\n")
    return json.dumps({**json.loads(first), "private": "{}"}).encode() + b"\n" + rest


def of_another(data: bytes) -> bytes:
    return data.replace(b'"name": "ts4"', b'"name": "ts9"', 1)


def of_another_release(data: bytes) -> bytes:
    return data.replace(b'"release": "7.4"', b'"release": "7.3"', 1)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        (cut, "half-a-backup"), (swapped, "half-a-backup"), (without_private, "backup-damaged"),
        (of_another, "other-appliance"), (of_another_release, "other-appliance"),
        (lambda _: b"", "backup-damaged"), (lambda _: b"{}\n", "backup-damaged"),
        (lambda _: b"[" * 100_000, "backup-damaged"), (lambda _: b"SQLite format 3\0" + b"x" * 512, "half-a-backup"),
        (lambda _: b'{"format": "tanos pki 2", "salt": "00"}', "half-a-backup"),
    ],
)  # fmt: skip
async def test_what_is_no_whole_backup_of_this_server_changes_nothing(
    server: Appliance, changed: Callable[[bytes], bytes], refusal: str
) -> None:
    file = await backed_up(server)
    file.write_bytes(changed(file.read_bytes()))
    before = lying(server)
    with pytest.raises(AnswerRefused) as refused:
        plan_restore(server.home, file, PASSWORD)
    assert refused.value.id == refusal
    assert lying(server) == before


async def test_two_backups_make_no_third_and_a_wrong_password_opens_none(server: Appliance) -> None:
    first = (await backed_up(server)).read_bytes()
    await another_root(server)
    file = await backed_up(server)
    mixed = first.partition(b"\n")[0] + b"\n" + file.read_bytes().partition(b"\n")[2]
    for data, password, refusal in (
        (mixed, PASSWORD, "half-a-backup"),
        (first, Secret("another"), "wrong-password"),
        (first, NONE, "backup-damaged"),
    ):
        file.write_bytes(data)
        with pytest.raises(AnswerRefused) as refused:
            plan_restore(server.home, file, password)
        assert refused.value.id == refusal


async def test_a_root_key_that_was_revoked_since_is_told_before_it_comes_back(server: Appliance) -> None:
    file = await backed_up(server)
    await another_root(server)
    assert "root-comes-back" not in [each.id for each in plan_restore(server.home, file, PASSWORD).findings]
    await do(server, REVOKE_ROOT, name=ROOT_0)
    plan = plan_restore(server.home, file, PASSWORD)
    (said,) = [each for each in plan.findings if each.id == "root-comes-back"]
    assert (ROOT_0 in str(said.message), plan.data["roots"]) == (True, [ROOT_0])


async def test_a_server_that_is_served_is_not_restored(server: Appliance) -> None:
    file = await backed_up(server)
    with only_one(server), pytest.raises(NotYet) as refused:
        restore(server, file)
    assert refused.value.id == "already-serving"


@pytest.mark.parametrize("steps", range(14))
async def test_whoever_dies_while_it_is_put_in_place_is_followed_by_the_next_start(
    server: Appliance, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, file = Keeper(server).root_keys(), await backed_up(server)
    await another_root(server)
    plan = plan_restore(server.home, file, PASSWORD)
    _die_after(steps, monkeypatch)
    try:
        apply_restore(plan.payload)
    except _DeadError:
        pass
    finally:
        monkeypatch.undo()
    server.store.close()
    interrupted = (server.home / "restoring").exists()
    if interrupted:
        with pytest.raises(NotYet) as refused:
            Appliance.open(server.home)
        assert refused.value.id == "restore-unfinished"
    told = restoring.end_restoring(Appliance.open(server.home, server.clock, half_restored=True))
    found = Appliance.open(server.home, server.clock)
    assert bool(told) is interrupted
    assert not interrupted or len(found.store.rows("SELECT 1 FROM audit WHERE verb = 'restore'")) == 1
    Keeper(found).recover()
    names = [each.server_value for each in rotating(found)]
    assert list(Keeper(found).root_keys()) == names
    assert names in ([ROOT_0, ROOT_1], [ROOT_0])
    assert names == [ROOT_0, ROOT_1] or Keeper(found).root_keys() == keys
    assert not [path for path in found.home.iterdir() if path.name.startswith("restoring")]


async def test_what_was_staged_and_never_put_in_place_is_overwritten_before_it_goes(
    server: Appliance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_restore(server.home, await backed_up(server), PASSWORD)
    staged = tmp_path / "staged"

    def no_room(appliance: Appliance, place: Path, database: bytes) -> None:
        staged.hardlink_to(place / "root" / "tanium.pvk")
        assert b"PRIVATE" in staged.read_bytes()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tanos.roots.restore.commit_restoring", no_room)
    with pytest.raises(OSError, match="No space"):
        apply_restore(plan.payload)
    assert not staged.read_bytes().strip(b"\0")
    assert b"PRIVATE" in (server.root / "tanium.pvk").read_bytes()


async def test_a_copy_of_the_database_that_a_crash_left_goes_at_the_next_start(server: Appliance) -> None:
    left = server.home / "backups" / "snapshot.unfinished"
    left.write_bytes(b"words of users")
    copy = left.with_name("held")
    copy.hardlink_to(left)
    recover(server)
    assert not left.exists()
    assert not copy.read_bytes().strip(b"\0")


class _DeadError(BaseException):
    """Whoever was at work is gone."""


def _die_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the step with a file after so many of them never happen."""
    left = iter(range(steps))
    real = {name: getattr(restoring, name) for name in ("wipe", "write_whole", "sync_directory")}
    rename = Path.rename

    def counted(name: str) -> Callable[..., object]:
        def step(*words: object) -> object:
            if next(left, None) is None:
                raise _DeadError
            return real[name](*words)

        return step

    def renamed(self: Path, target: Path) -> Path:
        if self.is_relative_to(self.parent) and "restoring" in str(self) and next(left, None) is None:
            raise _DeadError
        return rename(self, target)

    for name in real:
        monkeypatch.setattr(restoring, name, counted(name))
    monkeypatch.setattr(Path, "rename", renamed)
