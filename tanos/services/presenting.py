"""Which of its pairs a server presents: the newest that whoever comes can verify.

Rule (ours, docs/protocol.md): who connects names the roots that he trusts among the protocols of his ClientHello
(RFC 7301), and is shown the pair of the newest of them. Who names none that is known here, as what is not ours, is
shown the pair of tanium.pub. So nobody is refused while a root is rotated, whichever of the two he knows.

Invariant: what comes before a handshake is only looked at; whatever it holds, the worst that follows is the pair of
tanium.pub.
"""

import ssl
from collections.abc import Iterator, Mapping

from tanos.services.key_words import MEETING
from tanos.services.orders import Orders
from tanos.services.tls import ROOT_NAMED, newest_by, platform_client, platform_server

LONGEST_HELLO = 4096
RECORD_HEAD = 5
_HANDSHAKE, _CLIENT_HELLO, _NAMED_PROTOCOLS = 22, 1, 16
_FIXED = 34
"""Bytes of a ClientHello before its session: version and random."""


class Presented:
    """The pairs of one listener."""

    def __init__(
        self,
        usual: ssl.SSLContext | None,
        by_root: Mapping[str, ssl.SSLContext],
        meeting: ssl.SSLContext | None = None,
    ) -> None:
        """`by_root` by check code, the newest first; `meeting` is for who asks for a meeting."""
        self._usual, self._by_root, self._meeting = usual, by_root, meeting

    def for_hello(self, hello: bytes) -> ssl.SSLContext | None:
        """Return what is presented to whoever sent these first bytes; None: nothing is."""
        named = protocols_named(hello)
        if self._meeting is not None and MEETING in named:
            return self._meeting
        roots = {each.removeprefix(ROOT_NAMED) for each in named if each.startswith(ROOT_NAMED)}
        return next((context for code, context in self._by_root.items() if code.encode() in roots), self._usual)


def presented(orders: Orders, meeting: ssl.SSLContext | None = None) -> Presented | None:
    """Return what a listener of the Tanium protocol presents by its orders; None where it has nothing."""
    newest = newest_by(orders.settings)

    def made(pair: str) -> ssl.SSLContext:
        return platform_server(pair, orders.root_pem, newest=newest)

    by_root = {code: made(pair) for code, pair in orders.by_root.items()}
    reporting = orders.pairs.get("reporting")
    usual = made(reporting) if reporting else next(iter(by_root.values()), None)
    return Presented(usual, by_root, meeting) if usual is not None or meeting is not None else None


def shown(orders: Orders) -> list[ssl.SSLContext]:
    """Return how one connects by the Tanium protocol: one for each pair that may be shown, the newest first."""
    if not orders.root_pem:
        return []
    pairs = [*orders.by_root.values(), *filter(None, [orders.pairs.get("reporting", "")])]
    newest = newest_by(orders.settings)
    return [platform_client(orders.root_pem, pair, newest=newest) for pair in pairs or [""]]


def for_meeting(orders: Orders, turn: int) -> ssl.SSLContext:
    """Return how a hub meets a server that proves nothing: it shows one of its pairs, another at each turn."""
    pairs = [*orders.by_root.values(), *filter(None, [orders.pairs.get("reporting", "")])] or [""]
    context = platform_client(orders.root_pem, pairs[turn % len(pairs)])
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([MEETING.decode()])
    return context


def protocols_named(hello: bytes) -> frozenset[bytes]:
    """Return the names of protocols in the first bytes of a TLS connection; none where these are something else."""
    try:
        return frozenset(_protocols(hello))
    except (IndexError, ValueError):
        return frozenset()


def _protocols(hello: bytes) -> Iterator[bytes]:
    """Yield the names of protocols. Raises IndexError, ValueError where it is no ClientHello, or not whole."""
    record = _Bytes(hello)
    if record.number(1) != _HANDSHAKE:
        raise ValueError("no handshake")
    record.take(2)
    message = _Bytes(record.counted(2))
    if message.number(1) != _CLIENT_HELLO:
        raise ValueError("no hello")
    body = _Bytes(message.counted(3))
    body.take(_FIXED)
    for length in (1, 2, 1):  # session, suites, compressions
        body.counted(length)
    extensions = _Bytes(body.counted(2))
    while extensions.is_left:
        kind, data = extensions.number(2), extensions.counted(2)
        if kind == _NAMED_PROTOCOLS:
            names = _Bytes(_Bytes(data).counted(2))
            while names.is_left:
                yield names.counted(1)


class _Bytes:
    """Bytes that are read one part after the other. Raises IndexError where there are not enough."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def is_left(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise IndexError(count)
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def counted(self, size: int) -> bytes:
        return self.take(self.number(size))
