"""What clients report is kept: the latest of each, many at once, also where the disk takes nothing for a while."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.message import N_
from tanos.services import registered
from tanos.services.catalogue import TANIUM_SERVER, ZONE_SERVER, ZONE_SERVER_HUB
from tanos.services.frames import frame_bytes
from tanos.services.line import Line
from tanos.services.tanium_server import reporting
from tanos.services.tanium_server.reporting import Reporting
from tanos.supervising import attending
from tanos.supervising.attending import Attending
from tanos.supervising.process import Supervised
from tests.tanos.services.segments import until


def report(number: int, via: str = "", said: str = "") -> dict[str, Any]:
    return {"kind": "client", "id": str(number), "name": f"pc{number}", "release": "7.2", "protocol": 314,
            "via": via, "using_tls": True, "address": "127.0.0.1", "said": said}  # fmt: skip


SEGMENT = {"to": "zs1", "connected": False, "problem": "", "tls": False}


def asking(service: Any) -> Supervised:
    return cast(Supervised, SimpleNamespace(service=service))


async def test_reports_are_kept_once_the_disk_takes_them_again(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []
    write = registered.write

    def full_at_first(appliance: Appliance, reports: Sequence[Any]) -> None:
        tries.append(len(reports))
        if len(tries) < 3:
            raise NotYet("busy", N_("busy"), N_("busy"))
        write(appliance, reports)

    monkeypatch.setattr(registered, "write", full_at_first)
    monkeypatch.setattr(attending, "RETRY_SECONDS", 0.01)
    mine = Attending(bare_tanium_server)
    keeping = asyncio.create_task(mine.keep())
    for said in ("first", "last"):
        await mine.answer(asking(TANIUM_SERVER), "reports", {"reports": [report(1, said=said), report(2)]})
    await until(lambda: len(registered.registered(bare_tanium_server, "client")) == 2)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert {row.id: row.said for row in registered.registered(bare_tanium_server, "client")} == {"1": "last", "2": ""}
    assert tries[:3] == [2, 2, 2]


async def test_what_the_hub_saw_is_kept_once_the_store_takes_it(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def busy_at_first(_: Appliance, segments: Sequence[Any]) -> None:
        if segments:
            tries.append(list(segments))
        if len(tries) < 3:
            raise NotYet("busy", N_("busy"), N_("busy"))

    monkeypatch.setattr(attending, "complete_seen", busy_at_first)
    monkeypatch.setattr(attending, "RETRY_SECONDS", 0.01)
    mine = Attending(bare_tanium_server)
    keeping = asyncio.create_task(mine.keep())
    await mine.answer(asking(ZONE_SERVER_HUB), "segments", {"segments": [SEGMENT]})
    await until(lambda: len(tries) == 3)
    await asyncio.sleep(0.05)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert tries == [[SEGMENT]] * 3


async def test_a_service_asks_what_its_row_says_and_nothing_else(bare_tanium_server: Appliance) -> None:
    mine = Attending(bare_tanium_server)
    assert await mine.answer(asking(ZONE_SERVER), "reports", {"reports": [report(1)]}) is None
    assert await mine.answer(asking(TANIUM_SERVER), "serving_pair", {"kind": "reporting"}) is None
    assert not mine._reports


def test_who_makes_up_clients_at_one_server_makes_nobody_elses_go(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registered, "MOST_BY_ONE", 3)
    moments = iter(f"2026-11-22T12:00:{second:02}Z" for second in range(60))
    monkeypatch.setattr(type(bare_tanium_server.store), "now", lambda _: next(moments))
    registered.write(bare_tanium_server, [report(100), report(101)])
    for number in range(8):
        registered.write(bare_tanium_server, [report(number, via="zs1")])
    registered.forget(bare_tanium_server)
    assert sorted(row.id for row in registered.registered(bare_tanium_server, "client")) == [
        "100", "101", "5", "6", "7",
    ]  # fmt: skip


async def test_what_waits_for_the_supervisor_is_bounded_and_the_latest_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reporting, "MOST_WAITING", 10)
    taken: list[Any] = []
    free = asyncio.Event()

    async def ask(what: str, **words: Any) -> dict[str, Any]:
        await free.wait()
        taken.extend(words["reports"])
        return {}

    mine = Reporting(cast(Line, SimpleNamespace(ask=ask)))
    keeping = asyncio.create_task(mine.keep())
    for number in range(50):
        mine.report(report(number, said="x" * 4096))
    mine.report(report(9, said="latest"))
    assert len(mine._waiting) == 10
    free.set()
    await until(lambda: len(taken) == 10)
    keeping.cancel()
    assert [each["said"] for each in taken if each["id"] == "9"] == ["latest"]


async def test_reports_of_the_longest_words_are_handed_on_in_frames_that_they_fit(
    bare_tanium_server: Appliance,
) -> None:
    handed: list[str] = []

    class Short:
        async def ask(self, what: str, **words: Any) -> dict[str, Any]:
            frame_bytes({"ask": what, "number": 1, "words": words})
            handed.extend(each["id"] for each in words["reports"])
            return {}

    mine = Reporting(cast(Line, Short()))
    keeping = asyncio.create_task(mine.keep())
    for number in range(150):
        mine.report({**report(number), "id": f"{number:03}" + "\U0001f600" * 250, "name": "\x01" * 256})
    await until(lambda: len(handed) == 150)
    keeping.cancel()


async def test_what_is_refused_once_ends_nothing(bare_tanium_server: Appliance) -> None:
    handed: list[str] = []

    class RefusingFirst:
        refused = 0

        async def ask(self, what: str, **words: Any) -> dict[str, Any]:
            if not self.refused:
                self.refused += 1
                raise PermissionError("internal")
            handed.extend(each["id"] for each in words["reports"])
            return {}

    mine = Reporting(cast(Line, RefusingFirst()))
    keeping = asyncio.create_task(mine.keep())
    mine.report(report(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    mine.report(report(2))
    await until(lambda: handed == ["2"])
    keeping.cancel()


async def test_a_report_that_cannot_be_kept_keeps_no_other_from_it(bare_tanium_server: Appliance) -> None:
    mine = Attending(bare_tanium_server)
    keeping = asyncio.create_task(mine.keep())
    asker = asking(TANIUM_SERVER)
    await mine.answer(asker, "reports", {"reports": [{**report(1), "protocol": 10**30}]})
    await until(lambda: bool(list((bare_tanium_server.home / "log").glob("*"))))
    await mine.answer(asker, "reports", {"reports": [report(2)]})
    await until(lambda: [row.id for row in registered.registered(bare_tanium_server, "client")] == ["2"])
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
