"""Habits of the SSH library's connections, changed for one connection at a time; like habits are changed in
`data_packets`, `by_key` and `key_exchange`. A table of all private names that are known is in the tests.

Invariants: packets of the handshake are acknowledged at once, since clients hold small packets back until the last
one is acknowledged. No empty IGNORE packet precedes each packet: that hides the chaining of CBC ciphers, of which
none is offered, and doubles every answer. Nobody reads a log of packets, so none is made up.
"""

import asyncio
import re
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import cast

import asyncssh
from asyncssh.constants import DISC_SERVICE_NOT_AVAILABLE, MSG_IGNORE
from asyncssh.packet import SSHPacket

from tanos.errors import TanosError

_LOGIN_TIMER = "_login_timer"
_LOOK = "_recv_data"
"""What looks at what has arrived; event loops differ in when they ask for what takes it in."""
MOST_VARIABLES = 64
MOST_ENVIRONMENT = 8 * 1024
"""Bytes, names included."""
_TAKE_VARIABLE = "_process_env_request"
MOST_PROOFS = 4
"""Requests of one connection for proof of host keys."""
_PROVE = "_process_hostkeys_prove_00_at_openssh_dot_com_global_request"
_FORWARDED = {
    "display": "_process_x11_req_request",
    "agent": "_process_auth_agent_req_at_openssh_dot_com_request",
}
_MACS, _CIPHERS = "_mac_algs", "_enc_algs"
_FOR_SOME = (
    (re.compile(rb"SSH-2\.0-libssh2_1\.(?:[0-9]|10)\."), _MACS, (b"hmac-sha2-256", b"hmac-sha2-512")),
    (re.compile(rb"SSH-2\.0-dropbear"), _CIPHERS, (b"chacha20-poly1305@openssh.com",)),
)
"""Clients in wide use that know none of what the others are offered: who, of what kind, what they know."""


def say_why(conn: asyncssh.SSHServerConnection) -> None:
    """End a connection that meets a refusal of ours, as of a database that is held, by the sentence that says so."""
    fail = conn.internal_error

    def fail_in_words(*others: object, **more: object) -> None:
        error = sys.exception()
        if isinstance(error, TanosError):
            conn.disconnect(DISC_SERVICE_NOT_AVAILABLE, f"{error.message} {error.remedy}")
        else:
            cast(Callable[..., None], fail)(*others, **more)

    vars(conn)["internal_error"] = fail_in_words


def leave_out_ignores(conn: asyncssh.SSHServerConnection) -> None:
    """Send no IGNORE packets."""
    send = cast(Callable[..., None], conn.send_packet)

    def send_what_matters(kind: int, *parts: bytes, **others: object) -> None:
        if kind != MSG_IGNORE:
            send(kind, *parts, **others)

    vars(conn)["send_packet"] = send_what_matters


def keep_no_log(channel: asyncssh.SSHServerChannel[bytes]) -> None:
    """Make up no log lines of a channel's packets."""
    for name in ("log_sent_packet", "log_received_packet"):
        assert callable(getattr(channel, name))
        vars(channel)[name] = _say_nothing


def forward_nothing(channel: asyncssh.SSHServerChannel[bytes], told: Callable[[str], None]) -> None:
    """Refuse displays and agents at once: the library would ask later, of a channel that may be closed by then."""
    for what, name in _FORWARDED.items():
        assert callable(getattr(channel, name))
        vars(channel)[name] = partial(_refuse, told, what)


def bound_environment(channel: asyncssh.SSHServerChannel[bytes], told: Callable[[str], None]) -> None:
    """Take a few short variables and no more: the library keeps all that it is sent."""
    take = cast(Callable[[SSHPacket], bool], getattr(channel, _TAKE_VARIABLE))
    taken: list[int] = []

    def take_some(packet: SSHPacket) -> bool:
        size = len(packet.get_remaining_payload())
        if len(taken) >= MOST_VARIABLES or sum(taken) + size > MOST_ENVIRONMENT:
            return _refuse(told, "environment", packet)
        taken.append(size)
        return take(packet)

    vars(channel)[_TAKE_VARIABLE] = take_some


def prove_host_keys(
    conn: asyncssh.SSHServerConnection,
    prove: Callable[[bytes, bytes, bytes], Awaitable[bytes]],
    told: Callable[[bytes], None] = lambda _: None,
) -> None:
    """Have `prove` answer who asks for proof of announced host keys; it takes key, algorithm and session.

    `told` hears of each key that was proved.

    A client that exchanged keys by RSA wants the proof by the same algorithm; the library might take another. Where
    the proof cannot be had now, the client is told that there is none.
    """
    left = MOST_PROOFS

    async def answer(packet: SSHPacket) -> None:
        nonlocal left
        left -= 1
        shown = conn.get_server_host_key()
        known = cast("dict[bytes, asyncssh.SSHKeyPair]", vars(conn)["_all_server_host_keys"])
        proofs, proved = [], []
        while packet and left >= 0:
            key = packet.get_string()
            pair = known.get(key)
            if pair is None:
                break
            like = shown if shown is not None and shown.key_algorithm == pair.key_algorithm else pair
            try:
                proof = await prove(key, like.sig_algorithm, vars(conn)["_session_id"])
            except TanosError:
                break
            proofs.append(len(proof).to_bytes(4) + proof)
            proved.append(key)
        else:
            for key in proved if left >= 0 else ():
                told(key)
            conn._report_global_response(b"".join(proofs) if left >= 0 else False)
            return
        conn._report_global_response(False)

    vars(conn)[_PROVE] = lambda packet: conn.create_task(answer(packet))


def note_choices(conn: asyncssh.SSHServerConnection) -> set[str]:
    """Return the set that will hold every algorithm that was agreed on, from the first exchange on."""
    chosen: set[str] = set()
    choose = cast(Callable[..., bytes], conn._choose_alg)

    def choose_and_note(kind: str, ours: Sequence[bytes], theirs: Sequence[bytes]) -> bytes:
        found = choose(kind, ours, theirs)
        chosen.add(found.decode("ascii"))
        return found

    vars(conn)["_choose_alg"] = choose_and_note
    return chosen


def watch_the_line(conn: asyncssh.SSHServerConnection, idle: int, interval: int, count: int) -> None:
    """Have the system notice a vanished client: after `idle` seconds, `count` questions, `interval` seconds apart."""
    link = _link(conn)
    if link is not None:
        for option, value in (
            (socket.TCP_KEEPIDLE, idle),
            (socket.TCP_KEEPINTVL, interval),
            (socket.TCP_KEEPCNT, count),
            (socket.TCP_USER_TIMEOUT, (idle + interval * count) * 1000),
        ):
            link.setsockopt(socket.IPPROTO_TCP, option, value)


def hurry(conn: asyncssh.SSHServerConnection) -> None:
    """Acknowledge every packet at once."""
    link = _link(conn)
    if link is None:
        return
    look = cast(Callable[[], None], getattr(conn, _LOOK))

    def acknowledge_and_look() -> None:
        with suppress(OSError):
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        look()

    vars(conn)[_LOOK] = acknowledge_and_look


def suit_old_clients(conn: asyncssh.SSHServerConnection) -> None:
    """Offer curl (libssh2 before 1.11) and Dropbear the one algorithm more that each needs, and nobody else.

    What a client says it is becomes part of what the key exchange signs, so that nobody between can pretend for it.
    """
    look = cast(Callable[[], None], getattr(conn, _LOOK))

    def look_first() -> None:
        for client, kind, known in _FOR_SOME:
            if client.match(cast(bytes, vars(conn)["_inpbuf"])):
                vars(conn)[kind] = [*vars(conn)[kind], *known]
        vars(conn)[_LOOK] = look
        look()

    vars(conn)[_LOOK] = look_first


def take_time(conn: asyncssh.SSHServerConnection) -> None:
    """Acknowledge as the system likes: a running session answers by itself."""
    asyncio.get_running_loop().call_soon(vars(conn).pop, _LOOK, None)


def line_of(conn: asyncssh.SSHServerConnection) -> asyncio.ReadTransport:
    """Return what a connection is read from."""
    return cast(asyncio.ReadTransport, vars(conn)["_transport"])


def hold_back(conn: asyncssh.SSHServerConnection, wants_more: Callable[[], bool]) -> None:
    """Where a proof is right and `wants_more`, say that it was one part of what is wanted (RFC 4252, 5.1)."""
    succeed = cast(Callable[[], Awaitable[None]], conn.send_userauth_success)

    async def succeed_or_go_on() -> None:
        if wants_more():
            conn.send_userauth_failure(True)
        else:
            await succeed()

    vars(conn)["send_userauth_success"] = succeed_or_go_on


def take_longer(conn: asyncssh.SSHServerConnection, seconds: float) -> None:
    """Give somebody who signs in so long from now on to come to the end of it."""
    timer = cast("asyncio.TimerHandle | None", vars(conn)[_LOGIN_TIMER])
    if timer is not None:
        timer.cancel()
        expired = conn._login_timer_callback
        vars(conn)[_LOGIN_TIMER] = asyncio.get_running_loop().call_later(seconds, expired)


def _link(conn: asyncssh.SSHServerConnection) -> socket.socket | None:
    link = cast("socket.socket | None", conn.get_extra_info("socket"))
    return link if link is not None and link.family in {socket.AF_INET, socket.AF_INET6} else None


def _refuse(told: Callable[[str], None], what: str, _: object) -> bool:
    told(what)
    return False


def _say_nothing(*_: object, **__: object) -> None:
    pass
