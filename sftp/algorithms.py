"""What the front door offers in a key exchange, and what it takes as a signature.

Invariants: as shipped `ssh-audit` finds no failure, and warns of nothing but curve25519; no exchange is
finite-field, no signature SHA-1, whatever is decided. What is offered for old clients alone is known by name, so that
each use of it can be written down.
"""

from collections.abc import Collection
from typing import Any

from sftp.terms import Terms

POST_QUANTUM = ("mlkem768x25519-sha256",)
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
OLD_EXCHANGES = ("ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521")
OLD_CIPHERS = ("chacha20-poly1305@openssh.com",)
OLD_MACS = ("hmac-sha2-256", "hmac-sha2-512")
OLD = frozenset((*OLD_EXCHANGES, *OLD_CIPHERS, *OLD_MACS))


def offered(terms: Terms) -> dict[str, Any]:
    """Return the library's options for the algorithms; where both are decided, post-quantum only comes first."""
    curves = () if terms.post_quantum_only else CURVES
    old = terms.old_clients
    old_exchanges = OLD_EXCHANGES if old and not terms.post_quantum_only else ()
    return {
        "kex_algs": (*POST_QUANTUM, *curves, *old_exchanges),
        "encryption_algs": (*CIPHERS, *(OLD_CIPHERS if old else ())),
        "mac_algs": (*MACS, *(OLD_MACS if old else ())),
    }


def old_among(chosen: Collection[str]) -> list[str]:
    """Return those that only old clients need."""
    return sorted(OLD.intersection(chosen))
