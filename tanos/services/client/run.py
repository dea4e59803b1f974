"""`tanos client`: one client, or many in one process, until told to stop.

Invariant: what can never work is refused before anything is connected to: a server that is no address, a root that is
no certificate, required TLS without a root.
"""

import asyncio
import signal
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_pem_x509_certificates

from tanos.errors import AnswerRefused
from tanos.files import make_directory, read_plain
from tanos.identity import checked_name
from tanos.inert import inert
from tanos.message import N_
from tanos.services.client.client import RESET_SECONDS, Client, Tell, Who
from tanos.services.client.keyring import Keyring
from tanos.services.client.neighbours import Neighbourhood
from tanos.services.client.settings import READ, ClientSettings, Value
from tanos.services.connecting import Target, TlsMode
from tanos.services.protocol import NEW
from tanos.services.tls import platform_client

LARGEST_ROOT = 64 * 1024


@dataclass(frozen=True)
class Asked:
    """What the program was told."""

    release: str
    server: str
    """One, or several with commas between: the first is gone to, and the next where it is lost."""
    name: str
    root: Path | bytes | None = None
    """The file with the roots by which a server is judged, or what such a file holds."""
    state: Path | None = None
    own: Sequence[str] = ()
    """`NAME=VALUE` each."""
    count: int = 1
    reset: tuple[float, float] = RESET_SECONDS


def run_clients(asked: Asked, tell: Tell) -> None:
    """Be a client, or many, until SIGTERM or SIGINT.

    Raises AnswerRefused `bad-address`, `bad-name`, `no-such-setting`, `bad-value`, `not-a-certificate`, `no-root`;
    OSError where the state cannot be kept.
    """
    clients = made(asked, tell)
    asyncio.run(_until_told(clients))


def made(asked: Asked, tell: Tell) -> list[Client]:
    """Return the clients, which are not connected yet."""
    targets, own = _targets(asked.server), _own(asked)
    roots = _roots(asked.root)
    name = checked_name(asked.name)
    names = [name] if asked.count == 1 else [f"{name}-{number:04}" for number in range(1, asked.count + 1)]
    if asked.state is not None:
        make_directory(asked.state)
    return [_client(asked, each, targets, own, roots, tell) for each in names]


def _client(
    asked: Asked,
    name: str,
    targets: Sequence[Target],
    own: Mapping[str, Value],
    roots: Sequence[Certificate],
    tell: Tell,
) -> Client:
    who = Who(name, asked.release)
    settings = ClientSettings(who.protocol, asked.state / f"{name}.json" if asked.state else None, own)
    is_new = who.protocol == NEW
    if not roots and (is_new or settings.mode is TlsMode.REQUIRED):
        raise AnswerRefused(
            "no-root",
            N_("TLS is required, and no root is here to judge the server by."),
            N_("Give the tanium.pub of your Tanium Server (--root FILE)."),
        )
    keyring = Keyring(settings, roots) if is_new else None
    context = platform_client(_pem(roots)) if roots and not is_new else None
    return Client(
        who, targets[0], settings, context, tell=tell, reset=asked.reset, others=targets[1:], keyring=keyring
    )


def _targets(servers: str) -> list[Target]:
    return [_target(each) for each in servers.split(",")]


def _target(server: str) -> Target:
    try:
        return Target.read(server)
    except ValueError:
        raise AnswerRefused(
            "bad-address",
            N_("{text} is no server.", text=inert(server)),
            N_("Give NAME, NAME:PORT or NAME=HOST:PORT; the certificate must have that name."),
        ) from None


def _own(asked: Asked) -> dict[str, Value]:
    known = READ[Who("", asked.release).protocol]
    own: dict[str, Value] = {}
    for each in asked.own:
        name, _, value = each.partition("=")
        if name not in known:
            raise AnswerRefused(
                "no-such-setting",
                N_("{name} is no setting of this client.", name=inert(name)),
                N_("They are: {names}.", names=", ".join(known)),
            )
        if not value.isdecimal() or not known[name].least <= int(value) <= known[name].most:
            raise AnswerRefused(
                "bad-value",
                N_("{value} is no value for {name}.", value=inert(value), name=name),
                N_("Give a number from {least} to {most}.", least=known[name].least, most=known[name].most),
            )
        own[name] = int(value)
    return own


def _roots(root: Path | bytes | None) -> list[Certificate]:
    """Return what a file, or a text, holds: one root, or several."""
    if root is None:
        return []
    try:
        found = load_pem_x509_certificates(root if isinstance(root, bytes) else read_plain(root, LARGEST_ROOT))
        platform_client(_pem(found))
    except (ValueError, ssl.SSLError):
        raise AnswerRefused(
            "not-a-certificate",
            N_("{name} holds no certificate.", name="PEM" if isinstance(root, bytes) else inert(root.name)),
            N_("Give the tanium.pub of your Tanium Server."),
        ) from None
    return found


def _pem(roots: Sequence[Certificate]) -> str:
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in roots)


async def _until_told(clients: Sequence[Client]) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    for client in clients:
        client.neighbours = Neighbourhood(client.hello, client.keyring)
    tasks = [asyncio.create_task(client.keep()) for client in clients]
    stopping = asyncio.create_task(told.wait())
    await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in (*tasks, stopping):
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(client.neighbours.close() for client in clients if client.neighbours))
    for each in ended:
        if isinstance(each, Exception):
            raise each
