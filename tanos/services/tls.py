"""TLS as the documents have it: contexts made from text alone, so that who serves needs no file of a private key.

Rules: the Tanium protocol speaks TLS 1.2 with ten suites (seed 000); HTTPS negotiates, 1.2 the least (seed 000). Each
context is made anew from one pair, that is from one version of it, and never changed.
"""

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from cryptography import x509

from tanos.certificates.check_code import check_code
from tanos.certificates.handshake import SUITES

OLDEST = ssl.TLSVersion.TLSv1_2
TLS_1_3 = "AllowTLS13"
"""Ours, of 7.4: off unless set."""


ROOT_NAMED = b"tanium-root/"
"""Before the check code of a root, where it is named as a protocol."""
_MOST_NAMED = 8


def newest_by(settings: Mapping[str, Any]) -> ssl.TLSVersion:
    """Return up to which version a service speaks TLS in the Tanium protocol."""
    return ssl.TLSVersion.TLSv1_3 if str(settings.get(TLS_1_3, 0)) == "1" else OLDEST


def platform_server(pair_pem: str, root_pem: str, *, newest: ssl.TLSVersion = OLDEST) -> ssl.SSLContext:
    """Return what a listener of the Tanium protocol presents.

    Who shows a certificate is verified by `root_pem`; who has none to show, a client, may come without. Raises
    ssl.SSLError where the text holds no pair.
    """
    context = _platform(ssl.PROTOCOL_TLS_SERVER, newest)
    load_pair(context, pair_pem)
    if root_pem:
        context.load_verify_locations(cadata=root_pem)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def platform_client(root_pem: str, pair_pem: str = "", *, newest: ssl.TLSVersion = OLDEST) -> ssl.SSLContext:
    """Return how one connects by the Tanium protocol: the server must chain to `root_pem` and have its name.

    The roots are named to the server, which may have a pair of each (`tanos.services.presenting`).
    """
    context = _platform(ssl.PROTOCOL_TLS_CLIENT, newest)
    context.load_verify_locations(cadata=root_pem)
    with suppress(ValueError):
        context.set_alpn_protocols([(ROOT_NAMED + code.encode()).decode() for code in _codes(root_pem)])
    if pair_pem:
        load_pair(context, pair_pem)
    return context


def neighbour_server(pair_pem: str, root_pem: str) -> ssl.SSLContext:
    """Return what a client of 7.4 presents to its neighbours, who must show a certificate that chains to a root."""
    context = _platform(ssl.PROTOCOL_TLS_SERVER, OLDEST)
    load_pair(context, pair_pem)
    context.load_verify_locations(cadata=root_pem)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def neighbour_client(pair_pem: str, root_pem: str) -> ssl.SSLContext:
    """Return how a client of 7.4 connects to a neighbour: by no name; who uses it looks whose it is."""
    context = platform_client(root_pem, pair_pem)
    context.check_hostname = False
    return context


def unverified_client() -> ssl.SSLContext:
    """Return how one asks a server for letters that cannot be verified: what it says must prove itself."""
    context = _platform(ssl.PROTOCOL_TLS_CLIENT, OLDEST)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def https_server(pair_pem: str) -> ssl.SSLContext:
    """Return what an HTTPS listener presents. Raises ssl.SSLError where the text holds no pair."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = OLDEST
    load_pair(context, pair_pem)
    return context


def load_pair(context: ssl.SSLContext, pair_pem: str) -> None:
    """Have `context` present the certificates and the key in `pair_pem`, which lies in memory alone.

    Raises ssl.SSLError.
    """
    with _in_memory(pair_pem.encode()) as path:
        context.load_cert_chain(path, password=lambda: b"")


def _codes(root_pem: str) -> list[str]:
    """Return the check codes of roots. Raises ValueError where one cannot be read."""
    roots = x509.load_pem_x509_certificates(root_pem.encode())
    return list(dict.fromkeys(check_code(each.public_key()) for each in roots))[:_MOST_NAMED]


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    file = os.memfd_create("pair", os.MFD_CLOEXEC)
    try:
        os.write(file, data)
        yield f"/proc/self/fd/{file}"
    finally:
        os.ftruncate(file, 0)
        os.close(file)


def _platform(protocol: int, newest: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version, context.maximum_version = OLDEST, newest
    context.set_ciphers(":".join(SUITES))
    return context
