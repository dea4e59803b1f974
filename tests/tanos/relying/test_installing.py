"""A relying service serves what it was given, or what it had: whatever fails, at whatever step, and whoever dies."""

import asyncio
import errno
import os
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tanos.relying import shelf
from tanos.relying.content import Content
from tanos.relying.installing import install, looked, put_back, recover
from tanos.relying.shelf import looked_at, shelf_of
from tanos.relying.stopped import Stopped
from tests.tanos.relying.conftest import BRIEFLY, Site, python

STEPS = ("stage", "check", "swap", "reload", "look", "served")


def silent(_: str) -> None:
    """Nobody listens."""


async def give(site: Site, content: Content) -> None:
    await install(site.relying, content, {"by": "tanadmin"}, silent)


async def served(site: Site) -> str:
    seen, _ = await looked(site.relying)
    return str(seen.get("fingerprint", ""))


def is_settled(site: Site, number: int | None, kept: list[int]) -> None:
    """Nothing is begun, and nothing half done lies there."""
    with looked_at(site.relying) as found:
        assert found.begun is None
        assert (found.present, found.numbers) == (number, kept)
    assert not (site.directory / ".new").is_symlink()


async def test_what_is_given_is_served_with_the_files_modes_and_memory_that_the_record_wants(
    site: Site, first: Content
) -> None:
    site.describe(
        files='"site.pem" = ["key", "certificate", "issuers"]\n"site.crt" = ["certificate"]', mode='"0640"',
        texts='{"check.conf" = "use {staged}/site.pem"}',
    )  # fmt: skip
    steps: list[str] = []
    seen = await install(site.relying, first, {"by": "tanadmin"}, steps.append)
    assert seen["fingerprint"] == first.fingerprint == await served(site)
    assert tuple(steps) == STEPS
    current = site.directory / "current"
    assert oct((current / "site.pem").stat().st_mode & 0o777) == "0o640"
    assert oct((current / "site.crt").stat().st_mode & 0o777) == "0o644"
    assert b"PRIVATE KEY" not in (current / "site.crt").read_bytes()
    assert (current / "check.conf").read_text() == f"use {site.directory}/v000001/site.pem"
    with looked_at(site.relying) as found:
        assert found.told(1)["fingerprint"] == first.fingerprint
        assert found.told(1)["by"] == "tanadmin"
    is_settled(site, 1, [1])


async def test_the_staged_files_are_what_the_check_command_sees_and_nothing_is_in_use_before(
    site: Site, first: Content
) -> None:
    seen = f"import sys, os; sys.exit(0 if os.path.exists(sys.argv[1] + '/site.pem') and not os.path.exists({str(site.directory / 'current')!r}) else 9)"  # noqa: E501 - one program
    site.describe(check=python(seen)[:-1] + ', "{staged}"]')
    await give(site, first)
    assert await served(site) == first.fingerprint


async def test_a_check_that_refuses_leaves_the_service_untouched(site: Site, first: Content, second: Content) -> None:
    await give(site, first)
    site.describe(check=python("import sys; print('no good', file=sys.stderr); sys.exit(3)"))
    with pytest.raises(Stopped) as stopped:
        await give(site, second)
    assert stopped.value.why == "check-failed"
    assert stopped.value.fields["status"] == "3"
    assert stopped.value.fields["said"] == "no good"
    assert await served(site) == first.fingerprint
    is_settled(site, 1, [1])


async def test_a_full_disk_leaves_nothing(site: Site, first: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shelf, "_write", full)
    with pytest.raises(Stopped) as stopped:
        await give(site, first)
    assert (stopped.value.why, stopped.value.fields["back"]) == ("cannot-write", True)
    assert stopped.value.fields["status"] == os.strerror(errno.ENOSPC)
    is_settled(site, None, [])


async def test_a_swap_that_fails_leaves_the_earlier_files(site: Site, first: Content, second: Content) -> None:
    await give(site, first)
    (site.directory / ".new").mkdir()
    with pytest.raises(Stopped) as stopped:
        await give(site, second)
    assert stopped.value.why == "swap-failed"
    assert await served(site) == first.fingerprint
    assert stopped.value.fields["back"]
    (site.directory / ".new").rmdir()
    is_settled(site, 1, [1])


async def test_a_reload_that_fails_brings_everything_back(site: Site, first: Content, second: Content) -> None:
    await give(site, first)
    once = site.place / "once"
    works = site.reload
    program = (
        f"import os, sys; p = {str(once)!r}; sys.exit(5) if not os.path.exists(p) and not open(p, 'w').close() else 0"
    )
    site.describe(reload=python(program))
    with pytest.raises(Stopped) as stopped:
        await give(site, second)
    assert stopped.value.why == "reload-failed"
    assert stopped.value.fields["back"]
    site.describe(reload=works)
    assert await served(site) == first.fingerprint
    is_settled(site, 1, [1])


async def test_a_service_that_cannot_be_brought_back_is_said_to_be_so(
    site: Site, first: Content, second: Content
) -> None:
    await give(site, first)
    once, number = site.place / "once", site.process.pid if site.process else 0
    hang_up = f"os.kill({number}, signal.SIGHUP)"
    program = f"import os, signal, sys; p = {str(once)!r}; os.path.exists(p) or {hang_up}; open(p, 'w'); sys.exit(5)"
    site.describe(reload=python(program), wait=BRIEFLY)
    with pytest.raises(Stopped) as stopped:
        await give(site, second)
    assert (stopped.value.why, stopped.value.fields["again"]) == ("reload-failed", "reload-failed")
    assert not stopped.value.fields["back"]
    assert await served(site) == second.fingerprint
    is_settled(site, 1, [1])


async def test_a_service_that_goes_on_with_the_earlier_certificate_gets_it_back(
    site: Site, first: Content, second: Content
) -> None:
    await give(site, first)
    (site.place / "stubborn").touch()
    site.describe(wait=BRIEFLY)
    with pytest.raises(Stopped) as stopped:
        await give(site, second)
    assert stopped.value.why == "not-served"
    assert stopped.value.fields["served"] == first.fingerprint
    assert stopped.value.fields["back"]
    is_settled(site, 1, [1])


async def test_of_a_name_with_several_addresses_each_is_tried(
    site: Site, first: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    await give(site, first)
    port = site.relying.port
    here = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))
    there = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.2", port))
    nowhere = (12345, socket.SOCK_STREAM, 0, "", ("::1", port, 0, 0))
    by_name = replace(site.relying, host="localhost")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [nowhere, there, here])
    assert (await looked(by_name))[0]["fingerprint"] == first.fingerprint
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [nowhere, there])
    assert (await looked(by_name))[1] == "Connection refused"


async def test_where_nobody_listens_nothing_stays(site: Site, first: Content) -> None:
    site.stop()
    site.describe(wait=BRIEFLY)
    with pytest.raises(Stopped) as stopped:
        await give(site, first)
    assert stopped.value.why == "not-served"
    assert stopped.value.fields["trouble"] == "Connection refused"
    is_settled(site, None, [])


async def test_an_earlier_certificate_is_put_back_and_three_are_kept(
    site: Site, first: Content, second: Content
) -> None:
    for content in (first, second, first, second):
        await give(site, content)
    is_settled(site, 4, [4, 3, 2])
    await put_back(site.relying, 3, silent)
    assert await served(site) == first.fingerprint
    is_settled(site, 3, [4, 3, 2])
    with pytest.raises(Stopped, match="no-such-version"):
        await put_back(site.relying, 1, silent)


async def test_one_change_at_a_time(site: Site, first: Content) -> None:
    with shelf_of(site.relying), pytest.raises(Stopped, match="busy"):
        await give(site, first)


async def test_a_command_that_does_not_end_or_is_not_brief_is_bounded(site: Site, first: Content) -> None:
    site.describe(check=python("import time; time.sleep(60)"), seconds="0.3")
    with pytest.raises(Stopped) as stopped:
        await give(site, first)
    assert stopped.value.fields["status"] == "timeout"
    site.describe(check=python("import sys; sys.stderr.write('x' * 10_000_000); sys.exit(1)"))
    with pytest.raises(Stopped) as stopped:
        await give(site, first)
    assert len(stopped.value.fields["said"]) <= 300


async def test_a_program_that_others_can_change_is_not_run(site: Site, first: Content) -> None:
    program = site.place / "check"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o777)
    site.describe(check=f'["{program}"]')
    with pytest.raises(Stopped, match="unsafe"):
        await give(site, first)
    program.chmod(0o755)
    await give(site, first)


def dies_at(step: str, site: Site, content: Content) -> None:
    """Have a process install it that is killed at a step."""

    def tell(word: str) -> None:
        if word == step:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        try:
            asyncio.run(install(site.relying, content, {}, tell))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)


@pytest.mark.crash
@pytest.mark.parametrize("step", [*STEPS, "back"])
@pytest.mark.parametrize("is_first", [True, False])
def test_whoever_dies_at_a_step_leaves_what_is_finished_or_put_back(
    site: Site, first: Content, second: Content, step: str, is_first: bool
) -> None:
    if not is_first:
        asyncio.run(give(site, first))
    if step == "back":
        (site.place / "stubborn").touch()
        site.describe(wait=BRIEFLY)
    dies_at(step, site, second)
    (site.place / "stubborn").unlink(missing_ok=True)
    site.describe()
    found = asyncio.run(recover(site.relying, silent))
    assert found == ("finished" if step in {"reload", "look", "served"} else "put-back")
    if found == "finished":
        assert asyncio.run(served(site)) == second.fingerprint
        is_settled(site, 1 if is_first else 2, [1] if is_first else [2, 1])
    else:
        assert is_first or asyncio.run(served(site)) == first.fingerprint
        is_settled(site, None if is_first else 1, [] if is_first else [1])
    assert asyncio.run(recover(site.relying, silent)) == ""


@pytest.mark.crash
def test_what_was_begun_and_is_not_served_after_a_crash_goes_back(
    site: Site, first: Content, second: Content
) -> None:
    asyncio.run(give(site, first))
    dies_at("reload", site, second)
    (site.place / "stubborn").touch()
    site.describe(wait=BRIEFLY)
    assert asyncio.run(recover(site.relying, silent)) == "put-back"
    assert asyncio.run(served(site)) == first.fingerprint
    is_settled(site, 1, [1])


def test_no_key_is_left_readable_while_files_are_written(tmp_path: Path) -> None:
    """A file begins with mode 0600, whatever it ends with."""
    before = os.umask(0)
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        shelf._write(directory, "a", b"x", os.geteuid(), os.getegid(), 0o640)
    finally:
        os.close(directory)
        os.umask(before)
    assert oct((tmp_path / "a").stat().st_mode & 0o777) == "0o640"
