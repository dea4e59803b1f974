"""While pairs are installed, restored and renewed, and everything is killed in between, no pair is ever mixed.

Each pair of this storm has an authority of its own between it and the root that is believed: a certificate that came
with another's key fails the handshake, one that came with another's chain fails to be verified.
"""

import asyncio
import os
import random
import re
import signal
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.certificates.pairs import KEPT
from tanos.keeper import keeper_of
from tanos.services.catalogue import HTTPS, PLATFORM, TANIUM_SERVER
from tanos.services.control import ask_supervisor
from tanos.supervising.supervisor import Supervisor
from tests.tanos.services.authority import authority
from tests.tanos.services.conftest import LOOPBACK, supervising

TS = "ts1.lab.test"
KINDS = {"reporting": PLATFORM, "soap": HTTPS}
PAIRS, MOST_SECONDS = KEPT + 1, 60
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass
class Watch:
    """What was presented while it stormed."""

    chains: dict[str, set[tuple[bytes, ...]]]
    """By the kind: those that there are, each from its leaf up."""
    seen: Counter[tuple[str, bytes]] = field(default_factory=Counter)
    judged: int = 0
    wrong: list[str] = field(default_factory=list)

    def is_over(self) -> bool:
        """Whether something went wrong: to go on would show no more."""
        return bool(self.wrong)

    def has_seen_enough(self) -> bool:
        """Whether what is presented changed again and again, and was judged by openssl."""
        leaves = Counter(kind for kind, _ in self.seen)
        return min(leaves[kind] for kind in KINDS) > 2 and self.judged > 20


def make_pairs(directory: Path) -> dict[str, set[tuple[bytes, ...]]]:
    """Write pairs of both kinds; return their chains."""
    chains: dict[str, set[tuple[bytes, ...]]] = {kind: set() for kind in KINDS}
    for kind, found in chains.items():
        for number in range(PAIRS):
            between = authority().below(f"{kind} {number}")
            leaf, mark, key = between.pair(TS).partition("-----BEGIN PRIVATE KEY-----")
            chain = leaf + between.pem
            (directory / f"{kind}-{number}.crt").write_text(chain)
            (directory / f"{kind}-{number}.key").write_text(mark + key)
            found.add(_certificates(chain.encode()))
    return chains


async def hammer(supervisor: Supervisor, kind: str, watch: Watch) -> None:
    """Shake hands with a listener, again and again; whoever is down at the moment may be."""
    context = ssl.create_default_context(cadata=authority().pem)
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", ssl.VerifyFlags(0))
    leaves = {ssl.PEM_cert_to_DER_cert(chain[0].decode()) for chain in watch.chains[kind]}
    while not watch.is_over():
        port = supervisor.services[TANIUM_SERVER.name].ports.get(KINDS[kind], 0)
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port, ssl=context, server_hostname=TS)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            continue
        except ssl.SSLError as error:
            watch.wrong.append(f"{kind}: {error}")
            return
        except OSError:
            await asyncio.sleep(0.01)
            continue
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.transport.abort()
        watch.seen[kind, shown] += 1
        if shown not in leaves:
            watch.wrong.append(f"{kind}: a certificate that nobody installed")


async def judge(supervisor: Supervisor, kind: str, watch: Watch, root: Path) -> None:
    """Have openssl look at the whole chain, again and again."""
    while not watch.is_over():
        port = supervisor.services[TANIUM_SERVER.name].ports.get(KINDS[kind], 0)
        command = ["openssl", "s_client", "-connect", f"{LOOPBACK}:{port}", "-showcerts", "-CAfile", str(root)]
        command += ["-verify_hostname", TS, "-verify_return_error"]
        done = await asyncio.to_thread(subprocess.run, command, input=b"", capture_output=True, timeout=60)
        if done.returncode == 0:
            watch.judged += 1
            if _certificates(done.stdout) not in watch.chains[kind]:
                watch.wrong.append(f"{kind}: {done.stdout.decode()}")
        elif b"verify error" in done.stderr + done.stdout or b"alert" in done.stderr:
            watch.wrong.append(f"{kind}: {done.stderr.decode()}")


async def renew(appliance: Appliance, watch: Watch) -> None:
    """Have the service present what is installed, and kill it now and then."""
    while not watch.is_over():
        await ask_supervisor(
            appliance, random.choice(("renew", "renew", "renew", "restart")), name=TANIUM_SERVER.name
        )
        await asyncio.sleep(0)


async def kill(supervisor: Supervisor) -> None:
    """Kill the service now and then."""
    while True:
        await asyncio.sleep(random.uniform(0.3, 1.5))
        process = supervisor.services[TANIUM_SERVER.name]._process
        if process is not None:
            process.send(signal.SIGKILL)


@asynccontextmanager
async def installing(home: Path, directory: Path) -> AsyncIterator[None]:
    """Run one who installs; at the end of the block he is killed, wherever he is."""
    command = [sys.executable, "-m", "tests.tanos.services.storming", str(home), str(directory)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"storming\n"
        yield
        assert process.returncode is None, "it ended by itself"
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()


@pytest.mark.crash
@pytest.mark.parametrize("seconds", [3, pytest.param(120, marks=pytest.mark.soak)])
async def test_whatever_is_installed_restored_renewed_and_killed_every_certificate_comes_with_its_own_key_and_chain(
    server: Appliance, tmp_path: Path, seconds: int
) -> None:
    watch = Watch(make_pairs(tmp_path))
    root = tmp_path / "root.pem"
    root.write_text(authority().pem)
    for certificate in sorted(tmp_path.glob("*-*.crt")):  # more than are kept: none of before can be restored
        key, kind = certificate.with_suffix(".key").read_bytes(), certificate.stem.partition("-")[0]
        keeper_of(server).install_pair(kind, key, certificate.read_bytes(), "storm")
    async with supervising(server) as supervisor:
        tasks = [asyncio.create_task(hammer(supervisor, kind, watch)) for kind in KINDS]
        tasks += [asyncio.create_task(judge(supervisor, kind, watch, root)) for kind in KINDS]
        tasks += [asyncio.create_task(renew(server, watch)), asyncio.create_task(kill(supervisor))]
        begun = time.monotonic()
        while not watch.is_over() and (time.monotonic() - begun < seconds or not watch.has_seen_enough()):
            assert time.monotonic() - begun < seconds + MOST_SECONDS, watch.seen
            async with installing(server.home, tmp_path):
                await asyncio.sleep(random.uniform(0.3, 1.0))
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert not watch.wrong, watch.wrong[:3]
        assert not [each for each in ended if isinstance(each, Exception)]
        await _is_calm(server, supervisor)
    print(watch.seen.total(), "handshakes,", watch.judged, "judged,", len(watch.seen), "certificates seen")


async def _is_calm(appliance: Appliance, supervisor: Supervisor) -> None:
    """Once it is over, what is live is what is served."""
    service, keeper = supervisor.services[TANIUM_SERVER.name], keeper_of(appliance)
    live = {kind: keeper.current(kind) for kind in KINDS}
    codes = {
        KINDS[kind]: each.check_code for kind in KINDS for each in keeper.versions(kind) if each.number == live[kind]
    }
    async with asyncio.timeout(60):
        while {port: seen.check_code for port, seen in service.served.items()} != codes:
            await ask_supervisor(appliance, "renew", name=TANIUM_SERVER.name)


def _certificates(text: bytes) -> tuple[bytes, ...]:
    return tuple(_CERTIFICATE.findall(text))
