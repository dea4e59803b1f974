"""The front door: one SSH server for menus, verbs and the drop box.

Invariants: nothing is forwarded, and nothing runs here but the carrying of bytes; the warm parent runs before a host
key is read.
"""

import asyncio
import resource
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncssh

from sftp.algorithms import SIGNATURES, offered
from sftp.clerk import Clerk
from sftp.control import Control
from sftp.farewells import Farewells
from sftp.house import House
from sftp.key_exchange import wait_for_signatures
from sftp.sign_in import SignIn
from sftp.signing import AskingPair, host_key_pairs, host_key_proof
from sftp.staying import FAREWELL_SECONDS
from sftp.terms import LOOK_SECONDS, Terms, read_terms
from sftp.warm import WarmParent
from sftp.watching import watch
from tanos.appliance import Appliance
from tanos.errors import Damaged
from tanos.keeper import keeper_of
from tanos.message import N_

WINDOW = 4 * 1024 * 1024
PACKET = 128 * 1024
PATIENCE = 0.25
"""Seconds: how long everybody waits where the database is held, until who signs in is told to try again."""
UNANSWERED = 4
"""Questions whether a client is still there."""
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
        for watching in self.house.watches:
            watching.cancel()
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
            await asyncio.wait(gone, timeout=FAREWELL_SECONDS)
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
    wait_for_signatures()
    appliance = Appliance(appliance.home, appliance.identity, appliance.clock, PATIENCE)
    house = House(appliance, warm, Clerk(appliance), Clerk(appliance))
    house.begin()
    house.prove = partial(host_key_proof, keeper_of(appliance))
    try:
        acceptor = await asyncssh.create_server(
            partial(SignIn, house), address, port, **_options(appliance, house.terms)
        )
    except OSError as error:
        raise Damaged(
            "cannot-listen",
            N_("{address} port {port} cannot be used: {reason}.", address=address, port=port, reason=str(error)),
            N_("Choose another with --listen and --ssh-port, or end what uses it."),
        ) from error
    house.follow = partial(_follow, house, acceptor)
    for watching in (Farewells(house).watch(), Control(house).watch(), _look_out(house)):
        house.watches.add(asyncio.create_task(watching))
    return Door(acceptor.get_port(), house, acceptor)


async def _look_out(house: House) -> None:
    """Follow what other processes decide in the store, and what time brings."""
    version = None

    async def follow() -> None:
        nonlocal version
        row = house.appliance.store.row("PRAGMA data_version")
        if row is not None and row[0] != version:
            house.follow()
            version = row[0]

    async def see_to_time() -> None:
        house.see_to_time()

    await watch(house.appliance.home, "front door", LOOK_SECONDS, follow, see_to_time, house.penalties.look)


def _follow(house: House, acceptor: asyncssh.SSHAcceptor) -> bool:
    """Go by what stands in the store now; those who are here already keep the keys and times they came to.

    Says whether the algorithms or the host keys are others. Raises TanosError.
    """
    before, terms = house.terms, read_terms(house.appliance)
    if _by_terms(terms) != _by_terms(before):
        acceptor.update(**_by_terms(terms))
    if terms.following != before.following:
        acceptor.update(server_host_keys=_host_keys(house.appliance, terms))
    house.take(terms)
    house.look()
    return (offered(terms), terms.following) != (offered(before), before.following)


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, _MOST_FILES) if most > 0 else _MOST_FILES, most))


def _options(appliance: Appliance, terms: Terms) -> dict[str, Any]:
    return {
        "server_host_keys": _host_keys(appliance, terms),
        "compression_algs": None,
        "signature_algs": SIGNATURES,
        "send_server_host_keys": True,
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
        **_by_terms(terms),
        "tcp_keepalive": True,
        "backlog": 256,
        "config": None,
    }


def _by_terms(terms: Terms) -> dict[str, Any]:
    return {
        **offered(terms),
        "login_timeout": terms.login_grace,
        "keepalive_interval": terms.keep_alive,
        "keepalive_count_max": UNANSWERED,
        "rekey_bytes": terms.rekey_bytes,
        "rekey_seconds": terms.rekey_seconds,
    }


def _host_keys(appliance: Appliance, terms: Terms) -> list[AskingPair]:
    keys = host_key_pairs(keeper_of(appliance), SIGNATURES, terms.following)
    if not keys:
        raise Damaged(
            "host-keys-missing",
            N_("{home} holds no host key.", home=str(appliance.home)),
            N_("Make the appliance with `tanos init`."),
        )
    return keys
