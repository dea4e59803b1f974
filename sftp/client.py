"""This appliance as a client of another one: it signs in as tancopy, with its own key, and with nothing else.

Invariants: only the host key pinned in the peer record is accepted, so that nothing is ever sent to or taken from
another machine; no agent, no configuration of a user, no password. asyncssh is imported only inside the functions
that connect, because a verb that carries nothing must not wait for it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sftp.drop_box import DropBox
from sftp.host_keys import ALGORITHMS, HostKey, host_key_of
from sftp.trouble import CONNECT_SECONDS, host_key_changed, not_let_in, unreachable, why
from tanos.appliance import Appliance
from tanos.message import N_
from tanos.peers import Peer
from tanos.platform import DROP_BOX_USER

if TYPE_CHECKING:
    import asyncssh

KEY_EXCHANGES = ("mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org")
GOODBYE_SECONDS = 3
OWN_KEY_USER = "tanadmin"


@asynccontextmanager
async def drop_box(appliance: Appliance, peer: Peer) -> AsyncIterator[DropBox]:
    """Connect to the peer's drop box and sign in.

    Raises NotYet `peer-unreachable`, AnswerRefused `host-key-changed`: then nothing was transferred.
    """
    import asyncssh

    connection = await _signed_in(peer, _own_key(appliance))
    try:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                sftp = await connection.start_sftp_client()
        except (OSError, asyncssh.Error):
            raise unreachable(peer, N_("it offers no drop box there")) from None
        yield DropBox(peer, sftp, connection.abort)
        sftp.exit()
    finally:
        await _hang_up(connection)


async def scan(host: str, port: int) -> list[HostKey]:
    """Return every host key that a server shows, best first; trust and store nothing.

    Raises NotYet `peer-unreachable`.
    """
    import asyncssh

    found: list[HostKey] = []
    trouble = N_("it shares no host key type or key exchange with this appliance")
    for algorithms in ALGORITHMS.values():
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                key = await asyncssh.get_server_host_key(
                    host, port, config=None, kex_algs=KEY_EXCHANGES, server_host_key_algs=algorithms
                )
        except asyncssh.KeyExchangeFailed:
            continue
        except (ConnectionResetError, BrokenPipeError, asyncssh.Error) as error:
            trouble = why(error)
            continue
        except OSError as error:
            trouble = why(error)
            break
        if key is not None:
            found.append(host_key_of(key))
    if not found:
        raise unreachable(Peer(host, host, port, "", ""), trouble)
    return found


async def fetch(appliance: Appliance, peer: Peer, path: str, limit: int) -> bytes | None:
    """Connect, and return one file's bytes, or None where there is no such file."""
    async with drop_box(appliance, peer) as box:
        return await box.fetch(path, limit)


async def put(appliance: Appliance, peer: Peer, path: str, data: bytes) -> None:
    """Connect, and write one whole file."""
    async with drop_box(appliance, peer) as box:
        await box.put(path, data)


async def list_outgoing(appliance: Appliance, peer: Peer) -> list[str]:
    """Connect, and return the names in the peer's `/outgoing`."""
    async with drop_box(appliance, peer) as box:
        return await box.names("/outgoing")


async def _signed_in(peer: Peer, own_key: "asyncssh.SSHKeyPair") -> "asyncssh.SSHClientConnection":
    import asyncssh

    offered: list[HostKey] = []
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await _connect(peer, own_key, offered)
    except asyncssh.HostKeyNotVerifiable:
        raise host_key_changed(peer, offered) from None
    except asyncssh.PermissionDenied:
        raise not_let_in(peer) from None
    except (ConnectionResetError, asyncssh.Error) as error:
        await _check_other_keys(peer)
        raise unreachable(peer, why(error)) from None
    except OSError as error:
        raise unreachable(peer, why(error)) from None


async def _check_other_keys(peer: Peer) -> None:
    """Raise `host-key-changed` where the server hung up because it has no key of the pinned type any more."""
    shown = await scan(peer.host, peer.port)
    if peer.host_key not in {key.line for key in shown}:
        raise host_key_changed(peer, shown)


async def _connect(
    peer: Peer, own_key: "asyncssh.SSHKeyPair", offered: list[HostKey]
) -> "asyncssh.SSHClientConnection":
    import asyncssh

    class Judge(asyncssh.SSHClient):
        """Asked only about a host key that is not the pinned one: remembers it and says no."""

        def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
            offered.append(host_key_of(key))
            return False

    return await asyncssh.connect(
        peer.host,
        peer.port,
        config=None,
        client_factory=Judge,
        known_hosts=([asyncssh.import_public_key(peer.host_key)], [], [], [], [], [], []),
        server_host_key_algs=ALGORITHMS.get(peer.host_key_type, ()),
        x509_trusted_certs=None,
        kex_algs=KEY_EXCHANGES,
        username=DROP_BOX_USER,
        client_keys=[own_key],
        agent_path=None,
        preferred_auth="publickey",
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_kex=False,
        gss_auth=False,
    )


async def _hang_up(connection: "asyncssh.SSHClientConnection") -> None:
    """Say goodbye; do not wait for a server that never answers."""
    connection.close()
    try:
        async with asyncio.timeout(GOODBYE_SECONDS):
            await connection.wait_closed()
    except TimeoutError:
        connection.abort()


def _own_key(appliance: Appliance) -> "asyncssh.SSHKeyPair":
    from sftp.signing import own_pair
    from tanos.keeper import keeper_of

    return own_pair(keeper_of(appliance), OWN_KEY_USER)
