"""Random and malformed SSH packets: the parts of the protocol in odd orders, with odd numbers, and plain rubbish.

Invariant: drawn from a seeded generator, so that a run can be repeated.
"""

import random
import struct
from collections.abc import Callable

from tests.sftp.attacks.wire import number, string

Packet = tuple[int, bytes]
"""Type and what follows it."""
IDENTS = (
    b"SSH-2.0-x\r\n",
    b"SSH-2.0-\r\n",
    b"SSH-1.5-old\r\n",
    b"SSH-2.0-" + b"x" * 300 + b"\r\n",
    b"SSH-2.0-libssh2_1.10.0\r\n",
    b"\0" * 64,
    b"GET / HTTP/1.1\r\n\r\n",
    b"x" * 10_000,
    b"\r\n" * 3000,
    b"SSH-2.0-\xff\xfe\r\n",
    b"",
)
_OPENINGS = (
    b"session",
    b"direct-tcpip",
    b"forwarded-tcpip",
    b"x11",
    b"auth-agent@openssh.com",
    b"direct-streamlocal@openssh.com",
    b"tun@openssh.com",
    b"",
    b"\xff\xfe",
    b"n" * 60_000,
)
_GLOBAL = (
    b"tcpip-forward",
    b"cancel-tcpip-forward",
    b"streamlocal-forward@openssh.com",
    b"cancel-streamlocal-forward@openssh.com",
    b"hostkeys-prove-00@openssh.com",
    b"hostkeys-00@openssh.com",
    b"no-more-sessions@openssh.com",
    b"keepalive@openssh.com",
    b"",
    b"\xff",
    b"g" * 60_000,
)
_NEVER_OPENED = (
    (b"direct-tcpip", string(b"127.0.0.1") + number(22) + string(b"::1") + number(0xFFFFFFFF)),
    (b"forwarded-tcpip", string(b"127.0.0.1") + number(22) + string(b"::1") + number(1)),
    (b"direct-streamlocal@openssh.com", string(b"/run/x") + string(b"") + number(0)),
    (b"x11", string(b"::1") + number(6000)),
    (b"auth-agent@openssh.com", b""),
    (b"unknown", b""),
)
_ASKED_OF_ALL = (
    (b"tcpip-forward", string(b"0.0.0.0") + number(0)),
    (b"tcpip-forward", string(b"") + number(22)),
    (b"streamlocal-forward@openssh.com", string(b"/tmp/x")),
    (b"no-more-sessions@openssh.com", b""),
    (b"keepalive@openssh.com", b""),
    (b"unknown", b""),
)
_REQUESTS = (
    b"pty-req",
    b"env",
    b"shell",
    b"exec",
    b"subsystem",
    b"window-change",
    b"signal",
    b"break",
    b"exit-status",
    b"exit-signal",
    b"xon-xoff",
    b"x11-req",
    b"auth-agent-req@openssh.com",
    b"eow@openssh.com",
    b"",
    b"\xff\xfe",
    b"r" * 60_000,
)
_METHODS = (
    b"none",
    b"password",
    b"publickey",
    b"hostbased",
    b"keyboard-interactive",
    b"gssapi-with-mic",
    b"",
    b"\xff",
)
_NUMBERS = (0, 1, 2, 5, 80, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


class Drawn:
    """Draws packets."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self._channels: list[int] = []
        self._opened = 0

    def stranger(self) -> Packet:
        """Draw one that arrives before keys are exchanged."""
        return self._one_of(self._rubbish, self._kexinit, self._key_exchange, self._transport, self._authentication)

    def unproven(self) -> Packet:
        """Draw one that arrives before the user is proven."""
        return self._one_of(self._authentication, self._authentication, self._transport, self._channel, self._rubbish)

    def arrive(self) -> None:
        """Begin a connection: no channel is open in it."""
        self._channels, self._opened = [], 0

    def guest(self) -> Packet:
        """Draw one of somebody who signed in: well formed, on a channel that is there, and still not welcome."""
        if not self._channels or (len(self._channels) < 6 and self.chance.random() < 0.1):
            self._channels.append(self._opened)
            self._opened += 1
            return 90, string(b"session") + number(self._opened) + self._number() + number(1 << 15)
        channel = number(self.chance.choice(self._channels))
        kind = self.chance.random()
        if kind < 0.6:
            return self._asked_of(channel)
        if kind < 0.8:
            return self._sent_on(channel, kind)
        if kind < 0.9:
            wanted, rest = self.chance.choice(_NEVER_OPENED)
            return 90, string(wanted) + number(99) + self._number() + number(1 << 15) + rest
        name, rest = self.chance.choice(_ASKED_OF_ALL)
        return 80, string(name) + self.chance.choice((b"\0", b"\1")) + rest

    def _sent_on(self, channel: bytes, kind: float) -> Packet:
        if kind < 0.72:
            return 94, channel + string(bytes(self.chance.choice((0, 1, 10, 3000))))
        if kind < 0.76:
            return 93, channel + self._number()
        self._channels.remove(int.from_bytes(channel, "big"))
        return 97, channel

    def rude_guest(self) -> Packet:
        """Draw one that ends most connections."""
        return self._one_of(
            self._rubbish,
            self._transport,
            self._authentication,
            self._kexinit,
            self._key_exchange,
            self._channel,
            self._request,
            self._opening,
            self._global,
        )

    def framed(self, packet: Packet) -> bytes:
        """Return a packet as it travels before encryption; now and then its lengths lie."""
        kind, body = packet
        data = bytes([kind]) + body
        padding = 8 - (len(data) + 5) % 8 + 4
        size = len(data) + padding + 1
        if self.chance.random() < 0.1:
            size = self.chance.choice((*_NUMBERS, size - 1, size + 1))
        if self.chance.random() < 0.05:
            padding = self.chance.randrange(256)
        return struct.pack(">IB", size & 0xFFFFFFFF, padding & 255) + data + bytes(padding)

    def _one_of(self, *kinds: Callable[[], Packet]) -> Packet:
        kind, body = self.chance.choice(kinds)()
        if self.chance.random() < 0.15:
            body = self._torn(body)
        return kind, body

    def _torn(self, body: bytes) -> bytes:
        if not body:
            return self.chance.randbytes(5)
        place = self.chance.randrange(len(body))
        return self.chance.choice((body[:place], body + b"\0\0\0", body[:place] + b"\xff" + body[place + 1 :]))

    def _number(self) -> bytes:
        return number(self.chance.choice(_NUMBERS))

    def _rubbish(self) -> Packet:
        return self.chance.randrange(256), self.chance.randbytes(self.chance.choice((0, 1, 4, 40, 3000)))

    def _kexinit(self) -> Packet:
        lists = [self.chance.choice((b"", b"x", b"none", b"curve25519-sha256", b"," * 500)) for _ in range(10)]
        return 20, self.chance.randbytes(16) + b"".join(map(string, lists)) + b"\0" + number(0)

    def _key_exchange(self) -> Packet:
        key = self.chance.choice((b"", bytes(32), b"\xff" * 32, self.chance.randbytes(1216), b"\0" * 60_000))
        return self.chance.choice((21, 30, 31, 32, 33, 34)), string(key)

    def _transport(self) -> Packet:
        kind = self.chance.choice((1, 2, 3, 4, 5, 6, 7))
        body = (
            self._number() + string(b"bye") + string(b""),
            string(self.chance.randbytes(self.chance.choice((0, 30_000)))),
            string(self.chance.choice((b"ssh-userauth", b"ssh-connection", b"", b"\xff"))),
            b"\1" + string(b"debug \x1b[2J") + string(b""),
            number(0xFFFFFFFF) + string(b"server-sig-algs") + string(b""),
        )
        return kind, self.chance.choice(body)

    def _authentication(self) -> Packet:
        user = self.chance.choice((b"tanadmin", b"tancopy", b"root", b"", b"\xff\0", b"u" * 60_000))
        service = self.chance.choice((b"ssh-connection", b"ssh-connection", b"none", b""))
        method = self.chance.choice(_METHODS)
        rest = self.chance.choice(
            (
                b"",
                b"\0" + string(b"ssh-ed25519") + string(string(b"ssh-ed25519") + string(bytes(32))),
                b"\1" + string(b"ssh-ed25519") + string(b"") + string(b""),
                b"\0" + string(b"guess"),
                string(b"") + string(b""),
                string(b"rsa") + self.chance.randbytes(200),
            )
        )
        if self.chance.random() < 0.1:
            return 61, self._number() + string(b"answer")
        return 50, string(user) + string(service) + string(method) + rest

    def _opening(self) -> Packet:
        rest = self.chance.choice((b"", string(b"127.0.0.1") + number(22) + string(b"::1") + number(0xFFFFFFFF)))
        kind = b"session" if self.chance.random() < 0.3 else self.chance.choice(_OPENINGS)
        return 90, string(kind) + self._number() + self._number() + self._number() + rest

    def _global(self) -> Packet:
        rest = self.chance.choice((b"", string(b"0.0.0.0") + self._number(), string(b"/tmp/x"), b"\xff" * 100))
        return 80, string(self.chance.choice(_GLOBAL)) + self.chance.choice((b"\0", b"\1", b"\2")) + rest

    def _asked_of(self, channel: bytes) -> Packet:
        name = self.chance.choice(_REQUESTS[:-3])
        word = self.chance.choice((b"exit 0", b"sftp", b"show", b"LANG", b"netconf", b"w" * 50_000))
        rest = {
            b"pty-req": string(b"xterm") + self._number() * 4 + string(b"\0"),
            b"window-change": self._number() * 4,
            b"env": string(self.chance.choice((b"LANG", b"LD_PRELOAD", b"", b"e" * 9000))) + string(word),
            b"x11-req": b"\0" + string(b"MIT-MAGIC-COOKIE-1") + string(b"00") + number(0),
            b"shell": b"",
            b"break": self._number(),
            b"signal": string(self.chance.choice((b"INT", b"KILL", b"HUP", b"x"))),
            b"auth-agent-req@openssh.com": b"",
        }.get(name, string(word))
        return 98, channel + string(name) + self.chance.choice((b"\0", b"\1")) + rest

    def _request(self) -> Packet:
        name = self.chance.choice(_REQUESTS)
        word = self.chance.choice((b"", b"exit 0", b"sftp", b"show", b"LANG", b"\xff", b"w" * 50_000))
        rest = {
            b"pty-req": string(b"xterm") + self._number() * 4 + string(self.chance.randbytes(20)),
            b"window-change": self._number() * 4,
            b"env": string(self.chance.choice((b"LANG", b"LD_PRELOAD", b"", b"e" * 9000))) + string(word),
            b"x11-req": b"\0" + string(b"MIT-MAGIC-COOKIE-1") + string(b"00") + number(0),
        }.get(name, string(word))
        return 98, self._which() + string(name) + self.chance.choice((b"\0", b"\1")) + rest

    def _channel(self) -> Packet:
        kind = self.chance.choice((91, 92, 93, 93, 94, 94, 95, 96, 97, 99, 100))
        body = {
            91: self._number() * 3,
            92: self._number() + string(b"no") + string(b""),
            93: self._number(),
            94: string(bytes(self.chance.choice((0, 10, 60_000)))),
            95: self._number() + string(b"error"),
        }.get(kind, b"")
        return kind, self._which() + body

    def _which(self) -> bytes:
        return number(self.chance.choice((0, 0, 0, 1, 2, 0xFFFFFFFF)))
