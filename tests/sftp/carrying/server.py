"""A drop box served by a plain SFTP server of another making, in a thread of its own: what a client meets outside.

It is deliberately not our own door: its directories, answers and faults are set by the test.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh


class StrangeBox:
    """A running server: `port`, its host keys, and the directory it serves as `/`."""

    def __init__(self, directory: Path, keys: list[asyncssh.SSHKey]) -> None:
        self.directory = directory
        self.keys = keys
        self.port = 0
        self.users: list[str] = []

    def fingerprint(self, number: int = 0) -> str:
        """Return `SHA256:…` of one of its host keys."""
        return self.keys[number].get_fingerprint("sha256")

    def line(self, number: int = 0) -> str:
        """Return `type base64` of one of its host keys."""
        return " ".join(self.keys[number].export_public_key("openssh").decode().split()[:2])


class LateRefusal(asyncssh.SFTPServer):
    """Takes every byte of an upload and refuses it at the end, as a drop box that judges content does."""

    def close(self, file_obj: Any) -> None:
        written = file_obj.writable()
        super().close(file_obj)
        if written:
            Path(file_obj.name.decode()).unlink()
            raise asyncssh.SFTPFailure("no room for this")


@contextmanager
def strange_box(
    directory: Path,
    authorized: str,
    keys: list[asyncssh.SSHKey] | None = None,
    sftp: type[asyncssh.SFTPServer] = asyncssh.SFTPServer,
    **options: Any,
) -> Iterator[StrangeBox]:
    """Serve `directory` to whoever holds the key of the line `authorized`."""
    for name in ("incoming", "outgoing"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    accepted = asyncssh.import_public_key(authorized) if authorized else None
    box = StrangeBox(directory, keys or [asyncssh.generate_private_key("ssh-ed25519")])

    open_connections: list[asyncssh.SSHServerConnection] = []

    class Host(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            open_connections.append(conn)

        def begin_auth(self, username: str) -> bool:
            box.users.append(username)
            return True

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            return accepted is not None and key == accepted

    async def serve(ready: Future[None], stop: asyncio.Event) -> None:
        server = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Host,
            server_host_keys=box.keys,
            sftp_factory=lambda chan: sftp(chan, chroot=str(directory).encode()),
            **options,
        )
        box.port = server.get_port()
        ready.set_result(None)
        await stop.wait()
        server.close()
        await server.wait_closed()
        for connection in open_connections:
            connection.abort()
            await connection.wait_closed()

    with _beside(serve):
        yield box


@contextmanager
def _beside(serve: Callable[[Future[None], asyncio.Event], Any]) -> Iterator[None]:
    ready: Future[None] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def run() -> None:
        try:
            loop.run_until_complete(serve(ready, stop))
            left = asyncio.all_tasks(loop)
            loop.run_until_complete(asyncio.wait(left, timeout=60) if left else asyncio.sleep(0))
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        ready.result(timeout=60)
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=60)
