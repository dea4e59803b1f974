"""What the program `openssl` sees: of a listener, as `s_client`; of whoever connects, as `s_server`."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

SECONDS = 60.0
OLD_TOO = "@SECLEVEL=0"
"""Without it openssl itself offers nothing older than TLS 1.2."""
_SUITE = re.compile(r"^ +\{0x(..), 0x(..)\} \S+$", re.MULTILINE)
_LISTENS = re.compile(r"^ACCEPT .*:(\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Seen:
    """One handshake with a listener; `text` is all that openssl told of it."""

    ok: bool
    text: str

    @property
    def asks_for_a_certificate(self) -> bool:
        """Whether the listener wants to see a certificate."""
        return "CertificateRequest" in self.text

    @property
    def suite(self) -> str:
        """What was agreed on."""
        return _found(r"^New, \S+, Cipher is (\S+)$", self.text)

    @property
    def verified(self) -> str:
        """What openssl says of the chain and the name."""
        return _found(r"^Verification(?: error)?: (.+)$", self.text)


async def shake_hands(port: int, *words: str | Path) -> Seen:
    """Shake hands with a listener here."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-trace", *map(str, words)]
    done = await asyncio.to_thread(subprocess.run, command, input=b"", capture_output=True, timeout=SECONDS)
    text = (done.stdout + done.stderr).decode(errors="replace")
    return Seen(done.returncode == 0 and "Cipher is (NONE)" not in text, text)


@cache
def names_of_suites() -> dict[str, str]:
    """Return the name that openssl gives each suite up to TLS 1.2 that it knows, by its number."""
    command = ["openssl", "ciphers", "-V", "-s", "-tls1_2", f"ALL:COMPLEMENTOFALL:{OLD_TOO}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in told.splitlines())
    return {number.replace("0x", "").replace(",", ""): name for number, _, name, *_ in rows}


@dataclass
class Listening:
    """An `openssl s_server`, and what it told so far."""

    port: int = 0
    text: str = ""
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def shown(self) -> str:
        """Whose certificate whoever came showed; empty: none."""
        return _found(r"^depth=0 .*CN = (\S+)$", self.text)

    async def told(self, pattern: str) -> str:
        """Wait until it told that; return the first group."""
        async with asyncio.timeout(SECONDS):
            while not (found := re.search(pattern, self.text, re.MULTILINE)):
                self._told.clear()
                await self._told.wait()
        return found.group(found.re.groups and 1)

    async def hello(self) -> "Hello":
        """Return what the first who came said first."""
        await self.told(r"^ +ServerHello|Sent Record|alert")
        said = self.text[self.text.index("ClientHello, Length") :]
        end = re.search(r"^(Sent|Received) Record$", said, re.MULTILINE)
        return Hello(said[: end.start()] if end else said)

    def take(self, data: bytes) -> None:
        """Take what it prints."""
        self.text += data.decode(errors="replace")
        self._told.set()


@dataclass(frozen=True)
class Hello:
    """A ClientHello."""

    text: str

    @property
    def suites(self) -> set[str]:
        """What is offered up to TLS 1.2; the sign for secure renegotiation is no suite, those of 1.3 have no name."""
        names = names_of_suites()
        numbers = (first + second for first, second in _SUITE.findall(self.text))
        return {names.get(number, number) for number in numbers if number != "00FF" and not number.startswith("13")}

    @property
    def newest(self) -> str:
        """The newest version that is offered."""
        listed = re.findall(r"^ +(TLS 1\.\d) \(\d+\)$", self.text, re.MULTILINE)
        return max(listed, default=_found(r"client_version=\S+ \((TLS 1\.\d)\)", self.text))

    @property
    def oldest(self) -> str:
        """The oldest version that is offered where there is a list of them."""
        return min(re.findall(r"^ +(TLS 1\.\d) \(\d+\)$", self.text, re.MULTILINE), default="")

    @property
    def name(self) -> str:
        """Under which name the server is looked for."""
        block = self.text.partition("server_name(0)")[2].partition("extension_type")[0]
        shown = "".join(re.findall(r"^ +0[0-9a-f]+ - ([0-9a-f -]{1,48})", block, re.MULTILINE))
        return bytes.fromhex(shown.replace("-", " "))[5:].decode() if shown else ""


@asynccontextmanager
async def listening(pair: Path, *words: str) -> AsyncIterator[Listening]:
    """Run `openssl s_server` with certificate and key of a file for as long as the block lasts."""
    command: Sequence[str] = ("openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", str(pair), "-trace", *words)
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    seen = Listening()

    async def read() -> None:
        assert process.stdout is not None
        while data := await process.stdout.read(1 << 16):
            seen.take(data)

    reading = asyncio.create_task(read())
    try:
        seen.port = int(await seen.told(_LISTENS.pattern))
        yield seen
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await reading


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1) if found else ""
