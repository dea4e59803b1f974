"""Running a lab: one `tanos serve` for each appliance, until Ctrl-C or SIGTERM.

Invariant: when `running` is left, however it is left, no process of the lab is left and `lab.json` is gone.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import click

from menus.lab.layout import Lab, make, names_in, write_ssh_files, write_state
from menus.lab.wiring import join, service_ports
from tanos.errors import Damaged, NotYet
from tanos.files import make_directory
from tanos.message import N_
from tanos.system import plain_environment, start_python

READY_SECONDS = 60
STOP_SECONDS = 10


@asynccontextmanager
async def running(lab: Lab) -> AsyncIterator[dict[str, int]]:
    """Make what is missing, start every appliance, and yield their SSH ports."""
    make_directory(lab.directory)
    async with AsyncExitStack() as stack:
        stack.enter_context(_only_one(lab))
        lab.state.unlink(missing_ok=True)
        await make(lab)
        await join(lab)
        started = await asyncio.gather(*(_serve(lab, name) for name in lab.names))
        for process in started:
            stack.push_async_callback(_stop, process)
        listening = await asyncio.gather(*(_listening(process) for process in started))
        ports = dict(zip(lab.names, listening, strict=True))
        write_ssh_files(lab, ports)
        write_state(lab, ports, await service_ports(lab))
        stack.callback(lab.state.unlink, missing_ok=True)
        yield ports


@contextmanager
def _only_one(lab: Lab) -> Iterator[None]:
    """Hold the directory. Raises NotYet `already-serving`."""
    lock = os.open(lab.directory / "lab.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise NotYet(
            "already-serving",
            N_("The lab in {directory} is running already.", directory=str(lab.directory)),
            N_("Sign in to it, or end it first with Ctrl-C where it runs."),
        ) from None
    finally:
        os.close(lock)


async def _serve(lab: Lab, name: str) -> Process:
    relying = lab.relying(name)
    more = ("--relying", str(relying)) if relying.exists() else ()
    home = str(lab.home(name))
    return await start_python("menus", "serve", home, *more, environment=plain_environment(), listen=True)


async def _listening(process: Process) -> int:
    """Wait for the line `listening ADDR:PORT`."""
    assert process.stdout is not None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_SECONDS):
            while line := await process.stdout.readline():
                word, _, where = line.decode().strip().partition(" ")
                if word == "listening":
                    return int(where.rpartition(":")[2])
    raise Damaged(
        "lab-failed",
        N_("An appliance of the lab did not start."),
        N_("Its own message stands above; mend it and retry."),
    )


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _until_told(lab: Lab) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, told.set)
    starting = asyncio.create_task(told.wait())
    async with running(lab) as ports:
        click.echo(_how_to_sign_in(lab, ports))
        await starting


def _how_to_sign_in(lab: Lab, ports: dict[str, int]) -> str:
    lines = [f"The lab is running in {lab.directory}. Sign in from another terminal:", ""]
    lines += [f"    ssh -F {lab.ssh_config} {name}        (port {ports[name]})" for name in lab.names]
    lines += ["", f"Drop boxes: sftp -F {lab.ssh_config} {lab.names[0]}-files", "Ctrl-C stops it.", ""]
    return "\n".join(lines)


def main_lab(directory: Path, release: str = "7.3", more: tuple[str, ...] = ()) -> int:
    """Run a lab until told to stop; returns the exit status."""
    lab = Lab(directory.absolute(), names_in(directory, more), release)
    asyncio.run(_until_told(lab))
    return 0
