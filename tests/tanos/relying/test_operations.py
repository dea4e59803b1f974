"""What an operator does with relying services: by name alone, through the hand, with a record of what came of it."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from menus.relying_menu import _versions
from tanos.appliance import Appliance
from tanos.errors import HalfDone, NotYet, TanosError
from tanos.keeper import Keeper
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, silent
from tanos.relying.asking import SOCKET, ask, names
from tanos.relying.content import Content
from tanos.relying.operations import INSTALL_RELYING, PUT_BACK_RELYING, Giving, left_open, settle_left
from tanos.relying.process import Place, having_hand
from tanos.relying.standing import LIST_RELYING, SHOW_RELYING
from tanos.renewal.page import LIST_CERTIFICATES
from tanos.services.frames import frame_bytes
from tanos.store.store import Store
from tests.conftest import TS1, bare_appliance, call
from tests.sftp.door.processes import children, is_alive, soon
from tests.tanos.relying.conftest import BRIEFLY, Site, python


@pytest.fixture
def appliance(bare_tanium_server: Appliance, first: Content) -> Appliance:
    """A Tanium Server whose console has a certificate."""
    have(bare_tanium_server, first)
    return bare_tanium_server


def have(appliance: Appliance, content: Content) -> None:
    pem = content.certificates[0].public_bytes(Encoding.PEM)
    Keeper(appliance).install_pair("soap", content.key, pem, "tanadmin")


@contextmanager
def hand(appliance: Appliance, site: Site, granted: str = "soap reporting") -> Iterator[None]:
    """Have a hand, as a process, that is granted some pairs."""

    def pairs(_: int) -> Callable[[str], str | None]:
        def pair(kind: str) -> str | None:
            if kind not in granted.split():
                raise ValueError(kind)
            return Keeper(appliance).serving_pair(kind)

        return pair

    appliance.store.close()
    line = os.open(os.devnull, os.O_RDONLY)
    with having_hand(appliance, Place(site.file), line, pairs):
        assert soon(lambda: is_asked(appliance))
        yield


def is_asked(appliance: Appliance) -> bool:
    """Say whether somebody listens there already."""
    try:
        ask(appliance, "names")
    except TanosError as error:
        return error.id != "no-relying-hand"
    return True


async def do(operation: Operation[Any], appliance: Appliance, verb: str, **answers: str) -> Result:
    """Do it as a verb does."""
    asked = call(appliance, verb)
    plan: Plan[Any] = await operation.prepare(asked, **answers)
    return await operation.apply(asked, plan, silent)


async def install(appliance: Appliance) -> Result:
    return await do(INSTALL_RELYING, appliance, "relying install", name="site")


def records(appliance: Appliance) -> list[tuple[str, str, str]]:
    rows = appliance.store.rows("SELECT verb, object, result FROM audit ORDER BY id")
    return [(row["verb"], row["object"], row["result"]) for row in rows]


async def refused(appliance: Appliance) -> TanosError:
    with pytest.raises(TanosError) as error:
        await install(appliance)
    return error.value


async def test_a_certificate_is_given_seen_listed_and_put_back(
    appliance: Appliance, site: Site, first: Content, second: Content
) -> None:
    with hand(appliance, site):
        listed = await LIST_RELYING.read(call(appliance))
        assert [each["state"] for each in listed.data["services"]] == ["clear"]
        done = await install(appliance)
        assert done.data["served"]["fingerprint"] == first.fingerprint
        assert done.data["state"] == "served"
        plan = await INSTALL_RELYING.prepare(call(appliance), name="site")
        assert plan.nothing_to_do
        have(appliance, second)
        shown = await SHOW_RELYING.read(call(appliance), name="SITE")
        assert shown.data["state"] == "earlier"
        told = await LIST_CERTIFICATES.read(call(appliance))
        assert [each["relying"] for each in told.data["certificates"]] == [[{"name": "site", "has_it": False}]]
        assert [each.id for each in told.findings] == ["relying-behind"]
        await install(appliance)
        done = await do(PUT_BACK_RELYING, appliance, "relying put-back", name="site")
        assert (done.data["installed"]["number"], done.data["state"]) == (1, "earlier")
        assert done.data["installed"]["by"] == "tanadmin"
    assert records(appliance) == [
        (f"relying {verb}", "site", result)
        for verb in ("install", "install", "put-back")
        for result in ("begun", "done")
    ]
    assert not left_open(appliance)


async def test_a_refusal_says_at_which_step_and_is_recorded_as_abandoned(
    appliance: Appliance, site: Site, second: Content
) -> None:
    with hand(appliance, site):
        await install(appliance)
        have(appliance, second)
        site.describe(check=python("import sys; sys.exit(chr(27) + '[31mno good')"))
        error = await refused(appliance)
        assert error.id == "relying-check-failed"
        assert "At the check" in str(error)
        assert "\x1b" not in str(error)
        (site.place / "stubborn").touch()
        site.describe(wait=BRIEFLY)
        error = await refused(appliance)
        assert error.id == "relying-not-served"
        assert "The earlier certificate is back, and is served" in str(error)
        (site.place / "stubborn").unlink()
        once, number = site.place / "once", site.process.pid if site.process else 0
        program = f"p = {str(once)!r}; os.path.exists(p) or os.kill({number}, signal.SIGHUP); open(p, 'w')"
        site.describe(reload=python(f"import os, signal, sys; {program}; sys.exit(4)"), wait=BRIEFLY)
        error = await refused(appliance)
        assert isinstance(error, HalfDone)
        assert error.id == "relying-not-back"
    assert [result for _, _, result in records(appliance)] == ["begun", "done"] + ["begun", "abandoned"] * 3
    assert not left_open(appliance)


async def test_what_cannot_be_begun_is_refused_by_its_id(appliance: Appliance, site: Site) -> None:
    assert (await refused(appliance)).id == "no-relying-hand"
    listed = await LIST_RELYING.read(call(appliance))
    assert listed.data == {"services": [], "listeners": [], "hand": False}
    with hand(appliance, site, granted="reporting"):
        assert (await refused(appliance)).id == "relying-not-granted"
        with pytest.raises(TanosError, match="no-such-relying"):
            await SHOW_RELYING.read(call(appliance), name="other")
        with pytest.raises(TanosError, match="step-missing"):
            await PUT_BACK_RELYING.prepare(call(appliance), name="site")
        site.describe(certificate='"reporting"')
        assert (await refused(appliance)).id == "relying-no-pair"
        site.describe(certificate='"other"')
        assert (await refused(appliance)).id == "relying-file-wrong"
        site.describe()
        site.directory.chmod(0o777)
        assert (await refused(appliance)).id == "relying-unsafe"
        site.file.chmod(0o666)
        assert (await refused(appliance)).id == "relying-unsafe"
    assert records(appliance)[-1][2] == "abandoned"


@pytest.mark.crash
async def test_where_the_hand_is_killed_in_the_middle_the_next_one_finishes_and_the_session_hears_of_it(
    appliance: Appliance, site: Site, first: Content
) -> None:
    flag, gone, works = site.place / "reloading", site.place / "gone", site.reload
    waits = f"[time.sleep(0.02) for _ in iter(lambda: os.path.exists({str(gone)!r}), True)]"
    site.describe(reload=python(f"import os, time; open({str(flag)!r}, 'w'); {waits}"), wait="10")
    before = set(children(os.getpid()))
    with hand(appliance, site):
        (watcher,) = set(children(os.getpid())) - before
        (working,) = children(watcher)
        installing = asyncio.create_task(install(appliance))
        assert await asyncio.to_thread(soon, flag.exists)
        site.describe(reload=works)
        os.kill(working, signal.SIGKILL)
        gone.touch()
        done = await installing
        assert done.data["served"]["fingerprint"] == first.fingerprint
        assert done.data["found"] == "finished"
        assert soon(lambda: not is_alive(working))
    assert [result for _, _, result in records(appliance)] == ["begun", "done"]


async def test_while_the_hand_hangs_everybody_else_may_write(appliance: Appliance) -> None:
    with listening(appliance) as silent_hand:
        installing = asyncio.create_task(given(appliance))
        asking, _ = await asyncio.to_thread(silent_hand.accept)
        other = Store(appliance.home / "appliance.db", appliance.clock, 0.0)
        with other.change(call(appliance)) as change:
            change.quiet = True
        other.close()
        asking.close()
        with pytest.raises(NotYet, match="busy"):
            await installing
    assert records(appliance) == []


async def test_what_another_began_while_the_hand_was_asked_is_not_judged_by_what_it_said_before(
    appliance: Appliance,
) -> None:
    with listening(appliance) as hand:
        installing = asyncio.create_task(given(appliance))
        asking, _ = await asyncio.to_thread(hand.accept)
        with appliance.store.change(call(appliance, "relying install"), about="site") as change:
            change.begin("relying", "site", "site BB")
        asking.sendall(frame_bytes({"done": {"site": {"busy": False, "installed": None, "versions": []}}}))
        asking.close()
        with pytest.raises(NotYet, match="busy"):
            await installing
    assert [result for *_, result in records(appliance)] == ["begun"]


async def given(appliance: Appliance) -> Result:
    """Have it done by a plan of before."""
    return await INSTALL_RELYING.apply(call(appliance), Plan(N_("Give"), Giving("site", 0, "AA", "")), silent)


def test_a_menu_waits_for_no_hand_that_hangs(appliance: Appliance) -> None:
    with listening(appliance):
        began = time.monotonic()
        assert names(appliance) == []
        assert _versions(appliance, {"name": "site"}) == []
        assert time.monotonic() - began < 30


@contextmanager
def listening(appliance: Appliance) -> Iterator[socket.socket]:
    """A hand that says nothing by itself."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(appliance.run / SOCKET))
        made.listen()
        made.settimeout(60)
        yield made
    (appliance.run / SOCKET).unlink()


@pytest.mark.crash
async def test_where_the_session_died_the_next_start_records_what_is_in_place(
    appliance: Appliance, site: Site, first: Content, second: Content
) -> None:
    def begin(fingerprint: str) -> None:
        with appliance.store.change(call(appliance, "relying install"), about="site") as change:
            change.begin("relying", "site", f"site {fingerprint}")

    with hand(appliance, site):
        begin(first.fingerprint)
        await asyncio.to_thread(ask, appliance, "install", name="site", fingerprint=first.fingerprint)
        found = await asyncio.to_thread(settle_left, appliance, left_open(appliance))
        assert "it had been done" in str(found[0])
        begin(second.fingerprint)
        found = await asyncio.to_thread(settle_left, appliance, left_open(appliance))
        assert "was not done" in str(found[0])
    assert [result for _, _, result in records(appliance)] == ["begun", "done", "begun", "abandoned"]


async def test_a_home_with_a_long_path_has_its_hand_too(tmp_path: Path, site: Site) -> None:
    appliance = bare_appliance(tmp_path / ("long" * 30), TS1)
    with hand(appliance, site):
        assert await asyncio.to_thread(ask, appliance, "names") == ["site"]


async def test_what_is_asked_wrongly_is_answered_shortly_and_hurts_nobody(appliance: Appliance, site: Site) -> None:
    with hand(appliance, site):
        for words in ({"do": "rm"}, {"do": "install"}, {"do": "install", "name": ["site"]}, {"do": 1}):
            with pytest.raises(TanosError):
                await asyncio.to_thread(ask, appliance, **words)
        with pytest.raises(TanosError, match="busy"):
            await asyncio.to_thread(ask, appliance, "names", words="x" * 5000)
        with pytest.raises(TanosError, match="stale"):
            await asyncio.to_thread(ask, appliance, "install", name="site", fingerprint="AA")
        assert await asyncio.to_thread(ask, appliance, "names") == ["site"]
