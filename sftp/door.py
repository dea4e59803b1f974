"""The front door: one SSH server for menus, verbs and the drop box.

Invariants: nothing is forwarded, and nothing runs here but the carrying of bytes; only the algorithms below are
offered, so that `ssh-audit` finds no failure; the warm parent runs before a host key is read.
"""

import asyncio
import resource
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncssh

from sftp.clerk import Clerk
from sftp.house import House
from sftp.sign_in import SignIn
from sftp.signing import AskingPair, host_key_pairs
from sftp.warm import WarmParent
from tanos.appliance import Appliance
from tanos.errors import Damaged, TanosError
from tanos.keeper import Keeper
from tanos.message import N_
from tanos.settings import settings

POST_QUANTUM = ("mlkem768x25519-sha256",)
POST_QUANTUM_ONLY = "PostQuantumOnly"
"""The setting, 0 or 1, read when the door opens: whether the two below are left out."""
CURVES = ("curve25519-sha256", "curve25519-sha256@libssh.org")
CIPHERS = (
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
"""All clients have these, and processors do them in hardware: chacha20-poly1305, which OpenSSH's clients would choose
first, takes twice as long here and is the one that needs both sides' guard against prefix truncation."""
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")
SIGNATURES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
LOGIN_SECONDS = 60
_FAREWELL_SECONDS = 1.5
"""How long menus have to leave their terminals as they found them, and clients to show that and go, when the door
closes: a client that is disconnected in the same breath shows nothing of what came before."""
WINDOW = 4 * 1024 * 1024
PACKET = 128 * 1024
_MOST_FILES = 16_384
"""Descriptors: a session needs up to eight."""


@dataclass
class Door:
    """An open front door."""

    port: int
    house: House
    acceptor: asyncssh.SSHAcceptor

    async def close(self) -> None:
        """Turn everybody out and close; what was noted is written, even where there is no time for the rest."""
        try:
            await self._empty()
            await self.house.records.close()
            await self.house.passwords.close()
        finally:
            self.house.records.stop()

    async def _empty(self) -> None:
        self.acceptor.close()
        tasks = [channel.task for guest in self.house.guests for channel in guest.channels() if channel.task]
        dismissed = [guest for guest in self.house.guests if guest.dismiss()]
        if dismissed:
            gone = [asyncio.create_task(guest.gone()) for guest in dismissed]
            await asyncio.wait(gone, timeout=_FAREWELL_SECONDS)
            for each in gone:
                each.cancel()
        for guess in tuple(self.house.guesses):
            guess.cancel()
        tasks += [asyncio.create_task(guest.leave()) for guest in self.house.guests]
        await self.acceptor.wait_closed()
        if tasks:
            await asyncio.wait(tasks, timeout=5)


async def serve(appliance: Appliance, *, address: str, port: int, warm: WarmParent) -> Door:
    """Open the front door on `address` and `port` (0: any free one); `warm` has been started.

    Raises Damaged `cannot-listen` or `host-keys-missing`.
    """
    _allow_many_files()
    house = House(appliance, warm, Clerk(appliance), Clerk(appliance))
    try:
        acceptor = await asyncssh.create_server(partial(SignIn, house), address, port, **_options(appliance))
    except OSError as error:
        raise Damaged(
            "cannot-listen",
            N_("{address} port {port} cannot be used: {reason}.", address=address, port=port, reason=str(error)),
            N_("Choose another with --listen and --ssh-port, or end what uses it."),
        ) from error
    return Door(acceptor.get_port(), house, acceptor)


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, _MOST_FILES) if most > 0 else _MOST_FILES, most))


def _options(appliance: Appliance) -> dict[str, Any]:
    return {
        "server_host_keys": _host_keys(appliance),
        "kex_algs": POST_QUANTUM if _post_quantum_only(appliance) else POST_QUANTUM + CURVES,
        "encryption_algs": CIPHERS,
        "mac_algs": MACS,
        "compression_algs": None,
        "signature_algs": SIGNATURES,
        "gss_host": None,
        "host_based_auth": False,
        "password_auth": False,
        "x509_trusted_certs": None,
        "agent_forwarding": False,
        "x11_forwarding": False,
        "line_editor": False,
        "encoding": None,
        "window": WINDOW,
        "max_pktsize": PACKET,
        "server_version": "tanos",
        "login_timeout": LOGIN_SECONDS,
        "tcp_keepalive": True,
        "backlog": 256,
        "config": None,
    }


def _post_quantum_only(appliance: Appliance) -> bool:
    """Say whether the setting asks for it; a database that cannot be read is no reason to stay closed."""
    try:
        return str(settings(appliance).get(POST_QUANTUM_ONLY, 0)) == "1"
    except TanosError:
        return False


def _host_keys(appliance: Appliance) -> list[AskingPair]:
    keys = host_key_pairs(Keeper(appliance), SIGNATURES)
    if not keys:
        raise Damaged(
            "host-keys-missing",
            N_("{home} holds no host key.", home=str(appliance.home)),
            N_("Make the appliance with `tanos init`."),
        )
    return keys
