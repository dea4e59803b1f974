"""Knowing the other side by its very certificate (seed 002): the one that is presented must be the one that is kept.

Invariants: no authority is believed, no name and no chain: a certificate that a trusted one signed is a stranger's.
Bytes are compared in constant time; one that is not valid now is refused, whoever keeps it.
"""

import hashlib
import hmac
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, ClientTimeout, Fingerprint, TCPConnector

from tanos.services.tls import OLDEST, https_server, load_pair

CONNECT_SECONDS, SILENT_SECONDS = 10.0, 60.0


@dataclass(frozen=True)
class Known:
    """The other side as it registered."""

    name: str
    host: str
    port: int
    der: bytes

    @property
    def where(self) -> str:
        """Its address, as it stands in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def read(cls, words: Mapping[str, Any]) -> "Known":
        """Return what an order says. Raises KeyError, ValueError."""
        return cls(str(words["name"]), str(words["host"]), int(words["port"]), ssl.PEM_cert_to_DER_cert(words["pem"]))


def owner(shown: bytes | None, known: Iterable[Known], name: str = "") -> Known | None:
    """Return whose certificate was presented, None where nobody's that is known.

    Of several that share it (an active-active pair may) it is the one of that name, else the first.
    """
    found = [each for each in known if shown is not None and hmac.compare_digest(shown, each.der)]
    return next((each for each in found if each.name == name), found[0] if found else None)


def demanding(pair_pem: str, known: Iterable[Known], *, is_open: bool = False) -> ssl.SSLContext:
    """Return what a listener presents to whoever shows one of those certificates; `is_open`: or none at all.

    Raises ssl.SSLError where the text holds no pair.
    """
    context = https_server(pair_pem)
    _believe(context, known)
    context.verify_mode = ssl.CERT_OPTIONAL if is_open else ssl.CERT_REQUIRED
    return context


def session_with(known: Known) -> ClientSession:
    """Return how one asks that one other side, and nobody else; what it answers is not looked into."""
    pinned = TCPConnector(ssl=Fingerprint(hashlib.sha256(known.der).digest()), limit=64)
    timeout = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
    return ClientSession(connector=pinned, timeout=timeout, auto_decompress=False)


def context_for(known: Known, pair_pem: str = "") -> ssl.SSLContext:
    """Return the TLS of a request of that session; with a pair that is shown where it is asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version, context.check_hostname = OLDEST, False
    _believe(context, (known,))
    if pair_pem:
        load_pair(context, pair_pem)
    return context


def _believe(context: ssl.SSLContext, known: Iterable[Known]) -> None:
    context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST | ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    for each in known:
        context.load_verify_locations(cadata=each.der)
