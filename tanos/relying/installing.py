"""Giving a relying service its certificate: check, swap, reload, look; or everything goes back, and it is said why.

Invariants: nothing that the service reads changes before its check command has taken the staged files. What is told
as installed was seen in a handshake with the service. Where a step fails, the earlier version is in use again and was
reloaded before anybody hears of it. A process that dies in between leaves what `recover` finishes or puts back.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tanos.relying.content import Content
from tanos.relying.guarded import check_program
from tanos.relying.record import STAGED, Relying
from tanos.relying.shelf import Begun, Shelf, shelf_of
from tanos.relying.stopped import Stopped
from tanos.services.served import look
from tanos.system import run_bounded

NO_TLS, UNREADABLE = "no TLS", "no certificate that can be read"
MOST_SAID = 300
"""Characters of what a command wrote that are told."""
_MOST_BYTES = 16 * 1024
_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
_STEADY_SECONDS = 0.4
_PATH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
Tell = Callable[[str], None]
Served = Mapping[str, Any]


async def install(relying: Relying, content: Content, told: Mapping[str, Any], tell: Tell) -> Served:
    """Have a service present a certificate; return what it served then.

    Raises Stopped `cannot-write`, `check-failed`, `swap-failed`, `reload-failed`, `not-served` (each says whether all
    is `back`), and what a shelf raises.
    """
    with shelf_of(relying) as shelf:
        _must_have_ended(shelf)
        _check_programs(relying)
        number = max((*shelf.numbers, 0)) + 1
        begun = Begun(number, shelf.present, is_new=True)
        try:
            shelf.begin(begun)
            tell("stage")
            staged = shelf.place(number)
            told = {**told, **content.told, "fingerprint": content.fingerprint}
            shelf.write(number, content.files(relying, staged), told)
            await _check(relying, staged, tell)
        except Exception as error:
            _forget(shelf, begun)
            raise _as_stopped(error, relying, "cannot-write", back=True) from error
        return await _turn(shelf, begun, content.fingerprint, tell)


async def put_back(relying: Relying, number: int, tell: Tell) -> Served:
    """Have a service present an earlier certificate again; as `install`, and raises Stopped `no-such-version`."""
    with shelf_of(relying) as shelf:
        _must_have_ended(shelf)
        _check_programs(relying)
        wanted = str(shelf.told(number).get("fingerprint", "")) if number in shelf.numbers else ""
        if not wanted:
            raise Stopped("no-such-version", version=number, known=shelf.numbers)
        begun = Begun(number, shelf.present, is_new=False)
        await _check(relying, shelf.place(number), tell)
        try:
            shelf.begin(begun)
        except OSError as error:
            raise _as_stopped(error, relying, "cannot-write", back=True) from error
        return await _turn(shelf, begun, wanted, tell)


async def recover(relying: Relying, tell: Tell) -> str:
    """Give an end to what somebody began who died: return `finished`, `put-back`, or nothing where nothing was.

    Raises Stopped `not-back` where the earlier certificate is not served either, and what a shelf raises.
    """
    with shelf_of(relying) as shelf:
        begun = shelf.begun
        if begun is None:
            return ""
        if shelf.present != begun.to and not begun.goes_back:
            _forget(shelf, begun)
            return "put-back"
        _check_programs(relying)
        if begun.goes_back:
            await _go_back(shelf, begun, tell, Stopped("interrupted", name=relying.name))
            return "put-back"
        try:
            await _turn(shelf, begun, str(shelf.told(begun.to).get("fingerprint", "")), tell)
        except Stopped as stopped:
            if not stopped.fields.get("back"):
                raise
            return "put-back"
        return "finished"


async def _turn(shelf: Shelf, begun: Begun, wanted: str, tell: Tell) -> Served:
    """Swap, reload, look; go back where one of them fails."""
    relying = shelf.relying
    why = "swap-failed"
    try:
        tell("swap")
        shelf.point(begun.to)
        why = "reload-failed"
        tell("reload")
        await _run(relying, relying.reload)
        tell("look")
        served = await _seen(relying, wanted)
        tell("served")
    except Exception as error:
        stopped = _as_stopped(error, relying, why)
        if shelf.present == begun.to:
            await _go_back(shelf, begun, tell, stopped)
        else:
            _forget(shelf, begun)
            stopped.fields["back"] = True
        raise stopped from error
    shelf.end()
    shelf.tidy()
    return served


async def _go_back(shelf: Shelf, begun: Begun, tell: Tell, stopped: Stopped) -> None:
    """Have the earlier version in use again; note in `stopped` whether it is served."""
    relying = shelf.relying
    begun = replace(begun, goes_back=True)
    earlier = str(shelf.told(begun.back_to).get("fingerprint", "")) if begun.back_to else ""
    stopped.fields |= {"back": False, "earlier": earlier}
    try:
        shelf.begin(begun)
        tell("back")
        shelf.point(begun.back_to)
        stopped.fields["again"] = await _reloaded(relying, earlier)
        if begun.is_new:
            shelf.remove(begun.to)
        shelf.end()
    except OSError as error:
        stopped.fields["again"] = str(error.strerror)
        return
    stopped.fields["back"] = not earlier or not stopped.fields["again"]


async def _reloaded(relying: Relying, earlier: str) -> str:
    """Reload, and return why the earlier certificate is not served then; nothing where it is, however it came to."""
    why = ""
    try:
        await _run(relying, relying.reload)
    except Stopped as stopped:
        why = stopped.why
    try:
        if earlier:
            await _seen(relying, earlier)
    except Stopped as stopped:
        return why or stopped.why
    return ""


def _forget(shelf: Shelf, begun: Begun) -> None:
    """Remove what was made for a change that the service never saw; what the disk keeps from it, `recover` does."""
    with contextlib.suppress(OSError):
        if begun.is_new:
            shelf.remove(begun.to)
        shelf.end()


async def _check(relying: Relying, staged: str, tell: Tell) -> None:
    tell("check")
    try:
        await _run(relying, tuple(word.replace(STAGED, staged) for word in relying.check))
    except Stopped as stopped:
        raise Stopped("check-failed", **stopped.fields) from stopped


async def _run(relying: Relying, words: tuple[str, ...]) -> None:
    """Run a command of the record. Raises Stopped `reload-failed`."""
    fields: dict[str, Any] = {"name": relying.name, "command": words[0], "said": ""}
    try:
        ended = await asyncio.to_thread(
            run_bounded, words, seconds=relying.command_seconds, most_bytes=_MOST_BYTES, environment=_PATH
        )
    except TimeoutError:
        raise Stopped("reload-failed", status="timeout", **fields) from None
    except OSError as error:
        raise Stopped("reload-failed", status=str(error.strerror), **fields) from error
    if ended.status:
        text = " ".join((ended.stderr or ended.stdout).decode(errors="replace").split())
        raise Stopped("reload-failed", status=str(ended.status), **{**fields, "said": text[-MOST_SAID:]})


async def _seen(relying: Relying, wanted: str) -> Served:
    """Return what the service serves once that is the wanted certificate. Raises Stopped `not-served` after a while.

    It is seen for a while: of a service that ends its processes gracefully, the earlier ones go on answering beside
    those that follow them (nginx lets them for a tenth of a second).
    """
    until, pause, since = time.monotonic() + relying.wait, _PAUSE, None
    while True:
        served, trouble = await looked(relying)
        now = time.monotonic()
        since = (since or now) if served.get("fingerprint") == wanted else None
        if since and now - since >= _STEADY_SECONDS:
            return served
        if not since and now >= until:
            raise Stopped(
                "not-served", name=relying.name, address=relying.address, trouble=trouble,
                served=served.get("fingerprint", ""),
            )  # fmt: skip
        await asyncio.sleep(_PAUSE if since else pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def looked(relying: Relying) -> tuple[Served, str]:
    """Return what a service serves now, or nothing, and why."""
    try:
        seen = await look(relying.host, relying.port, name=relying.server_name, speaks=relying.speaks)
    except TimeoutError:
        return {}, "timeout"
    except OSError as error:
        return {}, _in_words(error)
    except ValueError:  # no certificate that can be read, or no name that can be asked for
        return {}, UNREADABLE
    return (seen.as_data(), "") if seen else ({}, NO_TLS)


def _in_words(error: OSError) -> str:
    """Return the system's words, and not those in which the library hides them."""
    is_of_system = error.errno is not None and error.errno > 0
    return os.strerror(error.errno) if is_of_system and error.errno else str(error.strerror or error)


def _must_have_ended(shelf: Shelf) -> None:
    if shelf.begun is not None:
        raise Stopped("unfinished", name=shelf.relying.name)


def _check_programs(relying: Relying) -> None:
    for words in (relying.check, relying.reload):
        check_program(words[0])


def _as_stopped(error: Exception, relying: Relying, why: str, **more: Any) -> Stopped:
    if isinstance(error, Stopped):
        error.fields |= more
        return error
    said = error.strerror if isinstance(error, OSError) else type(error).__name__
    return Stopped(why, name=relying.name, command="", status=str(said), said="", **more)
