"""The ways to a peer are really tried, what fails says why, and nothing is left there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from sftp.operations import PAIRING, TEST_PEER
from sftp.pairing import round_trip
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.keeper import Keeper
from tanos.peers import Peer, peer, store_peer
from tests.sftp.carrying.conftest import peer_of, stored
from tests.sftp.carrying.pair import call, do, plan
from tests.sftp.carrying.server import LateRefusal, StrangeBox, strange_box
from tests.sftp.pairing.made import make_appliance, own_line


@pytest.fixture
def zs1(tmp_path: Path) -> Appliance:
    """An appliance with its keys, which knows nobody."""
    return make_appliance(tmp_path)


@pytest.fixture
def box(tmp_path: Path, zs1: Appliance) -> Iterator[StrangeBox]:
    """A drop box that lets it in."""
    with strange_box(tmp_path / "box", own_line(zs1)) as running:
        yield running


async def arrows(appliance: Appliance) -> dict[str, str]:
    """Return the state of the four arrows to and from ts1, as told to programs."""
    (told,) = (await PAIRING.read(call(appliance))).data["peers"]
    return {f"{arrow['from']} {arrow['way']}": f"{arrow['state']} {arrow['id']}".strip() for arrow in told["arrows"]}


async def failure_at(appliance: Appliance) -> TanosError:
    """Test ts1, which fails."""
    with pytest.raises(TanosError) as error:
        await do(appliance, TEST_PEER, name="ts1")
    return error.value


def left_in(box: StrangeBox) -> list[str]:
    """Return what lies in its /incoming."""
    return sorted(path.name for path in (box.directory / "incoming").iterdir())


def audited(appliance: Appliance) -> list[tuple[str, str]]:
    """Return what was recorded of the peer, and how it ended."""
    return [(row["after"], row["result"]) for row in appliance.store.rows("SELECT after, result FROM audit")[1:]]


async def test_both_ways_work_and_nothing_is_left(zs1: Appliance, box: StrangeBox) -> None:
    stored(zs1, box)
    assert await arrows(zs1) == {
        "here put": "untested", "here get": "untested",
        "ts1 put": "fails key-not-here", "ts1 get": "fails key-not-here",
    }  # fmt: skip
    result = await do(zs1, TEST_PEER)
    assert [arrow["state"] for arrow in result.data["arrows"]] == ["works", "works", "fails", "fails"]
    assert left_in(box) == []
    assert audited(zs1) == [("put works, get works", "done")]
    assert box.users == ["tancopy"]


@pytest.mark.parametrize("content", [b"", b"x" * 60_000])
async def test_a_file_of_its_outgoing_is_fetched_and_no_other(
    zs1: Appliance, box: StrangeBox, content: bytes
) -> None:
    (box.directory / "outgoing" / "pairing.txt").write_bytes(content)
    (box.directory / "outgoing" / "reporting.crt").mkdir()
    stored(zs1, box)
    await do(zs1, TEST_PEER)
    assert (await arrows(zs1))["here get"] == "works"


async def test_a_key_that_is_not_let_in_says_so_and_what_comes_next(zs1: Appliance, tmp_path: Path) -> None:
    with strange_box(tmp_path / "box", "") as box:
        stored(zs1, box)
        error = await failure_at(zs1)
    assert (error.id, int(error.exit_code)) == ("key-not-accepted", 4)
    assert "peer pairing-text" in str(error.remedy)
    assert (await arrows(zs1))["here put"] == "fails key-not-accepted"


async def test_nobody_there_is_not_yet(zs1: Appliance, tmp_path: Path) -> None:
    with strange_box(tmp_path / "box", own_line(zs1)) as box:
        stored(zs1, box)
    error = await failure_at(zs1)
    assert (error.id, int(error.exit_code)) == ("peer-unreachable", 4)
    assert (await arrows(zs1))["here get"] == "fails peer-unreachable"


async def test_another_host_key_is_refused_and_nothing_is_sent(
    zs1: Appliance, box: StrangeBox, tmp_path: Path
) -> None:
    with strange_box(tmp_path / "other", own_line(zs1)) as other:
        known = peer_of(box)
        moved = Peer(known.name, known.host, other.port, known.host_key, known.host_key_fingerprint)
        with zs1.store.change(call(zs1)) as change:
            store_peer(change, moved)
        error = await failure_at(zs1)
        assert other.users == []
    assert (error.id, int(error.exit_code)) == ("host-key-changed", 3)
    assert isinstance(error, AnswerRefused)
    assert (await arrows(zs1))["here put"] == "fails host-key-changed"


async def test_one_way_may_fail_while_the_other_works(zs1: Appliance, tmp_path: Path) -> None:
    with strange_box(tmp_path / "box", own_line(zs1), sftp=LateRefusal) as box:
        stored(zs1, box)
        error = await failure_at(zs1)
        assert left_in(box) == []
    assert (error.id, int(error.exit_code)) == ("peer-refused", 4)
    assert "no room for this" in str(error.message)
    seen = await arrows(zs1)
    assert (seen["here put"], seen["here get"]) == ("fails peer-refused", "works")
    assert audited(zs1) == []


class LostInTheMiddle(asyncssh.SFTPServer):
    """Drops the first connection when the probe is read back."""

    drops = 1

    def __init__(self, chan: Any, **options: Any) -> None:
        self._chan = chan
        super().__init__(chan, **options)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if not pflags & asyncssh.FXF_WRITE and LostInTheMiddle.drops:
            LostInTheMiddle.drops -= 1
            self._chan.get_connection().abort()
        return super().open(path, pflags, attrs)


async def test_a_probe_is_removed_also_where_the_connection_was_lost(zs1: Appliance, tmp_path: Path) -> None:
    LostInTheMiddle.drops = 1
    with strange_box(tmp_path / "box", own_line(zs1), sftp=LostInTheMiddle) as box:
        stored(zs1, box)
        assert (await failure_at(zs1)).id == "peer-unreachable"
        assert left_in(box) == []
    assert LostInTheMiddle.drops == 0


class Slow(asyncssh.SFTPServer):
    """Lists its /incoming only after a long while."""

    async def scandir(self, path: bytes) -> Any:
        await asyncio.sleep(2)
        yield


async def test_a_slow_peer_costs_no_more_than_the_patience(
    zs1: Appliance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_trip, "PATIENCE_SECONDS", 0.6)
    with strange_box(tmp_path / "box", own_line(zs1), sftp=Slow) as box:
        stored(zs1, box)
        error = await asyncio.wait_for(failure_at(zs1), 60)
        assert left_in(box) == []
    assert isinstance(error, NotYet)
    assert "did not answer within" in str(error.message)


class NothingIsRemoved(asyncssh.SFTPServer):
    """Keeps what it was given."""

    def remove(self, path: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("kept")


async def test_a_probe_that_stays_is_told_by_name(zs1: Appliance, tmp_path: Path) -> None:
    with strange_box(tmp_path / "box", own_line(zs1), sftp=NothingIsRemoved) as box:
        stored(zs1, box)
        result = await do(zs1, TEST_PEER)
        (name,) = left_in(box)
    (finding,) = result.findings
    assert finding.id == "probe-left"
    assert name in str(finding.message)


class WithReceipts(asyncssh.SFTPServer):
    """Writes a receipt beside each upload."""

    def close(self, file_obj: Any) -> None:
        written = file_obj.writable()
        super().close(file_obj)
        if written:
            Path(file_obj.name.decode() + ".receipt").write_text("{}")


async def test_the_receipt_of_the_probe_goes_with_it(zs1: Appliance, tmp_path: Path) -> None:
    with strange_box(tmp_path / "box", own_line(zs1), sftp=WithReceipts) as box:
        stored(zs1, box)
        await do(zs1, TEST_PEER)
        assert left_in(box) == []


class Forgetful(asyncssh.SFTPServer):
    """Gives back other bytes than it was given."""

    def read(self, file_obj: Any, offset: int, size: int) -> Any:
        return b"?" * len(super().read(file_obj, offset, size))  # type: ignore[arg-type]  # bytes, never awaitable here


async def test_bytes_that_come_back_changed_are_no_way_that_works(zs1: Appliance, tmp_path: Path) -> None:
    with strange_box(tmp_path / "box", own_line(zs1), sftp=Forgetful) as box:
        stored(zs1, box)
        assert (await failure_at(zs1)).id == "peer-refused"
    assert (await arrows(zs1))["here put"] == "fails peer-refused"


async def test_what_was_tried_with_another_key_or_address_counts_no_more(zs1: Appliance, box: StrangeBox) -> None:
    stored(zs1, box)
    await do(zs1, TEST_PEER)
    keeper = Keeper(zs1)
    before = own_line(zs1)
    keeper.keep_ssh_pair("tanadmin", keeper.new_ssh_pair("tanadmin"))
    assert own_line(zs1) != before
    assert (await arrows(zs1))["here put"] == "untested"


async def test_a_peer_that_changed_since_the_plan_is_not_failure_at(zs1: Appliance, box: StrangeBox) -> None:
    stored(zs1, box)
    prepared = await plan(zs1, TEST_PEER, name="ts1")
    known = peer(zs1, "ts1")
    with zs1.store.change(call(zs1)) as change:
        store_peer(change, Peer("ts1", "192.0.2.9", 22, known.host_key, known.host_key_fingerprint, "", 1))
    with pytest.raises(NotYet) as error:
        await TEST_PEER.apply(call(zs1), prepared, lambda _: None)
    assert error.value.id == "stale"
    assert box.users == []
