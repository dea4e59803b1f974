"""What a drop box child tells: understood or passed over, and no more of it in the audit than one sender's share."""

import json

import pytest

from sftp import events as events_module
from sftp import shares
from sftp.clerk import Clerk
from sftp.events import Events
from sftp.guest import Guest
from sftp.shares import Shares
from tanos.appliance import Appliance
from tanos.platform import UserRole


def told(appliance: Appliance) -> list[tuple[str, str, str]]:
    """Return what the audit says of files."""
    rows = appliance.store.rows("SELECT verb, object, after FROM audit WHERE verb LIKE 'files %' ORDER BY id")
    return [tuple(row) for row in rows]


def of(appliance: Appliance, records: Clerk, key: str = "SHA256:a") -> Events:
    """Return what reads the lines of a child."""
    guest = Guest(appliance, "tancopy", UserRole.TANCOPY, "127.0.0.1", key, "s")
    return Events(guest, records, lambda _: None)


def line(did: str, about: str) -> bytes:
    """Return a line of the child."""
    return json.dumps({"did": did, "about": about, "after": "5 bytes", "result": "done"}).encode() + b"\n"


@pytest.mark.parametrize(
    "nonsense",
    [b"\n", b"nonsense\n", b"[]\n", b"7\n", b"{}\n", b'{"did": []}\n', b'{"did": "put"}\n', b'{"fault": 1}\n',
     b"\xff\xfe\n", b"[" * 8000 + b"\n", b'{"did": "reboot", "about": "x"}\n'],
)  # fmt: skip
async def test_a_line_that_says_nothing_is_passed_over(bare_zone_server: Appliance, nonsense: bytes) -> None:
    records = Clerk(bare_zone_server)
    of(bare_zone_server, records).feed(nonsense + line("put", "/incoming/a"))
    await records.close()
    assert told(bare_zone_server)[-1] == ("files put", "/incoming/a", "5 bytes")
    assert not (bare_zone_server.home / "log" / "faults.log").exists()


async def test_a_record_that_cannot_be_made_is_a_fault_that_is_written_down_a_few_times(
    bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("ours")

    records = Clerk(bare_zone_server)
    monkeypatch.setattr(records, "note", broken)
    of(bare_zone_server, records).feed(line("put", "/incoming/a") * 50)
    await records.close()
    assert (bare_zone_server.home / "log" / "faults.log").read_text().count(" files\n") == events_module._MOST_FAULTS


async def test_who_fetches_on_and_on_is_counted_and_takes_nobody_elses_place(
    bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "MOST_OTHERS", 10)
    monkeypatch.setattr(shares, "PER_SECOND", 0.0)
    records = Clerk(bare_zone_server)
    for _ in range(3):  # who comes anew brings no new share
        greedy = of(bare_zone_server, records)
        greedy.feed(line("get", "/outgoing/x") * 100)
        greedy.close()
    of(bare_zone_server, records).feed(line("put", "/incoming/a"))
    of(bare_zone_server, records, "SHA256:b").feed(line("get", "/outgoing/y"))
    await records.close()

    found = told(bare_zone_server)
    assert found.count(("files get", "/outgoing/x", "5 bytes")) == 10
    assert {("files put", "/incoming/a", "5 bytes"), ("files get", "/outgoing/y", "5 bytes")} <= set(found)
    counted = [after for verb, _, after in found if verb == "files counted"]
    assert sum(int(each.split()[0]) for each in counted) == 290
    assert len(counted) <= 6


async def test_a_certificate_that_is_fetched_moves_its_exchange_on_whatever_was_fetched_before(
    bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "MOST_OTHERS", 1)
    marked: list[str] = []
    monkeypatch.setattr(events_module, "mark_returned", lambda *_, file: marked.append(file))
    records = Clerk(bare_zone_server)
    greedy = of(bare_zone_server, records)
    greedy.feed(line("get", "/outgoing/x") * 5 + line("get", "/outgoing/reporting-1.crt") * 5)
    await records.close()
    assert marked == ["/outgoing/reporting-1.crt"]


def test_a_share_grows_again_with_time_and_no_further_than_it_was() -> None:
    now = [0.0]
    share = Shares(lambda: now[0])
    assert [share.takes("a", 2) for _ in range(3)] == [True, True, False]
    now[0] = 1.0
    assert [share.takes("a", 2), share.takes("a", 2), share.takes("b", 2)] == [True, False, True]
    now[0] = 1000.0
    assert [share.takes("a", 2) for _ in range(3)] == [True, True, False]
