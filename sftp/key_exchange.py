"""Key exchange at the front door: the signature of the host key is waited for, and the door serves others meanwhile.

Only here is the library's key exchange replaced: by the same one, but that the signature may come later. What a
client sends until then is read after it, in order, as the library does with every packet that takes time.

Invariant: a client that cannot be answered is told why, and its connection ends.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncssh
from asyncssh.kex import _kex_handlers
from asyncssh.kex_dh import MSG_KEX_ECDH_INIT, _KexECDH, _KexHybridECDH
from asyncssh.packet import SSHPacket

from sftp.signing import AskingPair
from tanos.errors import TanosError

_BY_APPLICATION = 11
_Take = Callable[[Any, int, int, SSHPacket], Awaitable[None] | None]


def _take_first(kex: Any, kind: int, number: int, packet: SSHPacket) -> Awaitable[None] | None:
    """Take a client's half of the exchange; what is returned gives ours."""
    pair = kex._conn.get_server_host_key() if kex._conn.is_server() else None
    if isinstance(pair, AskingPair):
        return _answer(kex, packet, pair)
    kex._process_init(kind, number, packet)
    return None


async def _answer(kex: Any, packet: SSHPacket, pair: AskingPair) -> None:
    kex._parse_client_key(packet)
    packet.check_end()
    shared = kex._compute_server_shared()
    exchange = kex._compute_hash(pair.public_data, shared)
    try:
        signature = await pair.sign_soon(exchange)
    except TanosError as error:
        raise asyncssh.DisconnectError(_BY_APPLICATION, f"{error.message} {error.remedy}") from error
    kex._send_reply(pair.public_data, signature)
    kex._conn.send_newkeys(shared, exchange)


_HANDLERS = {**_KexECDH._packet_handlers, MSG_KEX_ECDH_INIT: _take_first}


class _Later(_KexECDH):
    _packet_handlers = _HANDLERS


class _HybridLater(_KexHybridECDH):
    _packet_handlers = _HANDLERS


_INSTEAD: dict[object, Any] = {_KexECDH: _Later, _KexHybridECDH: _HybridLater}


def wait_for_signatures() -> None:
    """Have every key exchange of this process wait for signatures that are asked for; may be called again."""
    for name, (handler, *others) in list(_kex_handlers.items()):
        _kex_handlers[name] = (_INSTEAD.get(handler, handler), *others)
