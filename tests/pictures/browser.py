"""Chromium without a window, led over its own pipe (DevTools): where it goes, what it thinks of what it is shown.

It has a home of its own, believes the authorities in that home's NSS database and its own, and is told to overlook
nothing. It reaches the one address that it is given and no other.
"""

import asyncio
import base64
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 60.0
PROGRAMS = ("chromium", "certutil")
"""Debian: chromium, libnss3-tools."""
_TO, _FROM = 3, 4


def missing() -> str:
    """Return the first program that is not here, empty where all are."""
    return next((each for each in PROGRAMS if shutil.which(each) is None), "")


def believe(home: Path, authority: Path) -> None:
    """Have a browser of that home believe an authority: as an operator imports it on his desk."""
    database = home / ".pki" / "nssdb"
    if database.exists():
        return
    database.mkdir(parents=True)
    where = ["-d", f"sql:{database}"]
    subprocess.run(["certutil", *where, "-N", "--empty-password"], check=True, capture_output=True)
    added = ["-A", "-t", "C,,", "-n", authority.stem, "-i", str(authority)]
    subprocess.run(["certutil", *where, *added], check=True, capture_output=True)


@dataclass
class Browser:
    """One window."""

    _reader: asyncio.StreamReader
    _to: int
    _session: str = ""
    _number: int = 0
    _answers: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    events: list[tuple[str, Any]] = field(default_factory=list)

    async def begin(self, width: int, height: int) -> None:
        """Open a window."""
        target = await self.do("Target.createTarget", url="about:blank")
        attached = await self.do("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for each in ("Page", "Security", "Runtime"):
            await self.do(f"{each}.enable")
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self.do("Emulation.setDeviceMetricsOverride", **metrics)

    async def go(self, url: str) -> str:
        """Go to an address; return what kept it from being shown (`net::ERR_…`), empty where nothing did."""
        self.events.clear()
        went = await self.do("Page.navigate", url=url)
        await self.event("Page.loadEventFired")
        return str(went.get("errorText", ""))

    async def run(self, script: str) -> Any:
        """Run a line in the page; return what it gives."""
        ran = await self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return ran["result"].get("value")

    async def submit(self, script: str) -> None:
        """Run a line that leads to another page, and wait for that."""
        self.events.clear()
        await self.run(script)
        await self.event("Page.loadEventFired")

    async def security(self) -> Any:
        """Return what the browser thinks of the page's connection and its certificate."""
        return (await self.event("Security.visibleSecurityStateChanged"))["visibleSecurityState"]

    async def picture(self) -> bytes:
        """Return what is to be seen, PNG."""
        taken = await self.do("Page.captureScreenshot", format="png")
        return base64.b64decode(taken["data"])

    async def do(self, method: str, **words: Any) -> Any:
        """Have something done. Raises RuntimeError where the browser refuses."""
        self._number += 1
        number = self._number
        self._answers[number] = asyncio.get_running_loop().create_future()
        asked = {"id": number, "method": method, "params": words}
        if self._session:
            asked["sessionId"] = self._session
        os.write(self._to, json.dumps(asked).encode() + b"\0")
        async with asyncio.timeout(SECONDS):
            return await self._answers[number]

    async def event(self, name: str) -> Any:
        """Return the last event of that name; wait for one where there was none."""
        async with asyncio.timeout(SECONDS):
            while True:
                for method, words in reversed(self.events):
                    if method == name:
                        return words
                self._came.clear()
                await self._came.wait()

    async def read(self) -> None:
        """Take what it says, until it ends."""
        with suppress(asyncio.IncompleteReadError):
            while True:
                said = json.loads((await self._reader.readuntil(b"\0"))[:-1])
                if "id" not in said:
                    self.events.append((said["method"], said["params"]))
                    self._came.set()
                    continue
                answer = self._answers.pop(said["id"], None)
                if answer is None or answer.done():
                    continue
                if "error" in said:
                    answer.set_exception(RuntimeError(said["error"]["message"]))
                else:
                    answer.set_result(said["result"])


@asynccontextmanager
async def browser(home: Path, name: str, port: int, *, width: int = 960, height: int = 600) -> AsyncIterator[Browser]:
    """Run one for as long as the block lasts; `name` is found at `port` of this machine, and nothing else is."""
    to_it, ours = os.pipe()
    from_it, theirs = os.pipe()
    words = [
        "chromium", "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={home / 'profile'}",
        f"--host-resolver-rules=MAP {name} 127.0.0.1:{port}, MAP * ~NOTFOUND", "--no-first-run", "--disable-gpu",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en-US",
        "--force-color-profile=srgb", "--hide-scrollbars", "--disable-dev-shm-usage",
    ]  # fmt: skip
    if os.getuid() == 0:
        words.append("--no-sandbox")  # Chromium's own sandbox refuses root
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    with (home / "chromium.log").open("wb") as log:
        process = await asyncio.to_thread(_started, words, environment, log.fileno(), to_it, theirs)
    for each in (to_it, theirs):
        os.close(each)
    reader = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(from_it, "rb", 0)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    made = Browser(reader, ours)
    reading = asyncio.create_task(made.read())
    try:
        await made.begin(width, height)
        yield made
    finally:
        with suppress(OSError):
            os.write(ours, b'{"id":0,"method":"Browser.close"}\0')
        try:
            await asyncio.to_thread(process.wait, 20)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        transport.close()
        os.close(ours)


def _started(
    words: list[str], environment: dict[str, str], log: int, to_it: int, theirs: int
) -> "subprocess.Popen[bytes]":
    """Start it with its two pipes at the numbers where it looks for them."""
    script = f'exec "$@" {_TO}<&{to_it} {_FROM}>&{theirs}'
    return subprocess.Popen(
        ["bash", "-c", script, "bash", *words],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, pass_fds=(to_it, theirs),
    )  # fmt: skip
