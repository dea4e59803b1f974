"""`tanos serve HOME`: the one long-lived program of an appliance.

Invariant: one serves a home at a time (a lock that dies with the process); the keeper runs before all else, and from
then on nothing else here can open a private key; address and port are remembered, so that known hosts and peers stay
right across restarts. What is damaged, or cannot be written, is said and does not keep the door shut: behind it is
where it is mended.
"""

import asyncio
import contextlib
import gc
import os
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path

from menus.language import speak
from menus.streams import Streams
from sftp.keeping.asking import Line, ask_over, pairs_over
from sftp.keeping.front import give_up_keys
from sftp.keeping.guardian import keeping
from sftp.keeping.rights import Part
from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.confinement.told import means
from tanos.door.place import FILE, Place, remember_place, remembered_place
from tanos.errors import Damaged, TanosError
from tanos.files import disk_trouble, make_directory
from tanos.keys.host_keys import host_fingerprints
from tanos.keys.host_rotation import finish
from tanos.known_keys.judging import listed_at
from tanos.known_keys.lists import DIRECTORY
from tanos.message import N_, Message
from tanos.recovery import recover
from tanos.relying.operations import left_open, settle_left
from tanos.relying.process import Place as Relying
from tanos.relying.process import having_hand
from tanos.relying.record import kinds_named
from tanos.roots.restoring import end_restoring
from tanos.serving_alone import only_one
from tanos.supervising.beside import supervised
from tanos.trials.ends import due
from tanos.watching import Watched

STOP_SECONDS = 6.0
ANY_PORT = 0
LOOPBACK = "127.0.0.1"
Left = list[tuple[str, int]]
"""What had begun with relying services when the appliance was started."""


def serve_home(home: Path, listen: str, port: int | None, streams: Streams, relying: Relying | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status.

    Raises NotYet `already-serving`, Damaged `no-home`, `disk-failed` (no directory `run`), `cannot-listen`,
    `no-warm-parent`, `keeper-lost` or `services-lost`.
    """
    appliance = Appliance.open(home, half_restored=True)
    with only_one(appliance):
        restored = end_restoring(appliance)
        streams.complain(speak(message) for message in (*restored, *_recovered(appliance)))
        left = _left_open(appliance)
        appliance.store.close()
        remembered = remembered_place(appliance) or Place(LOOPBACK, ANY_PORT)
        place = Place(listen or remembered.address, remembered.port if port is None else port)
        make_directory(appliance.home / DIRECTORY)  # what an earlier release made has none
        with contextlib.ExitStack() as stack, keeping(appliance) as keeper:
            ask_over(keeper)
            stack.enter_context(listed_at(appliance.home))
            with _services(appliance, place, keeper) as services, _relying(appliance, relying, keeper, streams):
                streams.complain(speak(message) for message in give_up_keys(appliance))
                if left:
                    threading.Thread(target=_settle, args=(appliance, left, streams), daemon=True).start()
                _run(_serve(appliance, place, streams, keeper, services))
    return 0


@contextmanager
def _services(appliance: Appliance, place: Place, keeper: Line) -> Iterator[Watched]:
    """Have the services run: their supervisor reaches the keeper by a line of its own."""
    with keeper.for_another(Part.SUPERVISOR, "") as theirs:
        mine = os.dup(theirs)
    with supervised(appliance, place.address, mine, lambda: ask_over(Line(mine))) as services:
        yield services


@contextmanager
def _relying(appliance: Appliance, place: Relying | None, keeper: Line, streams: Streams) -> Iterator[None]:
    """Have relying services given their certificates, where root says which; a lack of that shuts no door."""
    with contextlib.ExitStack() as stack:
        mine = None
        if place is not None:
            with keeper.for_another(Part.RELYING, " ".join(kinds_named(place.file))) as theirs:
                mine = os.dup(theirs)
        try:
            lack = stack.enter_context(having_hand(appliance, place, mine, pairs_over))
        except OSError as error:
            lack = error
        if lack is not None and place is not None:
            streams.complain(speak(message) for message in _said(lack, str(place.hand or place.file)))
        yield


def _left_open(appliance: Appliance) -> Left:
    try:
        return left_open(appliance)
    except TanosError:  # said already
        return []


def _settle(appliance: Appliance, left: Left, streams: Streams) -> None:
    """Record how what was begun with relying services ended, once that is known; it may take a minute."""
    with contextlib.suppress(TanosError):
        streams.complain(speak(message) for message in settle_left(appliance, left))
    appliance.store.close()


def _recovered(appliance: Appliance) -> list[Message]:
    """Heal what was interrupted; what cannot be healed is said and keeps nobody from signing in to mend it."""
    try:
        return [*recover(appliance), *due(appliance), *finish(system_call(appliance, "recover"))]
    except TanosError as error:
        return [error.message, error.remedy]
    except OSError as error:
        return _said(error, str(appliance.home))


def _said(error: OSError, what: str) -> list[Message]:
    trouble = disk_trouble(error, what)
    return [trouble.message, trouble.remedy]


def host_key_lines(appliance: Appliance) -> list[str]:
    """Return one line a host key: what an operator compares who signs in, or adds this appliance as a peer."""
    return [
        speak(N_("host key {fingerprint} ({type})", fingerprint=fingerprint, type=kind))
        for kind, fingerprint in host_fingerprints(appliance).items()
    ]


def _run(serving: Coroutine[None, None, None]) -> None:
    """Run the front door, in the quicker of the event loops: a packet costs it more to come by than to open."""
    import uvloop

    uvloop.run(serving)


async def _serve(appliance: Appliance, place: Place, streams: Streams, keeper: Line, services: Watched) -> None:
    from sftp.deadlines import Deadlines
    from sftp.door import serve
    from sftp.warm import WarmParent

    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    lost: list[Damaged] = []

    def is_lost(why: Damaged) -> None:
        lost.append(why)
        told.set()

    keeper.when_lost(lambda: is_lost(_keeper_lost()))
    services.when_lost(lambda: is_lost(_services_lost()))
    warm = WarmParent(appliance.home, keeper=keeper)
    try:
        await warm.start()
        door = await serve(appliance, address=place.address, port=place.port, warm=warm)
        deadlines = Deadlines(door.house, lambda message: streams.complain([speak(message)]))
        watch = asyncio.create_task(deadlines.watch())
        try:
            open_at = Place(place.address, door.port)
            streams.complain(speak(message) for message in _remember(appliance, open_at))
            streams.complain(speak(message) for message in _unconfined())
            held = speak(means().sentence)
            _keep()
            streams.show([f"listening {open_at.shown}", *host_key_lines(appliance), held])
            await told.wait()
        finally:
            watch.cancel()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(door.close(), STOP_SECONDS / 2)
    finally:
        await warm.close()
    if lost:
        raise lost[0]


_START_AGAIN = N_("Start the front door again; a service manager does.")


def _keeper_lost() -> Damaged:
    return Damaged(
        "keeper-lost",
        N_("The process that starts the keeper of the private keys has ended, and nobody could sign in."),
        _START_AGAIN,
    )


def _services_lost() -> Damaged:
    return Damaged("services-lost", N_("The processes that keep the services running have ended."), _START_AGAIN)


def _keep() -> None:
    """Look for garbage no more among what is here: that would halt everybody who types, for as long as it takes."""
    gc.collect()
    gc.freeze()


def _unconfined() -> list[Message]:
    trouble = means().trouble
    return [] if trouble is None else [trouble.message, trouble.remedy]


def _remember(appliance: Appliance, place: Place) -> list[Message]:
    """Write down where the door is; return what keeps that from being written."""
    try:
        remember_place(appliance, place)
    except OSError as error:
        return _said(error, FILE)
    return []
