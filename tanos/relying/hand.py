"""The hand: the one process that gives relying services their certificates, and does nothing else.

Invariants: what it may write and run stands in a file that root alone changes, read anew for each question; who asks
gives names. It alone is handed the pairs, by the keeper, and gives none away: what it answers is public. Only
processes of one account, or root's, are answered; each says one thing, and soon. One change at a time.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tanos.errors import TanosError
from tanos.moments import moment_text
from tanos.other_end import other_end
from tanos.relying.content import read_content
from tanos.relying.installing import Tell, install, looked, put_back, recover
from tanos.relying.record import Relying, read_records
from tanos.relying.shelf import Shelf, looked_at
from tanos.relying.stopped import Stopped
from tanos.services.frames import BadFrame, Frame, frame_bytes, read_frame
from tanos.services.meeting import address_of

SPEAK_SECONDS, LONGEST, MOST_ASKING = 5.0, 4096, 16
Pair = Callable[[str], str | None]
"""The live pair of a kind, PEM, as the keeper hands it out."""
Fault = Callable[[BaseException], object]


class Hand:
    """Answers until it is told to end."""

    def __init__(self, file: Path, pair: Pair, account: int, fault: Fault) -> None:
        self._file, self._pair, self._account, self._fault = file, pair, account, fault
        self._found: dict[str, str] = {}
        self._changing = asyncio.Lock()
        self._asking = 0

    async def serve(self, listening: socket.socket, gone: asyncio.Event) -> None:
        """End what was begun, then answer at a socket until `gone`, and until what was begun has its end."""
        await self._recover()
        server = await asyncio.start_unix_server(self._attend, sock=listening)
        async with server:
            await gone.wait()
            server.close()
            async with self._changing:
                pass

    async def _recover(self) -> None:
        try:
            records = read_records(self._file)
        except Stopped:  # told to whoever asks
            return
        for name, relying in records.items():
            try:
                if found := await recover(relying, lambda _: None):
                    self._found[name] = found
            except Stopped as stopped:
                self._found[name] = stopped.why
            except Exception as error:
                self._fault(error)
                self._found[name] = "internal"

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._asking += 1
        try:
            if self._asking > MOST_ASKING or other_end(writer.get_extra_info("socket")).account not in {
                self._account,
                0,
            }:
                return
            async with asyncio.timeout(SPEAK_SECONDS):
                asked = await read_frame(reader, LONGEST)
            if asked is not None:
                answer = await self._answered(asked, lambda step: writer.write(frame_bytes({"step": step})))
                writer.write(frame_bytes(answer))
                async with asyncio.timeout(SPEAK_SECONDS):
                    await writer.drain()
        except (BadFrame, OSError, TimeoutError):
            pass
        finally:
            self._asking -= 1
            writer.close()

    async def _answered(self, asked: Frame, tell: Tell) -> Frame:
        try:
            return {"done": await self._answer(asked, tell)}
        except Stopped as stopped:
            return {"stopped": stopped.why, "fields": stopped.fields}
        except Exception as error:
            self._fault(error)
            return {"stopped": "internal", "fields": {}}

    async def _answer(self, asked: Frame, tell: Tell) -> Any:
        records = read_records(self._file)
        match asked.get("do"):
            case "names":
                return list(records)
            case "kept":
                return {name: self._kept(relying) for name, relying in records.items()}
            case "list":
                return await asyncio.gather(*(self._told(relying) for relying in records.values()))
            case "install":
                relying = _named(records, asked)
                told = {"by": str(asked.get("by", ""))[:64], "at": _now()}
                async with self._alone(relying, tell):
                    content = read_content(await self._pair_of(relying))
                    if asked.get("fingerprint") not in {"", content.fingerprint}:
                        raise Stopped("stale")
                    await install(relying, content, told, tell)
            case "put-back":
                relying, version = _named(records, asked), asked.get("version")
                async with self._alone(relying, tell):
                    await put_back(relying, version if type(version) is int else 0, tell)
            case _:
                raise Stopped("no-such-question")
        return await self._told(relying)

    async def _pair_of(self, relying: Relying) -> str | None:
        try:
            return await asyncio.to_thread(self._pair, relying.kind.name)
        except ValueError:
            raise Stopped("not-granted", kind=relying.kind.name) from None
        except TanosError as error:
            raise Stopped("no-pair") from error

    @contextlib.asynccontextmanager
    async def _alone(self, relying: Relying, tell: Tell) -> Any:
        if self._changing.locked():
            raise Stopped("busy", name=relying.name)
        async with self._changing:
            if found := await recover(relying, tell):
                self._found[relying.name] = found
            yield

    async def _told(self, relying: Relying) -> Frame:
        """Return what is true of one service, to be shown."""
        served, trouble = await looked(relying)
        told = {
            "name": relying.name,
            "certificate": relying.kind.name,
            "address": relying.address,
            "server_name": relying.server_name,
            "directory": str(relying.directory),
            "files": {file: list(parts) for file, parts in relying.files.items()},
            "owner": f"{relying.owner}:{relying.group}",
            "mode": f"{relying.mode:04o}",
            "check": list(relying.check),
            "reload": list(relying.reload),
            "served": dict(served),
            "trouble": trouble,
            "found": self._found.get(relying.name, ""),
        }
        return {**told, **self._kept(relying)}

    def _kept(self, relying: Relying) -> Frame:
        """Return what lies on the shelf of one service, without asking the service."""
        told: Frame = {"certificate": relying.kind.name}
        try:
            with looked_at(relying) as shelf:
                return {**told, "busy": self._changing.locked(), **_kept(shelf)}
        except Stopped as stopped:
            problem = {"stopped": stopped.why, "fields": stopped.fields}
            return {**told, "busy": False, "installed": None, "versions": [], "problem": problem}


def _kept(shelf: Shelf) -> Frame:
    present = shelf.present
    versions = [{"number": number, **shelf.told(number)} for number in shelf.numbers]
    return {"installed": next((each for each in versions if each["number"] == present), None), "versions": versions}


def _named(records: dict[str, Relying], asked: Frame) -> Relying:
    name = asked.get("name")
    if not isinstance(name, str) or name not in records:
        raise Stopped("no-such-relying", name=str(name)[:64], known=", ".join(records))
    return records[name]


def _now() -> str:
    return moment_text(datetime.now(UTC))


def listen_at(path: Path, account: int) -> socket.socket:
    """Return a socket for that account alone, at a path that is taken over. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listening = socket.socket(socket.AF_UNIX)
    try:
        before = os.umask(0o177)
        try:
            with address_of(path) as met:
                listening.bind(met)
        finally:
            os.umask(before)
        if os.geteuid() != account:
            os.chown(path, account, -1)
        listening.listen()
    except BaseException:
        listening.close()
        raise
    return listening
